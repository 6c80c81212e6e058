package ftpd

import (
	"strings"
	"time"
)

// command is what the server knows of one verb.
type command struct {
	early bool                              // may be sent before login
	aside bool                              // is answered at once, even while a transfer runs
	do    func(s *session, arg string) bool // false ends the session
}

// commands is the table of verbs (RFC 959 4.1, 2389, 2428 and 3659).
var commands = map[string]command{
	"USER": {early: true, do: user},
	"PASS": {early: true, do: pass},
	"QUIT": {early: true, do: quit},
	"FEAT": {early: true, do: feat},
	"HELP": {early: true, do: help},
	"AUTH": {early: true, do: auth},
	"PBSZ": {early: true, do: pbsz},
	"PROT": {early: true, do: prot},
	"CCC":  {early: true, do: ccc},
	"NOOP": {early: true, do: says("200 NOOP ok.")},
	"OPTS": {early: true, do: opts},
	"ABOR": {aside: true, do: abor},
	"STAT": {aside: true, do: stat},
	"SYST": {do: says("215 UNIX Type: L8")},
	"PWD":  {do: says(`257 "/" is the current directory`)},
	"XPWD": {do: says(`257 "/" is the current directory`)},
	"CWD":  {do: cwd},
	"XCWD": {do: cwd},
	"CDUP": {do: says("250 Directory successfully changed.")},
	"XCUP": {do: says("250 Directory successfully changed.")},
	"TYPE": {do: typ},
	"MODE": {do: only("S", "200 Mode set to S.", "504 Only mode S.")},
	"STRU": {do: only("F", "200 Structure set to F.", "504 Only structure F.")},
	"ALLO": {do: says("202 ALLO command ignored.")},
	"SITE": {do: site},
	"PASV": {do: pasv},
	"EPSV": {do: epsv},
	"PORT": {do: port},
	"EPRT": {do: eprt},
	"LIST": {do: list},
	"NLST": {do: nlst},
	"MLSD": {do: mlsd},
	"MLST": {do: mlst},
	"RETR": {do: retr},
	"STOR": {do: stor},
	"DELE": {do: dele},
	"SIZE": {do: size},
	"MDTM": {do: mdtm},
}

// obey does what one command asks for, and reports whether the session goes on.
func (s *session) obey(verb, arg string) bool {
	if s.faults().swallowed[verb] {
		return true
	}
	c, known := commands[verb]
	if reply, faulty := s.faults().replies[verb]; faulty {
		if reply == "" {
			return false
		}
		s.settle()
		s.reply(reply)
		return !s.faults().last[verb]
	}
	if !c.aside {
		s.settle()
	}
	switch {
	case !known && noSuch[verb]:
		s.reply(notImplemented)
	case !known:
		s.bad++
		s.reply("500 Unknown command.")
	case !c.early && !s.loggedIn:
		s.reply("530 Please login with USER and PASS.")
	default:
		return c.do(s, arg)
	}
	return true
}

// noSuch are commands that exist but have no use in a directory in which
// nothing can be kept. Clients try them in good faith.
var noSuch = map[string]bool{
	"ACCT": true, "APPE": true, "HOST": true, "CLNT": true,
	"LANG": true, "MFMT": true, "MKD": true, "REIN": true, "REST": true,
	"RMD": true, "RNFR": true, "RNTO": true, "SMNT": true, "STOU": true, "XMKD": true, "XRMD": true,
}

const notImplemented = "502 Command not implemented."

// settle waits for a transfer that still runs.
func (s *session) settle() {
	if s.transfer != nil {
		<-s.transfer.done
	}
}

// says is a command that always gets the same reply.
func says(reply string) func(*session, string) bool {
	return func(s *session, _ string) bool {
		s.reply(reply)
		return true
	}
}

// only is a command of which one argument alone is supported.
func only(arg, yes, no string) func(*session, string) bool {
	return func(s *session, given string) bool {
		if strings.EqualFold(given, arg) {
			s.reply(yes)
		} else {
			s.reply(no)
		}
		return true
	}
}

const anonymous = "anonymous"

func isAnonymous(user string) bool {
	return strings.EqualFold(user, anonymous) || strings.EqualFold(user, "ftp")
}

func user(s *session, arg string) bool {
	switch {
	case s.server.tls.forbids(s):
		s.reply(needsTLS)
		return false
	case s.loggedIn:
		s.reply("530 Already logged in.")
	case arg == "":
		s.reply("501 USER needs a name.")
	default:
		s.user = arg
		s.reply("331 Please specify the password.")
	}
	return true
}

func pass(s *session, arg string) bool {
	switch {
	case s.loggedIn:
		s.reply("230 Already logged in.")
		return true
	case s.user == "":
		s.reply("503 Login with USER first.")
		return true
	}
	if !s.server.admits(s.user, arg) {
		s.failures++
		s.log(Entry{What: WhatLogin, Code: 530})
		if !pause(s.ctx, failurePause) {
			return true
		}
		s.reply("530 Login incorrect.")
		return s.failures < maxFailures
	}
	if !s.server.guests.login(s) {
		return true // evicted meanwhile: the next read says so
	}
	s.mu.Lock()
	s.loggedIn = true
	s.mu.Unlock()
	name := s.user
	if isAnonymous(name) {
		name = anonymous
	}
	s.log(Entry{What: WhatLogin, User: name})
	s.reply("230 Login successful.")
	return true
}

// quit gives the place free before it answers, so that a client may come back
// as soon as it has read the answer.
func quit(s *session, _ string) bool {
	s.left = true
	s.server.guests.leave(s)
	s.reply("221 Goodbye.")
	return false
}

func cwd(s *session, arg string) bool {
	if isRoot(arg) {
		s.reply("250 Directory successfully changed.")
	} else {
		s.reply("550 Failed to change directory.")
	}
	return true
}

// typ takes the types of RFC 959 3.1.1 that move bytes as they are. Type A
// does so, too, as in vsftpd's default configuration.
func typ(s *session, arg string) bool {
	switch strings.ToUpper(arg) {
	case "I", "L8", "L 8":
		s.reply("200 Switching to Binary mode.")
	case "A", "A N":
		s.reply("200 Switching to ASCII mode.")
	default:
		s.reply("504 Unrecognised TYPE command.")
	}
	return true
}

func opts(s *session, arg string) bool {
	switch name, rest, _ := strings.Cut(strings.ToUpper(arg), " "); {
	case name == "UTF8" && (rest == "ON" || rest == ""):
		s.reply("200 Always in UTF8 mode.")
	case name == "MLST" && s.loggedIn:
		s.reply("200 MLST OPTS " + facts)
	default:
		s.reply("501 Option not understood.")
	}
	return true
}

// abor ends the transfer that runs (RFC 959 4.1.3): it gets its 426, then ABOR
// its 226.
func abor(s *session, _ string) bool {
	if s.transfer != nil {
		s.transfer.cancel()
		s.settle()
	}
	s.dropPassive()
	s.reply("226 ABOR successful.")
	return true
}

func stat(s *session, arg string) bool {
	if arg != "" {
		s.reply(append(append([]string{"213-Status follows:"}, lines(File.lsLine)...), "213 End of status")...)
		return true
	}
	control, data := s.stay()
	s.reply(
		"211-FTP server status:",
		"     Connected to "+s.peer.Addr().String(),
		"     Session since "+s.since.UTC().Format(time.RFC3339),
		control, data,
		"211 End of status",
	)
	return true
}
