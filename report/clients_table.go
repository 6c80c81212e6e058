package report

import (
	"slices"

	"ftpcheck/probe"
)

// clientPolicy is a row of the table: the steps in which programs try, in order.
type clientPolicy struct {
	name, title string
	steps       []clientStep
	persists    bool // they go on also when a data connection does not open
	programs    []clientProgram
}

type clientProgram struct {
	name    string
	setting string
	tls     sessionUse
}

// sessionUse is what a program does with TLS on data connections.
type sessionUse int

const (
	noTLS       sessionUse = iota // it speaks plain FTP only
	resumes                       // it resumes the control connection's session
	newSessions                   // it makes a new session for each
)

// policies are what programs do by default. Seen here, against a server that
// announces wrong addresses, refuses commands or closes ports: curl 7.88.1,
// lftp 4.9.2, wget 1.21.3, ncftp 3.2.6, tnftp 20210827, inetutils 2.4, Python
// 2.7 to 3.13, commons-net 3.9.0, jlaffaye/ftp 0.2.4. Read in the source:
// FileZilla (engine/ftp/rawtransfer.cpp), WinSCP (FtpControlSocket.cpp). Told by
// the vendor: Windows (KB 309816, KB 323446); curl 7.74 (--ftp-skip-pasv-ip);
// Python (CVE-2021-4189); commons-net 3.9.0 (CVE-2021-37533).
var policies = []clientPolicy{
	{"epsv-pasv-ignore", "EPSV, then PASV at the control connection's address",
		[]clientStep{epsvStep, pasvStep(atControl)}, true, []clientProgram{
			{"curl 7.74 and later", "--disable-epsv: PASV only; --ftp-port -: active", resumes},
		}},
	{"epsv-pasv-follow", "EPSV, then PASV at the announced address",
		[]clientStep{epsvStep, pasvStep(followed)}, true, []clientProgram{
			{"curl before 7.74", "--ftp-skip-pasv-ip: ignore the address", resumes},
		}},
	{"epsv-or-pasv", "EPSV; PASV only where EPSV is refused",
		[]clientStep{epsvStep, pasvStep(atControl)}, false, []clientProgram{
			{"Go jlaffaye/ftp 0.2.4", "DialWithDisabledEPSV(true): PASV only", newSessions},
		}},
	{"epsv-pasv-active", "EPSV, PASV at the announced address, then active",
		[]clientStep{epsvStep, pasvStep(followed), activeStep}, false, []clientProgram{
			{"tnftp (ftp of BSD, macOS)", "epsv4: PASV only; -A: active; -p: passive", noTLS},
		}},
	{"pasv-ignore", "PASV at the control connection's address",
		[]clientStep{pasvStep(atControl)}, false, []clientProgram{
			{"Python ftplib 3.9.3 and later", "FTP.trust_server_pasv_ipv4_address = True: follow", newSessions},
			{"Java commons-net 3.9.0 and later, passive", "setUseEPSVwithIPv4(true): EPSV first", newSessions},
		}},
	{"pasv-fix-private", "PASV; a public server's address in place of a private one",
		[]clientStep{pasvStep(fixed)}, false, []clientProgram{
			{"lftp", "ftp:prefer-epsv yes; ftp:ignore-pasv-address yes", resumes},
		}},
	{"pasv-fix-active", "PASV as in the row above, and active where PASV is refused",
		[]clientStep{pasvStep(fixed), activeStep}, false, []clientProgram{
			{"FileZilla", "Settings, FTP, Passive mode: fall back to active mode", resumes},
			{"WinSCP", "Connection: force IP address for passive connections", resumes},
			{"ncftp", "set passive on; set passive off", noTLS},
		}},
	{"pasv-follow", "PASV at the announced address",
		[]clientStep{pasvStep(followed)}, false, []clientProgram{
			{"wget", "--no-passive-ftp: active", resumes},
			{"Python ftplib before 3.9.3", "update; set_pasv(False): active", newSessions},
			{"inetutils ftp with \"passive\"", "without it: active", noTLS},
		}},
	{"pasv", "PASV; what becomes of the address is not known",
		[]clientStep{pasvStep(undecided)}, false, []clientProgram{
			{"Windows Explorer, WinINet", "Internet Options, Advanced: use Passive FTP", noTLS},
		}},
	{"active", "active mode",
		[]clientStep{activeStep}, false, []clientProgram{
			{"Windows ftp.exe", "none: it knows no passive mode", noTLS},
			{"inetutils ftp", "passive", noTLS},
			{"Java commons-net, by default", "enterLocalPassiveMode()", newSessions},
		}},
}

// tlsPolicies are the further rows of a run with TLS.
func tlsPolicies(v *view) []ClientPolicy {
	row := func(name, title string, r clientResult) ClientPolicy {
		return ClientPolicy{Policy: name, Title: title, Verdict: r.verdict, Why: r.why}
	}
	return []ClientPolicy{
		row("tls-resume", "TLS; data connections resume the session", v.resuming()),
		row("tls-new-session", "TLS; each data connection makes a new session", v.notResuming()),
		row("plain", "no TLS", v.withoutTLS()),
	}
}

// withTLS is whether the program's way with sessions works.
func (v *view) withTLS(use sessionUse) clientResult {
	if use == resumes {
		return v.resuming()
	}
	return v.notResuming()
}

// resuming is whether data connections worked that resume the session where
// the server lets them, as all but one of our tries do.
func (v *view) resuming() clientResult {
	result := clientResult{why: "not tested"}
	for _, m := range v.allTries() {
		h := dataHandshake(m)
		switch {
		case !m.Listed() || !h.OK() || m.Try == probe.TryUnresumed:
		case h.TLS.Resumed:
			return clientResult{verdict: Works, why: "a listing came over a resumed session"}
		default:
			result = clientResult{verdict: Works, why: "a listing came; the server offers no session, or declines to resume it"}
		}
	}
	return result
}

// notResuming is whether one that did not resume it worked.
func (v *view) notResuming() clientResult {
	for _, m := range v.allTries() {
		if h := dataHandshake(m); m.Listed() && h.OK() && !h.TLS.Resumed {
			return clientResult{verdict: Works, why: "a listing came over a new session"}
		}
	}
	if c := v.ev.Client; c != nil && v.ran(probe.CheckClient) && c.Outcome == probe.OutcomeOK {
		for i := range c.Dials {
			if h := c.Dials[i].TLS; h.OK() && !h.TLS.Resumed {
				return clientResult{verdict: Works, why: "the client check listed over a new session"}
			}
		}
	}
	for _, c := range probe.Checks {
		m := v.ev.Try(c, probe.TryUnresumed)
		if m == nil || !m.Ended || !v.ran(c) || !v.mode(c).Listed() {
			continue
		}
		r, h := m.List.Final(), dataHandshake(m)
		if r != nil && r.Code >= 400 || h != nil && !h.OK() {
			return clientResult{verdict: Fails, why: "the same transfer fails without resuming the session"}
		}
	}
	return clientResult{why: "not tested"}
}

// withoutTLS is whether it works without TLS.
func (v *view) withoutTLS() clientResult {
	for _, c := range probe.Checks {
		if m := v.ev.Try(c, probe.TryPlain); m.Listed() && v.ran(c) {
			return clientResult{verdict: Works, why: "a listing came without TLS"}
		}
	}
	return clientResult{why: "not tested without TLS"}
}

// allTries are the modes of the run, main tries and further ones.
func (v *view) allTries() []*probe.Mode {
	var list []*probe.Mode
	for _, c := range slices.Concat(probe.Passive, probe.Active) {
		if m := v.mode(c); m != nil {
			list = append(list, m)
		}
	}
	for _, m := range v.ev.Tries {
		if v.ran(m.Check) {
			list = append(list, m)
		}
	}
	return list
}
