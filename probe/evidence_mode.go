package probe

import (
	"net/netip"
	"slices"
	"time"
)

// Mode is one try of epsv, pasv, eprt or port, or one transfer.
type Mode struct {
	Check     Check
	Try       Try // what was changed; zero: the main try
	Step      int // of the transfer check, from 1; else 0
	Session   int
	Command   string // EPSV, PASV, EPRT … or PORT … as sent; empty when it was never sent
	Reply     *Reply // to Command; nil when none came
	Announced netip.AddrPort
	Malformed string // why a positive reply could not be parsed; empty otherwise

	// Passive: one or two dials, AsAnnounced and AsControlHost. An announced
	// address that the dialling rule forbids has a NotDialled reason instead.
	Dials      []Dial
	NotDialled string

	// Active.
	Listen   netip.AddrPort // where we listened; Announced is what we told the server
	Arrivals []Arrival
	Waited   time.Duration // how long we waited in vain for a reply and a connection; 0: we did not, or one came

	// The listing over the data connection; RETR or STOR in the transfer check.
	List  *Exchange // the command that transfers; nil when it was not sent
	Size  int64     // bytes that the transfer should carry; 0: not known
	Lost  *Loss     // the control connection gave out during this mode
	Ended bool

	size *Exchange // the SIZE command of a download
}

// Arrival is a connection that the server made to us.
type Arrival struct {
	From    netip.AddrPort
	Local   netip.AddrPort
	At      time.Duration // since the start of the run
	Replied bool          // the reply to the announcing command had already come
	Data    *Data
	TLS     *Handshake
}

// Sample is one announcement of the ports check.
type Sample struct {
	Session   int
	Command   string
	Code      int    // of the reply when it announced nothing
	Text      string // of that reply
	Announced netip.AddrPort
	Dial      Dial // on the control host; Outcome is zero when it was not dialled
}

// Dial returns the mode's dial in the given role, or nil when there was none.
func (m *Mode) Dial(as As) *Dial {
	if m == nil {
		return nil
	}
	for i := range m.Dials {
		if m.Dials[i].As == as {
			return &m.Dials[i]
		}
	}
	return nil
}

// Try returns the further try of a check, or nil when there was none.
func (e *Evidence) Try(c Check, t Try) *Mode {
	for _, m := range e.Tries {
		if m.Check == c && m.Try == t && m.Step == 0 {
			return m
		}
	}
	return nil
}

// Transfers returns the transfers of the transfer check, in order.
func (e *Evidence) Transfers() []*Mode {
	var list []*Mode
	for _, m := range e.Tries {
		if m.Check == CheckTransfer {
			list = append(list, m)
		}
	}
	return list
}

// Listed reports whether a listing came over the data connection and the
// server confirmed it, or it was still coming when our time ended. A server confirms what it has handed to its system,
// whether or not that arrives.
func (m *Mode) Listed() bool {
	if m == nil {
		return false
	}
	r := m.List.Final()
	return (r != nil && r.Code/100 == 2 && !m.lostData() || m.Moving()) && !m.shookInVain()
}

// Moving reports whether the listing is so long, or the way so slow, that our
// time ended first.
func (m *Mode) Moving() bool {
	return m != nil && slices.ContainsFunc(m.allData(), func(d *Data) bool { return d.Outcome == OutcomeMoving })
}

// shookInVain reports whether TLS was due on the data connection, and did not
// come about: what came over it then is not what the server confirmed.
func (m *Mode) shookInVain() bool {
	vain := false
	for _, h := range m.handshakes() {
		if h.OK() {
			return false
		}
		vain = vain || h != nil && h.Outcome != ""
	}
	return vain
}

func (m *Mode) handshakes() []*Handshake {
	var all []*Handshake
	for _, d := range m.Dials {
		all = append(all, d.TLS)
	}
	for _, a := range m.Arrivals {
		all = append(all, a.TLS)
	}
	return all
}

// lostData reports whether every data connection of the mode broke or stalled.
func (m *Mode) lostData() bool {
	lost := false
	for _, d := range m.allData() {
		if d.Outcome != OutcomeTimeout && d.Outcome != OutcomeReset {
			return false
		}
		lost = true
	}
	return lost
}

func (m *Mode) allData() []*Data {
	var all []*Data
	for _, d := range m.Dials {
		if d.Data != nil {
			all = append(all, d.Data)
		}
	}
	for _, a := range m.Arrivals {
		if a.Data != nil {
			all = append(all, a.Data)
		}
	}
	return all
}

// Announced returns every passive announcement of the run: those of the
// passive modes, each with its dial to the control host, then the samples.
func (e *Evidence) Announced() []Sample {
	var all []Sample
	for _, c := range Passive {
		m := e.Modes[c]
		if m == nil || !m.Announced.IsValid() {
			continue
		}
		s := Sample{Session: m.Session, Command: m.Command, Announced: m.Announced}
		for _, d := range m.Dials {
			if d.As == AsControlHost || s.Dial.Outcome == "" {
				s.Dial = d
			}
		}
		all = append(all, s)
	}
	for _, s := range e.Samples {
		all = append(all, *s)
	}
	return all
}
