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

// visitor is one session at the server, as its entries tell.
type visitor struct {
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
func (v *visitor) add(e ftpd.Entry) {
	if e.Peer.IsValid() {
		v.peer = e.Peer
	}
	v.lines = bounded(append(v.lines, e), mostLines)
	switch e.What {
	case ftpd.WhatRefuse:
		v.away, v.gone, v.end = true, e.Time, e.Text
	case ftpd.WhatLeave:
		v.gone, v.end = e.Time, e.Text
	case ftpd.WhatVisit:
		v.own = true
	case ftpd.WhatSecure:
		if !e.Data && e.Err == "" {
			v.tls = e.TLS
		}
	case ftpd.WhatLogin:
		if e.User != "" {
			v.user = e.User
		}
	default:
		v.addData(e)
	}
}

// addData folds what concerns a data connection.
func (v *visitor) addData(e ftpd.Entry) {
	switch e.What {
	case ftpd.WhatOpen:
		v.listening = e.Local
	case ftpd.WhatAnnounce:
		v.announce(e)
	case ftpd.WhatArrive:
		if t := v.passive(e.Local); t != nil {
			t.state, t.rest = stateArrived, "from "+e.Remote.String()
			if e.Refused {
				t.state, t.rest = stateDenied, t.rest+", not the client's address"
			}
		}
	case ftpd.WhatHalf:
		if t := v.passive(e.Local); t != nil && t.state == stateWaiting {
			t.state, t.rest = stateHalf, "SYN from "+e.Remote.String()
		}
	case ftpd.WhatAbsent:
		if t := v.passive(e.Local); t != nil && t.state == stateWaiting {
			t.state = stateAbsent
		}
	case ftpd.WhatDial:
		if t := v.active(e.Remote); t != nil {
			t.state, t.rest = dialled(e)
		}
	case ftpd.WhatTransfer:
		if t := v.of(e); t != nil {
			t.answer = e.Text
			if e.Code != 0 {
				t.answer += fmt.Sprintf(", %d", e.Code)
			}
		}
	}
}

func (v *visitor) announce(e ftpd.Entry) {
	t := &try{at: e.Time, command: e.Command, announced: e.Addr, raw: string(e.Raw), state: stateAgreed}
	switch {
	case e.Code >= 400:
		t.state, t.rest = stateDenied, fmt.Sprintf("with %d", e.Code)
	case e.Local.IsValid() && e.Local == v.listening:
		t.state, t.listens = stateWaiting, e.Local
	case e.Local.IsValid():
		t.state, t.listens = stateClosed, e.Local
	}
	v.tries = bounded(append(v.tries, t), mostTries)
}

// dialled says how an attempt to reach the client ended.
func dialled(e ftpd.Entry) (state, rest string) {
	state = string(e.Outcome)
	switch {
	case e.Outcome == "":
		return "not tried", e.Err
	case e.ICMP != nil:
		rest = fmt.Sprintf("by %v (ICMP %d/%d)", e.ICMP.From, e.ICMP.Type, e.ICMP.Code)
	case e.Outcome == hops.Open && e.Local.IsValid():
		rest = fmt.Sprintf("from port %d", e.Local.Port())
	}
	return state, rest
}

// passive is the latest try for which the server listens there.
func (v *visitor) passive(local netip.AddrPort) *try {
	return v.latest(func(t *try) bool { return t.listens == local })
}

// active is the latest try for which the client listens there.
func (v *visitor) active(remote netip.AddrPort) *try {
	return v.latest(func(t *try) bool {
		return !t.listens.IsValid() && t.announced.Port() == remote.Port()
	})
}

// of is the try that a transfer used.
func (v *visitor) of(e ftpd.Entry) *try {
	if !e.Remote.IsValid() {
		return v.latest(func(t *try) bool { return t.answer == "" && t.state != stateDenied })
	}
	if t := v.passive(e.Local); t != nil {
		return t
	}
	return v.active(e.Remote)
}

func (v *visitor) latest(is func(*try) bool) *try {
	for _, t := range slices.Backward(v.tries) {
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
func (v *visitor) summary() string {
	if v.away {
		return v.end
	}
	made, failed := 0, 0
	for _, t := range v.tries {
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
	if v.user == "" {
		words = append(words, "no login")
	} else {
		words = append(words, v.user)
	}
	if v.tls != "" {
		words = append(words, v.tls)
	}
	return strings.Join(words, ", ")
}

// word is the state of a session.
func (v *visitor) word() string {
	switch {
	case v.away:
		return "away"
	case !v.gone.IsZero():
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
