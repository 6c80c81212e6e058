package ftpd

import (
	"errors"
	"strings"

	"ftpcheck/probe/wire"
)

// greet sends the greeting, or what faults send in its place, and reports
// whether the session goes on.
func (s *session) greet() bool {
	f := s.faults()
	if f.closes || f.delay > 0 && !pause(s.ctx, f.delay) {
		return false
	}
	switch {
	case f.silent:
		s.listenOnly()
		return false
	case s.implicit() && !s.secure():
		return false
	case f.flood != "":
		for s.ctx.Err() == nil && s.send([]byte(strings.Repeat(f.flood, 1024))) == nil {
		}
		return false
	case f.greeting != "":
		s.reply(f.greeting)
		if !f.leaves {
			s.listenOnly()
		}
		return false
	}
	lines := strings.Split(s.server.opt.Product, "\n")
	for i := range lines {
		mark := "220-"
		if i == len(lines)-1 {
			mark = "220 "
		}
		lines[i] = mark + lines[i]
		s.greeting = append(s.greeting, s.asSent(lines[i])+"\r\n"...)
	}
	s.log(Entry{What: WhatGreet, Raw: s.greeting})
	return s.reply(lines...) == nil
}

// listenOnly reads until the client leaves or its time to log in is over.
func (s *session) listenOnly() {
	for {
		s.expect()
		if _, err := s.read.ReadCommand(); err != nil && !errors.Is(err, wire.ErrLineTooLong) {
			return
		}
	}
}
