package probe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/wire"
)

// bodyLimits are those of a reply with a body: as long as exchange.Decode takes.
var bodyLimits = wire.Limits{Line: 512, Lines: 16 << 10, Bytes: 5 << 18}

const (
	maxDrip    = 2  // times the limit, for an answer that comes line by line
	maxRefusal = 20 // lines of a reply without a body that are shown
	maxToken   = 64
	minToken   = 16 // characters; a shorter one is no secret, and would be replaced everywhere in the transcript
)

// failure says why a verb brought no answer that can be used.
type failure struct {
	why     string
	refused bool // by a reply: asking again brings the same
}

// offered returns the version of the exchange that a FEAT reply shows; 0 where
// it shows none. Of several it is ours, if that is among them.
func offered(feat wire.Reply) int {
	versions := strings.FieldsFunc(wire.ParseFEAT(feat.Strings())[exchange.Feature], func(r rune) bool { return r < '0' || r > '9' })
	best := 0
	for _, text := range versions {
		n, err := strconv.Atoi(text)
		if err == nil && n > 0 && best != exchange.Version {
			best = n
		}
	}
	return best
}

// ask sends a verb with its argument and reads the body of the reply into
// answer. shown is what events tell of the argument.
func (s *session) ask(check Check, verb exchange.Verb, arg, shown string, answer any, limit time.Duration) *failure {
	line := "SITE " + exchange.Feature + " " + string(verb)
	reply, ok := s.exchange(check, strings.TrimSpace(line+" "+arg), strings.TrimSpace(line+" "+shown), limit)
	switch {
	case !ok:
		return &failure{why: fmt.Sprintf("no answer to %s", line)}
	case reply.Code/100 != 2:
		return &failure{why: fmt.Sprintf("%s was answered by %d", line, reply.Code), refused: true}
	case answer == nil:
		return nil
	}
	if err := exchange.Decode(bodyOf(reply), answer); err != nil {
		s.emit(s.run.received(Event{Kind: KindNote, Check: check}, []byte(cut(err.Error(), maxWords))))
		return &failure{why: fmt.Sprintf("the answer to %s cannot be read: it was changed or cut on the way, or is none", line)}
	}
	return nil
}

// exchange sends a verb and waits for its reply; limit is for each line. A body
// is not shown: it is for machines, and long.
func (s *session) exchange(check Check, line, shown string, limit time.Duration) (reply wire.Reply, ok bool) {
	if !s.send(check, line, shown) {
		return reply, false
	}
	s.read.SetLimits(bodyLimits)
	defer func() { s.read.SetLimits(wire.DefaultLimits) }()
	began := time.Now()
	over := began.Add(maxDrip * limit)
	extend := func(wire.Line) {
		until := time.Now().Add(limit)
		if until.After(over) {
			until = over
		}
		s.conn.SetReadDeadline(until)
	}
	for range maxEarly {
		extend(wire.Line{})
		var err error
		if reply, err = s.read.ReadReply(extend); err != nil {
			s.giveOut(check, err, time.Since(began), reply)
			return reply, false
		}
		s.showAnswer(check, reply, time.Since(began))
		if reply.Code/100 != 1 {
			s.dirty = reply.Code == 421 // the server is closing (RFC 959 5.4)
			return reply, true
		}
	}
	s.giveOut(check, errTooManyReplies, time.Since(began), reply)
	return reply, false
}

func (s *session) showAnswer(check Check, reply wire.Reply, took time.Duration) {
	e := Event{Kind: KindRecv, Check: check, Took: took}
	if n := len(bodyOf(reply)); n > 0 && reply.Code/100 == 2 {
		e.Code, e.Text = reply.Code, fmt.Sprintf("%d body of %d bytes", reply.Code, n)
		s.emit(e)
		return
	}
	last := len(reply.Lines) - 1
	for i, l := range reply.Lines {
		if i >= maxRefusal && i != last {
			continue
		}
		if i == last {
			e.Code = reply.Code
		}
		s.emit(s.run.received(e, l.Raw))
	}
}

// bodyOf returns the lines between the first and the last one of a reply, but
// those of more than one word (see exchange.Followed).
func bodyOf(reply wire.Reply) string {
	if len(reply.Lines) < 3 {
		return ""
	}
	lines := reply.Strings()[1 : len(reply.Lines)-1]
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.Contains(strings.TrimSpace(l), " ") }), "\n")
}

// hello asks for a Hello by BEGIN or JOIN and tells of it, without the token,
// which is returned.
func (s *session) hello(check Check, verb exchange.Verb, arg, shown string, limit time.Duration) (h exchange.Hello, token string, f *failure) {
	if f = s.ask(check, verb, arg, shown, &h, limit); f != nil {
		return h, "", f
	}
	token = h.Token
	s.known, s.place = true, h.Session
	s.run.boundHello(&h)
	s.emit(Event{Kind: KindHello, Check: CheckPeer, Hello: &h})
	return h, token, nil
}

// tokenFits reports whether a token may stand in a command.
func tokenFits(token string) bool {
	return len(token) >= minToken && len(token) <= maxToken && strings.Trim(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// query sends a verb with a body, "LISTEN" or "DIAL", and reads the answer.
func (s *session) query(verb exchange.Verb, request any, shown string, answer any, limit time.Duration) *failure {
	body, err := exchange.Encode(request)
	if err != nil {
		return &failure{why: err.Error(), refused: true}
	}
	return s.ask(CheckPeer, verb, body, shown, answer, limit)
}

// cut bounds the length of a text in bytes.
func cut(text string, most int) string { return text[:min(len(text), most)] }
