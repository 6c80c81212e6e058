package ftpd

import (
	"net"
	"strings"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// site has no subcommand but HELP, and those of the exchange with a client that
// is ftpcheck's own, which are told to nobody else.
func site(s *session, arg string) bool {
	word, rest, _ := strings.Cut(arg, " ")
	switch {
	case s.server.opt.Exchange && strings.EqualFold(word, exchange.Feature):
		s.exchange(rest)
	case strings.EqualFold(arg, "HELP"):
		s.reply("214 No SITE commands.")
	default:
		s.reply("500 Unknown SITE command.")
	}
	return true
}

// verbsOfVisit are those that a session of a visit may send.
var verbsOfVisit = map[exchange.Verb]func(s *session, v *visit, arg string){
	exchange.Ask:    seen,
	exchange.Listen: lend,
	exchange.Dial:   dialBack,
	exchange.Path:   follow,
	exchange.Edge:   edge,
	exchange.End:    forget,
}

// What a client of the exchange is told when it gets no body.
const (
	noVisit    = "503 SITE FTPCHECK BEGIN comes first."
	hadVisit   = "503 The session has had its visit."
	inVisit    = "503 The session belongs to a visit already."
	noSuchOne  = "550 No such visit."
	noRoom     = "450 A bound of the visit is reached."
	noBody     = "501 The body cannot be read."
	notAllowed = "501 The body asks for what is not allowed."
)

// exchange obeys what stands behind SITE FTPCHECK.
func (s *session) exchange(arg string) {
	name, arg, _ := strings.Cut(arg, " ")
	verb, v := exchange.Verb(strings.ToUpper(name)), s.inVisit()
	switch do := verbsOfVisit[verb]; {
	case (verb == exchange.Begin || verb == exchange.Join) && v != nil:
		s.reply(inVisit)
	case verb == exchange.Begin && s.place > 0: // else END would renew its bounds
		s.reply(hadVisit)
	case verb == exchange.Begin:
		s.begin(arg)
	case verb == exchange.Join:
		s.join(arg)
	case do == nil:
		s.bad++
		s.reply("500 Unknown SITE command.")
	case v == nil:
		s.reply(noVisit)
	default:
		do(s, v, arg)
	}
}

// inVisit returns the visit that the session belongs to, or nil.
func (s *session) inVisit() *visit {
	v := s.visit.Load()
	if v == nil || v.isOver() {
		return nil
	}
	return v
}

func (s *session) begin(version string) {
	if version != "1" {
		s.reply("504 Only version 1.")
		return
	}
	token, v := s.server.visits.begin(s)
	if v == nil {
		s.reply(noRoom)
		return
	}
	s.enter(v, exchange.Begin, token)
}

// join makes the session part of a visit. A token that belongs to none counts
// as a bad command, so that nobody guesses for long.
func (s *session) join(token string) {
	v := s.server.visits.find(token)
	if v == nil {
		s.bad++
		s.reply(noSuchOne)
		return
	}
	s.enter(v, exchange.Join, "")
}

func (s *session) enter(v *visit, verb exchange.Verb, token string) {
	number := v.join(s)
	if number == 0 {
		s.reply(noRoom)
		return
	}
	s.place = number
	s.visit.Store(v)
	s.log(Entry{What: WhatVisit, Command: string(verb)})
	h := exchange.Hello{
		Version: exchange.Version, Tool: s.server.opt.Tool, Token: token, Session: number,
		Client: s.peer, Server: s.local, Greeting: s.greeting,
		Passive: exchange.Range(s.server.opt.Passive),
		Traces:  s.network.Traces(), HalfOpen: s.server.watch.sees(s.network),
	}
	if h.Traces {
		h.Quotes = mayQuote(s.conn)
	}
	if a := s.announced(); a != s.local.Addr() {
		h.Announce = a
	}
	s.answer(verb, h)
}

// mayQuote reports whether this user may read what routers quote.
func mayQuote(conn net.Conn) bool {
	q, end := hops.QuoterOf(conn)
	if q == nil {
		return false
	}
	end()
	return true
}

// answer replies with a body.
func (s *session) answer(verb exchange.Verb, body any) {
	text, err := exchange.Encode(body)
	s.answerText(verb, text, err)
}

func (s *session) answerText(verb exchange.Verb, text string, err error) {
	if err != nil {
		s.reply("451 The answer cannot be made.")
		return
	}
	s.reply(answerLines(firstLine(verb), text)...)
}

// firstLine is that of an answer with a body.
func firstLine(verb exchange.Verb) string { return "211-" + exchange.Feature + " " + string(verb) }

func answerLines(first, body string) []string {
	return append(append([]string{first}, exchange.Lines(body)...), "211 End")
}

// seen tells all that was seen of the visit.
func seen(s *session, v *visit, _ string) {
	s.log(Entry{What: WhatVisit, Command: string(exchange.Ask)})
	text, err, ok := s.recordOf(v)
	if ok { // a client that does not read keeps none of the others waiting
		s.answerText(exchange.Ask, text, err)
	}
}

// recordOf makes the record into a body; not ok: the session ended before it
// was its turn.
func (s *session) recordOf(v *visit) (text string, err error, ok bool) {
	select {
	case s.server.visits.answers <- struct{}{}:
		defer func() { <-s.server.visits.answers }()
	case <-s.ctx.Done():
		return "", nil, false
	}
	s.server.watch.look(s.network, nil)
	text, err = v.body()
	return text, err, true
}

// forget ends the visit, and with it all that it knows.
func forget(s *session, v *visit, _ string) {
	s.dropLoans()
	s.server.visits.forget(v)
	s.visit.Store(nil)
	s.log(Entry{What: WhatVisit, Command: string(exchange.End)})
	s.reply("211 Forgotten.")
}
