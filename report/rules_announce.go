package report

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/wire"
)

func replyMalformed(v *view) *Finding {
	var f *Finding
	for _, p := range v.passive {
		if p.Malformed == "" || p.Check == probe.CheckPASV && p.peer.Is6() || v.distorted(p.Check) {
			continue
		}
		if f != nil {
			f.Checks = append(f.Checks, p.Check)
			continue
		}
		objection, _, _ := strings.Cut(p.Malformed, `: "`) // without the reply, which the quote shows
		f = &Finding{
			Certainty: Certain, Checks: []probe.Check{p.Check},
			Quote:  v.quoteReply(p.Check, p.Reply),
			Story:  []string{fmt.Sprintf("The server's reply to %s names no address and port that the standard allows:", p.Command), "What is wrong: " + sentence(objection) + "."},
			Effect: "Most clients give up or fall back to another mode.",
			Fixes:  []Fix{{Who: ServerAdmin, Do: "Update the server. If a NAT device rewrites replies, turn its FTP helper off."}},
		}
		if v.twin(p.Check) == nil && !encrypted(v.ev, p.Mode) {
			f.RuledOut = []string{"Not decided: the server, or a device on the way that changes its replies (FTP helper). Over TLS none can."}
		}
		if p.Check == probe.CheckPASV && !wholeAddress(text(p.Reply)) {
			f.Fixes[0].Do = "Correct the server's passive address setting, or update the server. If a NAT device rewrites replies, turn its FTP helper off."
			f.Fixes[0].Examples = examplesAnnounce(v, announceable(p.peer))
		}
		f.Quote = markSyntax(f.Quote, p.Check, text(p.Reply))
	}
	return f
}

var fourOrMore = regexp.MustCompile(`(\d+),(\d+),(\d+),(\d+),`)

// wholeAddress reports whether the address in a 227 is sound, so that its port
// is what breaks the reply.
func wholeAddress(reply string) bool {
	m := fourOrMore.FindStringSubmatch(reply)
	if m == nil {
		return false
	}
	_, err := netip.ParseAddr(strings.Join(m[1:], "."))
	return err == nil
}

// markSyntax underlines what the parser objects to.
func markSyntax(quotes []Quote, c probe.Check, reply string) []Quote {
	var at wire.Span
	var err error
	if strings.HasPrefix(reply, "229") {
		_, at, err = wire.ParseEPSV(reply)
	} else {
		_, at, err = wire.ParsePASV(reply)
	}
	if err == nil {
		return quotes
	}
	return markSpan(quotes, at.From, at.To, "not "+map[bool]string{true: "RFC 2428", false: "RFC 959"}[c == probe.CheckEPSV])
}

var (
	exhaustedText = regexp.MustCompile(`(?i)reserved TCP ports are busy|could not find any port|unable to find valid port|no (free|available|more)( passive)? ports?|out of (passive )?ports`)
	inUseText     = regexp.MustCompile(`(?i)address (is )?(already )?in use`)
	deniedByOS    = regexp.MustCompile(`(?i)internal error|operation not permitted|permission denied|vsf_sysutil_bind`)
)

// collided reports whether a refusal only says that another session drew the
// same port in the same instant: asked again at once, the server granted one.
func collided(ev *probe.Evidence, refused *probe.Sample) bool {
	if !inUseText.MatchString(refused.Text) {
		return false
	}
	at := slices.Index(ev.Samples, refused)
	for _, s := range ev.Samples[at+1:] {
		if s.Session == refused.Session {
			return s.Announced.IsValid()
		}
	}
	return false
}

// portsExhausted needs words that only mean this, or a temporary refusal
// beside a success.
func portsExhausted(v *view) *Finding {
	f := &Finding{Certainty: Likely}
	good, refusals, firm := 0, 0, false
	var said, prefix string
	note := func(c probe.Check, code int, line string) {
		switch {
		case exhaustedText.MatchString(line):
			firm = true
		case code != 425 && code != 451 && code != 421 || deniedByOS.MatchString(line):
			return
		}
		f.Checks = append(f.Checks, c)
		refusals++
		if said == "" {
			said, prefix = sentence(line), fmt.Sprint(code)
		}
	}
	for _, p := range v.passive {
		if r := refusal(p.Mode); r != nil && !(p.Check == probe.CheckPASV && p.peer.Is6()) {
			note(p.Check, r.Code, text(r))
			if f.Quote == nil && said != "" {
				f.Quote = v.quoteReply(p.Check, r)
			}
		} else if accepted(p.Mode) {
			good++
		}
	}
	if v.ran(probe.CheckPorts) {
		for _, s := range v.ev.Samples {
			if s.Announced.IsValid() {
				good++
			} else if !collided(v.ev, s) {
				note(probe.CheckPorts, s.Code, s.Text)
			}
		}
	}
	if said == "" || !firm && good == 0 {
		return nil
	}
	if c := v.ev.Client; c != nil && c.Outcome == probe.OutcomeFailed && strings.HasPrefix(c.Text, prefix) {
		f.Checks = append(f.Checks, probe.CheckClient) // turned away with the same code
	}
	f.Certainty = sure(firm)
	f.Story = []string{
		fmt.Sprintf("The server refused a passive announcement for want of a port, and said: %s", said),
		fmt.Sprintf("Announcements in this run: %d refused so, %d granted.", refusals, good),
	}
	f.Effect = "Transfers fail at busy times, or when a client opens several connections, and work again a few minutes later."
	f.Fixes = []Fix{{Who: ServerAdmin, Do: "Widen the passive port range, in the server and in every firewall in front of it: more ports than transfers in four minutes."}}
	return f
}

// hasFeature reports whether the server lists it in its reply to FEAT.
func (v *view) hasFeature(name string) bool {
	r := v.login.Reply("FEAT")
	return r != nil && r.Code == 211 && wire.ParseFEAT(r.Lines).Has(name)
}

// lacksFeature reports whether FEAT was answered and names neither word. Only
// servers that list their standard commands prove something by leaving one out.
func (v *view) lacksFeature(names ...string) bool {
	r := v.login.Reply("FEAT")
	if r == nil || r.Code != 211 || !v.product.is("vsftpd", "ProFTPD", "pyftpdlib") {
		return false
	}
	have := wire.ParseFEAT(r.Lines)
	for _, n := range names {
		if have.Has(n) {
			return false
		}
	}
	return true
}

func passiveDisabled(v *view) *Finding {
	pasv, epsv := v.passiveOf(probe.CheckPASV), v.passiveOf(probe.CheckEPSV)
	var on6 []probe.Check
	if pasv != nil && pasv.peer.Is6() {
		if refusal(pasv.Mode) != nil {
			on6 = append(on6, pasv.Check)
		}
		pasv = nil // it cannot serve IPv6, so refusing it says nothing
	}
	var no []*passive
	for _, p := range []*passive{epsv, pasv} {
		switch {
		case p == nil || p.Reply == nil:
		case refusal(p.Mode) == nil:
			if p == epsv && pasv != nil && refusal(pasv.Mode) != nil {
				continue // EPSV is fine; refusing PASV alone is still worth saying
			}
			return nil
		case exhaustedText.MatchString(text(p.Reply)):
			return nil
		case v.masked(p.Check):
		default:
			no = append(no, p)
		}
	}
	if len(no) == 0 || no[0] == epsv && pasv == nil && !disabledText.MatchString(text(epsv.Reply)) {
		return nil
	}
	f := &Finding{Certainty: Likely, Story: []string{"The server refuses to open a port for us:"}}
	for _, p := range no {
		f.Checks = append(f.Checks, p.Check)
		f.Quote = append(f.Quote, v.quoteReply(p.Check, p.Reply)...)
	}
	f.Checks = append(f.Checks, on6...)
	f.Certainty = sure(len(no) == 2 && (v.lacksFeature("PASV", "EPSV") || disabledText.MatchString(text(no[0].Reply))))
	f.Effect = "Clients in passive mode, the usual default, get no listing and no file."
	f.Story = append(f.Story, passiveRefusedStory(v, no[0]))
	f.Fixes = fixPassiveOn(v, text(no[0].Reply))
	switch {
	case no[0] == pasv && epsv != nil && accepted(epsv.Mode):
		f.Title, f.Severity = "The server refuses PASV", Warning
		f.Effect = "Clients that only know PASV fail; EPSV is granted."
		if why := passiveRefusedStory(v, pasv); why == switchedOff {
			f.Story[1] = "Passive mode is on, because EPSV is granted: it is PASV alone that is denied."
			f.Fixes = []Fix{{Who: ServerAdmin, Do: "Allow PASV where it is denied.", Examples: passiveAllowed.examples(v.product)}}
		}
	case v.works(probe.Active):
		f.Effect += " Active mode works from here."
	}
	return f
}

const switchedOff = "Passive mode is switched off, or not allowed for this account."

func passiveRefusedStory(v *view, p *passive) string {
	line := text(p.Reply)
	switch {
	case strings.Contains(strings.ToLower(line), "pasv_address"):
		return "The server's pasv_address setting is not an address: a value in quotes, or a name that does not resolve."
	case p.Reply.Code/100 == 4 && deniedByOS.MatchString(line):
		return "The words are those of a server whose system does not let it open the port: SELinux, missing rights in a container, or dropped root privileges."
	case v.lacksFeature("PASV", "EPSV"):
		return "Its FEAT reply lists neither PASV nor EPSV: passive mode is switched off."
	}
	return switchedOff
}

var disabledText = regexp.MustCompile(`(?i)disabled|not allowed|550 permission denied|operation not permitted`)

func epsvUnsupported(v *view) *Finding {
	epsv, pasv := v.passiveOf(probe.CheckEPSV), v.passiveOf(probe.CheckPASV)
	if epsv == nil || refusal(epsv.Mode) == nil || epsv.Reply.Code/100 != 5 || v.masked(epsv.Check) {
		return nil
	}
	on6 := epsv.peer.Is6()
	if !on6 && (pasv == nil || !accepted(pasv.Mode)) && !notUnderstood(epsv.Reply) {
		return nil
	}
	f := &Finding{
		Certainty: sure(on6 || pasv != nil && accepted(pasv.Mode)), Checks: []probe.Check{probe.CheckEPSV},
		Quote:  v.quoteReply(probe.CheckEPSV, epsv.Reply),
		Story:  []string{"The server refuses EPSV:", "Over IPv4 clients fall back to PASV, which costs a round trip; over IPv6 there is no other passive command."},
		Effect: "Clients that only use EPSV fail; most fall back to PASV.",
		Fixes:  []Fix{{Who: ServerAdmin, Do: "Update the server, or allow EPSV where it is denied (ProFTPD <Limit EPSV>, vsftpd cmds_denied)."}},
	}
	if on6 {
		f.Severity = Problem
		f.Effect = "No passive mode works over IPv6."
		f.Checks = append(f.Checks, probe.CheckPASV)
	}
	return f
}

var unknownCommand = regexp.MustCompile(`(?i)not (understood|implemented|recogni[sz]ed|supported)|unknown|unrecogni[sz]ed|invalid command|syntax error`)

// notUnderstood reports whether the reply says that the command does not
// exist (RFC 959 4.2: 500, 502; RFC 2428 2: 522).
func notUnderstood(r *probe.Reply) bool {
	return r.Code == 502 || r.Code == 522 || r.Code == 500 && unknownCommand.MatchString(text(r))
}

func pasvOnIPv6(v *view) *Finding {
	p := v.passiveOf(probe.CheckPASV)
	if p == nil || p.peer.Is4() || !p.peer.IsValid() || p.Reply == nil || p.Listed() {
		return nil
	}
	return &Finding{
		Certainty: Certain, Checks: []probe.Check{p.Check},
		Quote:  v.quoteReply(p.Check, p.Reply),
		Story:  []string{fmt.Sprintf("The control connection goes to %s, and PASV can only announce IPv4 addresses:", p.peer)},
		Effect: "None for clients that use EPSV over IPv6, as they must (RFC 2428)." + v.epsvWord(),
	}
}
