package report

import (
	"strings"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// certificate is one that fits the run, until a test changes it.
func certificate(change ...func(*probe.Certificate)) probe.Certificate {
	c := probe.Certificate{
		Subject: "CN=ftp.example.com", Issuer: "CN=Example Issuing CA,O=Example", Names: []string{"ftp.example.com", "www.example.com"},
		NotBefore: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC),
		Key: "ECDSA P-256", SHA256: "ab" + strings.Repeat("0", 62),
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func signedByItself(c *probe.Certificate) { c.Issuer = c.Subject }

// asked is a run that was started with this user and --tls.
func asked(user string, mode probe.TLSMode) part {
	return func(ev *probe.Evidence) {
		ev.Start = &probe.Start{Time: time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC), Host: "ftp.example.com", Port: 21, User: user,
			Options: probe.Options{TLS: mode}}
	}
}

// auth is the reply to AUTH TLS; none when the words are empty.
func auth(reply string) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckSecure)(ev)
		says("AUTH TLS", reply)(ev)
	}
}

func features(names ...string) part {
	lines := []string{"211-Features:"}
	for _, n := range names {
		lines = append(lines, " "+n)
	}
	return says("FEAT", append(lines, "211 End")...)
}

// handshake ends the control connection's TLS handshake so.
func handshake(o probe.Outcome, change ...func(*probe.Handshake)) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckSecure)(ev)
		h := &probe.Handshake{As: probe.AsControl, To: ev.Sessions[0].Peer, Outcome: o, Took: 20 * time.Millisecond}
		if o == probe.OutcomeOK {
			h.TLS = probe.TLS{Version: "TLS 1.3", ServerName: "ftp.example.com", Certificates: []probe.Certificate{certificate()}}
		}
		for _, f := range change {
			f(h)
		}
		ev.Sessions[0].TLS = h
	}
}

func alert(name string) func(*probe.Handshake) {
	return func(h *probe.Handshake) { h.TLS.Alert = name }
}

func wantsClient(h *probe.Handshake) { h.TLS.WantsClient = true }

func says220(h *probe.Handshake) { h.Text = "220 (vsFTPd 3.0.3)" }

// chain is what the server sent, and what verification says about it.
func chain(untrusted string, certs ...probe.Certificate) func(*probe.Handshake) {
	return func(h *probe.Handshake) { h.TLS.Certificates, h.TLS.Untrusted = certs, untrusted }
}

// notLoggedIn: the login was skipped for this reason.
func notLoggedIn(why string) part {
	return func(ev *probe.Evidence) {
		ev.Checks[probe.CheckLogin] = &probe.CheckRun{Ended: true, Skipped: why}
		ev.Sessions[0].LoggedIn = false
	}
}

const withheldWords = "the password is not sent: the certificate cannot be verified"

// trial is a handshake with this version alone.
func trial(offer string, o probe.Outcome) part {
	return func(ev *probe.Evidence) {
		ev.Trials = append(ev.Trials, probe.Handshake{As: probe.AsTrial, Outcome: o, TLS: probe.TLS{Offer: offer}})
	}
}

// implicit is a handshake at once, on a second connection.
func implicit(o probe.Outcome) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckSecure)(ev)
		ev.Trials = append(ev.Trials, probe.Handshake{As: probe.AsImplicit, Outcome: o, Took: 5 * time.Second})
	}
}

// inPlain adds the session in which the run goes on without TLS.
func inPlain(ev *probe.Evidence) {
	first := ev.Sessions[0]
	second := *first
	second.ID, second.Check, second.TLS, second.LoggedIn, second.Lost = 2, probe.CheckLogin, nil, true, nil
	second.Exchanges = []*probe.Exchange{{Check: probe.CheckLogin, Command: "USER anonymous", Replies: []probe.Reply{*line(230, "ok")}}}
	first.LoggedIn = false
	ev.Sessions = append(ev.Sessions, &second)
}

// closedSession ends the first control session at a command.
func closedSession(command string, o probe.Outcome, words string) part {
	return func(ev *probe.Evidence) {
		s := ev.Sessions[0]
		s.LoggedIn = false
		s.Lost = &probe.Loss{Check: probe.CheckSecure, Command: command, Outcome: o, Text: words, Took: 30 * time.Second}
	}
}

// dataTLS puts a handshake on a mode's data connection.
func dataTLS(c probe.Check, o probe.Outcome, presented, resumed bool) part {
	return func(ev *probe.Evidence) { putTLS(ev.Modes[c], o, presented, resumed) }
}

func putTLS(m *probe.Mode, o probe.Outcome, presented, resumed bool) {
	h := &probe.Handshake{Outcome: o, Took: 20 * time.Millisecond, TLS: probe.TLS{Presented: presented, Resumed: resumed}}
	if o == probe.OutcomeOK {
		h.TLS.Version = "TLS 1.3"
	}
	for i := range m.Dials {
		m.Dials[i].TLS = h
	}
	for i := range m.Arrivals {
		m.Arrivals[i].TLS = h
	}
}

// further is a further try of a check, made by the same parts as a main one, in
// a session of its own. Only a plain one has no TLS on the control connection.
func further(c probe.Check, t probe.Try, build part, change ...func(*probe.Mode)) part {
	return func(ev *probe.Evidence) {
		main := ev.Modes[c]
		build(ev)
		m := ev.Modes[c]
		if ev.Modes[c] = main; main == nil {
			delete(ev.Modes, c)
		}
		s := *ev.Sessions[0]
		s.ID, s.Check, s.Exchanges, s.Lost = 20+len(ev.Sessions), c, nil, nil
		if t == probe.TryPlain {
			s.TLS = nil
		}
		m.Try, m.Session = t, s.ID
		for _, f := range change {
			f(m)
		}
		ev.Sessions = append(ev.Sessions, &s)
		ev.Tries = append(ev.Tries, m)
	}
}

func fullTLS(o probe.Outcome) func(*probe.Mode) {
	return func(m *probe.Mode) { putTLS(m, o, false, false) }
}

// endsWith replaces the replies to LIST.
func endsWith(replies ...probe.Reply) func(*probe.Mode) {
	return func(m *probe.Mode) {
		m.List = &probe.Exchange{Check: m.Check, Command: "LIST", Replies: replies}
	}
}

// listEnds is endsWith for the main try.
func listEnds(c probe.Check, replies ...probe.Reply) part {
	return func(ev *probe.Evidence) { endsWith(replies...)(ev.Modes[c]) }
}

func ended(c probe.Check, o probe.Outcome, bytes int64) part {
	return func(ev *probe.Evidence) {
		m := ev.Modes[c]
		m.Dials[len(m.Dials)-1].Data = &probe.Data{Bytes: bytes, Outcome: o, Took: time.Second}
	}
}

func clientOver(at string, words string, h *probe.Handshake) part {
	return func(ev *probe.Evidence) {
		clientFailed(words)(ev)
		d := madeDial(probe.AsClient, at, hops.Open)
		d.TLS = h
		ev.Client.Dials = []probe.Dial{d}
	}
}

// tlsServer is a run whose control connection is encrypted.
var tlsServer = handshake(probe.OutcomeOK)
