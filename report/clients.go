package report

import (
	"fmt"
	"net/netip"
	"strings"

	"ftpcheck/probe"
)

// Verdict says whether a way to work with the server leads to a listing. The
// zero value: not tested, or not decided by what was.
type Verdict string

const (
	Works Verdict = "works"
	Fails Verdict = "fails"
)

// ClientPolicy is a way in which FTP programs open data connections, and what
// becomes of it at this server.
type ClientPolicy struct {
	Policy   string // its name; a contract, as the codes of findings are
	Title    string
	Verdict  Verdict
	Why      string // the observation behind the verdict, or what is missing
	Programs []ClientProgram
}

// ClientProgram is a well-known program that behaves so, unless told otherwise.
type ClientProgram struct {
	Name    string
	Setting string // what changes its behaviour, in its own words
	Verdict Verdict
}

// clientResult is what one step of a policy led to.
type clientResult struct {
	verdict   Verdict
	refused   bool // by a reply, after which programs go on to their next step
	unreached bool // the data connection did not open, after which some do
	why       string
}

// clientStep is one thing that a program tries.
type clientStep func(*view) clientResult

// Clients judges each policy by the evidence; empty when no mode was tried.
func Clients(ev *probe.Evidence) []ClientPolicy {
	v := newView(ev)
	if len(v.passive) == 0 && len(v.active) == 0 {
		return nil
	}
	encrypted := v.login != nil && v.login.TLS.OK()
	plain := v.plainView()
	var rows []ClientPolicy
	for _, p := range policies {
		r := p.judge(v)
		row := ClientPolicy{Policy: p.name, Title: p.title, Verdict: r.verdict, Why: r.why}
		for _, c := range p.programs {
			verdict := r.verdict
			switch {
			case encrypted && c.tls == noTLS:
				verdict = p.judge(plain).verdict
			case encrypted:
				verdict = both(verdict, v.withTLS(c.tls).verdict)
			}
			row.Programs = append(row.Programs, ClientProgram{c.name, c.setting, verdict})
		}
		rows = append(rows, row)
	}
	if encrypted {
		rows = append(rows, tlsPolicies(v)...)
	}
	return rows
}

// both is the verdict on something that needs two others to work.
func both(a, b Verdict) Verdict {
	switch {
	case a == Fails || b == Fails:
		return Fails
	case a == Works && b == Works:
		return Works
	}
	return ""
}

// plainView is the view of the same run with the tries without TLS in place of
// the main ones.
func (v *view) plainView() *view {
	plain := *v
	plain.passive, plain.active = nil, nil
	for _, c := range probe.Passive {
		if m := v.ev.Try(c, probe.TryPlain); m != nil && v.ran(c) {
			plain.passive = append(plain.passive, v.readPassive(m))
		}
	}
	for _, c := range probe.Active {
		if m := v.ev.Try(c, probe.TryPlain); m != nil && v.ran(c) {
			plain.active = append(plain.active, active{Mode: m, peer: v.peerOf(m), local: v.localOf(m)})
		}
	}
	return &plain
}

// judge goes through the policy's steps, as far as the program does.
func (p clientPolicy) judge(v *view) clientResult {
	var last clientResult
	for i, s := range p.steps {
		last = s(v)
		goesOn := last.refused || p.persists && last.unreached
		if i == len(p.steps)-1 || !goesOn {
			return last
		}
	}
	return last
}

// epsvStep asks for a port and takes the control connection's address.
func epsvStep(v *view) clientResult {
	return v.passiveStep(v.passiveOf(probe.CheckEPSV), "EPSV", atControl)
}

// pasvStep is PASV with one way to treat the address. PASV cannot serve IPv6
// (RFC 2428), so all programs use EPSV there.
func pasvStep(a addressPolicy) clientStep {
	return func(v *view) clientResult {
		if v.peer.Addr().Unmap().Is6() {
			return epsvStep(v)
		}
		return v.passiveStep(v.passiveOf(probe.CheckPASV), "PASV", a)
	}
}

// activeStep is PORT, or EPRT over IPv6.
func activeStep(v *view) clientResult {
	c := probe.CheckPORT
	if v.peer.Addr().Unmap().Is6() {
		c = probe.CheckEPRT
	}
	name := strings.ToUpper(string(c))
	a := v.activeOf(c)
	switch {
	case a == nil || !a.Ended:
		return clientResult{why: name + " was not tested"}
	case a.Listed():
		return clientResult{verdict: Works, why: name + " gave a listing"}
	case refusal(a.Mode) != nil:
		return clientResult{verdict: Fails, refused: true, why: name + " is refused"}
	case len(a.Arrivals) == 0:
		return clientResult{verdict: Fails, why: "nothing arrived after " + name}
	}
	return clientResult{verdict: Fails, why: name + " gave no listing"}
}

// passiveStep asks in one passive mode, and connects as the program would.
func (v *view) passiveStep(p *passive, name string, a addressPolicy) clientResult {
	switch {
	case p == nil || !p.Ended:
		return clientResult{why: name + " was not tested"}
	case refusal(p.Mode) != nil:
		return clientResult{verdict: Fails, refused: true, why: name + " is refused"}
	case p.Malformed != "":
		return clientResult{verdict: Fails, why: "the reply to " + name + " cannot be read"}
	case p.Reply == nil:
		return clientResult{verdict: Fails, why: name + " got no reply"}
	}
	if !p.differs || name == "EPSV" {
		return p.over(p.host, name)
	}
	there, host := p.over(p.announced, name), p.over(p.host, name)
	switch a.choose(p.Announced.Addr().Unmap(), p.peer) {
	case followed:
		return there
	case atControl:
		return host
	}
	if there.verdict == host.verdict {
		return there
	}
	return clientResult{why: "programs treat such an address differently"}
}

// over is the result of the mode when its data connection is this dial.
func (p *passive) over(d *probe.Dial, name string) clientResult {
	switch {
	case d == nil:
		return clientResult{why: name + "'s address was not dialled"}
	case !opened(d):
		return clientResult{verdict: Fails, unreached: true, why: fmt.Sprintf("%s %s", d.To, outcomeWords(d))}
	case p.differs && d.Data == nil:
		return clientResult{why: fmt.Sprintf("%s opened, and the listing was made elsewhere", d.To)}
	case p.Listed():
		return clientResult{verdict: Works, why: name + " gave a listing"}
	}
	return clientResult{verdict: Fails, why: name + " gave no listing"}
}

// addressPolicy is what a program does with the address in a 227.
type addressPolicy string

const (
	followed  addressPolicy = "followed"
	atControl addressPolicy = "control"   // it takes the control connection's address
	fixed     addressPolicy = "fixed"     // it does so only when a public server names a private address
	undecided addressPolicy = "undecided" // not known, or programs differ
)

// choose resolves fixed for an announced address.
func (a addressPolicy) choose(announced, peer netip.Addr) addressPolicy {
	switch {
	case a != fixed:
		return a
	case announced.IsPrivate() && public(peer):
		return atControl
	case public(announced) || announced.IsPrivate():
		return followed
	}
	return undecided // loopback, 0.0.0.0, carrier-grade NAT: programs differ
}
