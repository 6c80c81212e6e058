package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// The control connection while nothing is said on it.
var idleRules = []rule{
	{Code: Code{"control-idle-timeout", Problem, ServerNetwork, "The control connection dies when it is idle",
		"The control connection survives short silences and is dead after longer ones."},
		when: idleTimeout},
}

// stillness is what the silences of the idle check show together.
type stillness struct {
	alive  time.Duration  // longest silence after which the connection worked, below the one that killed it; 0: none
	dead   *probe.Silence // shortest that it did not survive; nil: none
	deaths int
	odd    time.Duration // a longer silence that it did survive; 0: none
}

// readSilences reads the silences, whatever their order.
func readSilences(list []probe.Silence) stillness {
	var s stillness
	for i := range list {
		if x := &list[i]; died(*x) {
			s.deaths++
			if s.dead == nil || x.Took < s.dead.Took {
				s.dead = x
			}
		}
	}
	for _, x := range list {
		switch {
		case x.Outcome != probe.OutcomeOK || x.Code == 421:
		case s.dead == nil || x.Took < s.dead.Took:
			s.alive = max(s.alive, x.Took)
		default:
			s.odd = max(s.odd, x.Took)
		}
	}
	return s
}

// died reports whether the connection was dead after the silence. A 421 says
// so even where the connection lives on for a moment (RFC 959 4.2).
func died(s probe.Silence) bool {
	switch s.Outcome {
	case probe.OutcomeClosed, probe.OutcomeAlert, hops.Reset, hops.Timeout:
		return true
	}
	return s.Outcome == probe.OutcomeOK && s.Code == 421
}

// byServer reports whether the server itself ended the session: by a 421, or by
// an alert in TLS, which nobody else can send (RFC 8446 6).
func byServer(s *probe.Silence) bool {
	return s.Code == 421 || s.Outcome == probe.OutcomeAlert
}

// keepAlive is the pause after which a client should say something: half of
// what is known to be survived, or of what is not.
func (s stillness) keepAlive() time.Duration {
	survived := cmp.Or(s.alive, s.dead.Took)
	return max(time.Second, (survived / 2).Round(time.Second))
}

// bracket tells between which silences the limit lies.
func (s stillness) bracket() string {
	if s.alive == 0 {
		return "below " + quiet(s.dead.Took)
	}
	return fmt.Sprintf("between %s and %s", quiet(s.alive), quiet(s.dead.Took))
}

// quiet prints a silence in the unit in which limits are set.
func quiet(d time.Duration) string {
	if d < time.Second {
		return ms(d)
	}
	return seconds(d.Round(time.Second))
}

func idleTimeout(v *view) *Finding {
	if !v.ran(probe.CheckIdle) {
		return nil
	}
	s := readSilences(v.ev.Idle)
	if s.dead == nil {
		return nil
	}
	f := &Finding{Checks: []probe.Check{probe.CheckIdle}, Effect: "Sessions that wait for longer, and long transfers during which the control connection is silent, end in an error or hang."}
	if byServer(s.dead) {
		v.serverTimer(f, s)
	} else {
		v.deviceTimer(f, s)
	}
	if byServer(s.dead) {
		return f
	}
	pause := seconds(s.keepAlive())
	number := strings.TrimSuffix(pause, " s")
	f.Fixes = append(f.Fixes, Fix{Who: ClientUser, Do: fmt.Sprintf("Let the client say something every %s while it waits: TCP keep-alive, or a NOOP.", pause),
		Examples: []Example{
			{"curl", "curl --keepalive-time " + number},
			{"FileZilla", "Settings, Connection, FTP: Send FTP keep-alive commands"},
			{"Linux", "sysctl -w net.ipv4.tcp_keepalive_time=" + number + "   (for programs that use SO_KEEPALIVE)"},
		}})
	return f
}

// serverTimer: the server itself says why it hangs up.
func (v *view) serverTimer(f *Finding, s stillness) {
	f.Title = "The server ends idle sessions"
	f.Owner, f.Certainty, f.Where = ServerAdmin, Certain, &Where{Side: SideServer, Of: v.distance()}
	words, device := "and said: "+sentence(s.dead.Text), "it would not speak FTP"
	if s.dead.Outcome == probe.OutcomeAlert {
		words, device = "by the TLS alert "+s.dead.Text+".", "it has no part in the TLS connection"
	}
	f.Story = []string{fmt.Sprintf("After %s without a command the server ended the session itself, %s", quiet(s.dead.Took), words)}
	if s.alive > 0 && quiet(s.alive) != quiet(s.dead.Took) {
		f.Story[0] += fmt.Sprintf(" A silence of %s did no harm.", quiet(s.alive))
	}
	f.RuledOut = []string{"A device on the way: " + device + ". The server's limit comes first; a longer one on the way cannot be seen behind it."}
	f.Effect = "Sessions that say nothing for longer end. Many servers are set so on purpose."
	f.Fixes = []Fix{{Who: ServerAdmin, Do: "If clients have to wait for longer, raise the limit for idle sessions.", Examples: idleLimit(v.wantedSilence(s)).examples(v.product)},
		{Who: ClientUser, Do: fmt.Sprintf("Or let the client send a NOOP every %s while it waits. TCP keep-alive does not reset a limit of the server itself.", seconds(s.keepAlive())),
			Examples: []Example{{"FileZilla", "Settings, Connection, FTP: Send FTP keep-alive commands"}}}}
}

// wantedSilence is a limit, in whole minutes, that lets the silence pass that
// was asked for.
func (v *view) wantedSilence(s stillness) time.Duration {
	wanted := s.dead.Took
	if v.ev.Start != nil {
		wanted = max(wanted, v.ev.Start.Options.Idle)
	}
	return max(15*time.Minute, (wanted+time.Minute).Truncate(time.Minute)+time.Minute)
}

func idleLimit(limit time.Duration) settings {
	number, minutes := int(limit.Seconds()), int(limit.Minutes())
	return settings{
		"vsftpd":           fmt.Sprintf("idle_session_timeout=%d", number),
		"ProFTPD":          fmt.Sprintf("TimeoutIdle %d", number),
		"Pure-FTPd":        fmt.Sprintf("-I %d   (minutes; or MaxIdleTime %d)", minutes, minutes),
		"FileZilla Server": "Timeouts: activity timeout",
		"IIS":              "site FTP limits: control channel timeout",
		"pyftpdlib":        fmt.Sprintf("handler.timeout = %d", number),
		"SFTPGo":           fmt.Sprintf("common.idle_timeout = %d   (minutes)", minutes),
	}
}

// deviceTimer: the connection was dead, and nobody had said why.
func (v *view) deviceTimer(f *Finding, s stillness) {
	how := map[probe.Outcome]string{
		hops.Timeout:        "the next command got no answer",
		hops.Reset:          "the connection was reset",
		probe.OutcomeClosed: "the connection was closed without a word",
	}[s.dead.Outcome]
	f.Story = []string{fmt.Sprintf("After %s of silence %s.", quiet(s.dead.Took), how)}
	if s.alive > 0 {
		f.Story[0] += fmt.Sprintf(" After %s it still worked.", quiet(s.alive))
	}
	f.Story = append(f.Story, fmt.Sprintf("The limit lies %s.%s Devices that remember connections (NAT, firewall, load balancer) forget silent ones, and then drop or reset their packets.", s.bracket(), knownTimers(s)))
	f.Certainty = sure(s.deaths > 1)
	if s.odd > 0 {
		f.Certainty = Possible
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not ruled out: chance. A silence of %s was survived.", quiet(s.odd)))
	}
	f.RuledOut = append(f.RuledOut, "A limit of the server that it speaks of: no 421 came.")
	switch s.dead.Outcome {
	case probe.OutcomeClosed:
		f.Certainty = Possible
		f.RuledOut = append(f.RuledOut, "Not ruled out: a server that hangs up without a word.")
	default:
		f.RuledOut = append(f.RuledOut, "Not ruled out: a server that gives silent sessions up without a word. Its log, or the opposite end (ftpcheck serve), tells.")
	}
	v.placeTimer(f)
	if v.deathThere(f, s.dead) == SideServer {
		return
	}
	if s.odd > 0 {
		f.Certainty = Possible
	}
	v.placeDeath(f, s.dead)
	f.Fixes = []Fix{{Who: f.Owner, Do: "On the device that forgets: keep idle TCP connections for an hour or more (RFC 5382 asks for two hours and four minutes)."}}
}

// knownTimers names common limits that lie in the bracket.
func knownTimers(s stillness) string {
	for _, t := range []struct {
		at  time.Duration
		who string
	}{
		{240 * time.Second, "Azure load balancers forget after 4 minutes."},
		{350 * time.Second, "AWS NAT gateways and network load balancers forget after 350 s."},
		{3600 * time.Second, "Many firewalls forget after an hour."},
	} {
		if s.alive < t.at && t.at <= s.dead.Took {
			return " " + t.who
		}
	}
	return ""
}

const notDecidedWhere = "Not decided: where. "

// placeTimer leaves the side open: a device that forgets connections is not seen
// on the way, and a NAT device that is known to stand on one side is no proof
// that it is the one.
func (v *view) placeTimer(f *Finding) {
	f.Where, f.Owner = &Where{Side: SideUnknown, Of: v.distance()}, PathOwner
	here := inner(v.local) && public(v.peer.Addr())
	there := v.natSign()
	switch {
	case here && there == "":
		which := "a NAT device"
		if v.ownEnd().IsValid() && v.seen.addr != v.local {
			which = "the one NAT device on the way"
		}
		f.RuledOut = append(f.RuledOut, fmt.Sprintf(notDecidedWhere+"This client (%s) is behind %s, which is the first to look at; a firewall in front of the server does the same.", v.local, which))
	case !here && there != "":
		f.RuledOut = append(f.RuledOut, notDecidedWhere+"The server is behind a NAT device ("+there+"), which is the first to look at.")
	default:
		f.RuledOut = append(f.RuledOut, notDecidedWhere+"--idle from another network would tell on which side.")
	}
}
