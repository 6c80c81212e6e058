package tui

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ftpcheck/probe/ftpd"
	"ftpcheck/probe/hops"
)

// Bounds of what is kept of one session.
const (
	mostTries = 200
	mostLines = 300
)

// session is one session at the server, as its entries tell.
type session struct {
	number int
	peer   netip.AddrPort
	came   time.Time // of its first entry
	gone   time.Time // zero: it is still connected
	end    string    // how it ended, in the server's words
	away   bool      // it was turned away
	own    bool      // the client is ftpcheck
	user   string    // who is logged in
	tls    string    // version; empty: plain FTP
	tries  []*try    // oldest first
	lines  []ftpd.Entry

	listening netip.AddrPort // where the server listens for data; invalid: nowhere
}

// try is one announcement of an address for data, and what became of it.
type try struct {
	at        time.Time
	command   string         // PASV, EPSV, PORT or EPRT
	listens   netip.AddrPort // passive: where the server listens for it
	announced netip.AddrPort // invalid where it could not be parsed
	raw       string         // the announcement as it was sent
	state     string         // see below
	rest      string         // who arrived, or why not
	answer    string         // how its transfer ended, in the server's words
}

// States of a try. Of an attempt to dial it is the outcome's word.
const (
	stateWaiting = "waiting"         // the server listens, and nothing has come yet
	stateAgreed  = "agreed"          // the server will dial when a transfer is asked for
	stateArrived = "arrived"         // a connection arrived
	stateAbsent  = "nothing arrived" // the server listens no longer, and nothing had come
	stateHalf    = "half-open"       // a SYN was answered, and the handshake never ended
	stateDenied  = "denied"          // the server refused the announcement, or the connection
	stateClosed  = "closed"          // the server announced the port, and does not listen
)

// add folds one entry into the session.
func (s *session) add(e ftpd.Entry) {
	if e.Peer.IsValid() {
		s.peer = e.Peer
	}
	s.lines = bounded(append(s.lines, e), mostLines)
	switch e.What {
	case ftpd.WhatRefuse:
		s.away, s.gone, s.end = true, e.Time, e.Text
	case ftpd.WhatLeave:
		s.gone, s.end = e.Time, e.Text
	case ftpd.WhatVisit:
		s.own = true
	case ftpd.WhatSecure:
		if !e.Data && e.Err == "" {
			s.tls = e.TLS
		}
	case ftpd.WhatLogin:
		if e.User != "" {
			s.user = e.User
		}
	default:
		s.addData(e)
	}
}

// addData folds what concerns a data connection.
func (s *session) addData(e ftpd.Entry) {
	switch e.What {
	case ftpd.WhatOpen:
		s.listening = e.Local
	case ftpd.WhatAnnounce:
		s.announce(e)
	case ftpd.WhatArrive:
		if t := s.passive(e.Local); t != nil {
			t.state, t.rest = stateArrived, "from "+e.Remote.String()
			if e.Refused {
				t.state, t.rest = stateDenied, t.rest+", not the client's address"
			}
		}
	case ftpd.WhatHalf:
		if t := s.passive(e.Local); t != nil && t.state == stateWaiting {
			t.state, t.rest = stateHalf, "SYN from "+e.Remote.String()
		}
	case ftpd.WhatAbsent:
		if t := s.passive(e.Local); t != nil && t.state == stateWaiting {
			t.state = stateAbsent
		}
	case ftpd.WhatDial:
		if t := s.active(e.Remote); t != nil && t.command == e.Command {
			t.state, t.rest = dialled(e)
		}
	case ftpd.WhatTransfer:
		if t := s.of(e); t != nil {
			t.answer = e.Text
			if e.Code != 0 {
				t.answer += fmt.Sprintf(", %d", e.Code)
			}
		}
	}
}

func (s *session) announce(e ftpd.Entry) {
	t := &try{at: e.Time, command: e.Command, announced: e.Addr, raw: string(e.Raw), state: stateAgreed}
	switch {
	case e.Code >= 400:
		t.state, t.rest = stateDenied, fmt.Sprintf("with %d", e.Code)
	case e.Local.IsValid() && e.Local == s.listening:
		t.state, t.listens = stateWaiting, e.Local
	case e.Local.IsValid():
		t.state, t.listens = stateClosed, e.Local
	}
	s.tries = bounded(append(s.tries, t), mostTries)
}

// dialled says how an attempt to reach the client ended.
func dialled(e ftpd.Entry) (state, rest string) {
	state = string(e.Outcome)
	switch {
	case e.Outcome == "":
		return "not tried", e.Err
	case e.ICMP != nil:
		rest = fmt.Sprintf("by %s (ICMP %d/%d)", e.ICMP.From, e.ICMP.Type, e.ICMP.Code)
	case e.Outcome == hops.Open && e.Local.IsValid():
		rest = fmt.Sprintf("from port %d", e.Local.Port())
	}
	return state, rest
}

// passive is the latest try for which the server listens there.
func (s *session) passive(local netip.AddrPort) *try {
	return s.latest(func(t *try) bool { return t.listens == local })
}

// active is the latest try for which the client listens there.
func (s *session) active(remote netip.AddrPort) *try {
	return s.latest(func(t *try) bool {
		return !t.listens.IsValid() && t.state != stateDenied && t.announced.Port() == remote.Port()
	})
}

// of is the try that a transfer used.
func (s *session) of(e ftpd.Entry) *try {
	if !e.Remote.IsValid() {
		return s.latest(func(t *try) bool { return t.answer == "" && t.state != stateDenied })
	}
	if t := s.passive(e.Local); t != nil {
		return t
	}
	return s.active(e.Remote)
}

func (s *session) latest(is func(*try) bool) *try {
	for _, t := range slices.Backward(s.tries) {
		if is(t) {
			return t
		}
	}
	return nil
}

// made reports whether the data connection came about.
func (t *try) made() bool { return t.state == stateArrived || t.state == string(hops.Open) }

// failed reports whether it did not, and will not any more.
func (t *try) failed() bool {
	return !t.made() && t.state != stateWaiting && t.state != stateAgreed
}

// summary is a session in a few words.
func (s *session) summary() string {
	if s.away {
		return s.end
	}
	made, failed := 0, 0
	for _, t := range s.tries {
		if t.made() {
			made++
		} else if t.failed() {
			failed++
		}
	}
	var words []string
	if made > 0 {
		words = append(words, fmt.Sprintf("%d ok", made))
	}
	if failed > 0 {
		words = append(words, fmt.Sprintf("%d failed", failed))
	}
	if s.user == "" {
		words = append(words, "no login")
	} else {
		words = append(words, s.user)
	}
	if s.tls != "" {
		words = append(words, s.tls)
	}
	return strings.Join(words, ", ")
}

// word is the state of a session.
func (s *session) word() string {
	switch {
	case s.away:
		return "away"
	case !s.gone.IsZero():
		return "left"
	}
	return "here"
}

// bounded drops the first elements of a list that is too long.
func bounded[T any](list []T, most int) []T {
	if len(list) <= most {
		return list
	}
	return append(list[:0:0], list[len(list)-most*9/10:]...)
}
