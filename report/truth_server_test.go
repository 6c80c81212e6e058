package report

import (
	"slices"
	"strings"

	"ftpcheck/probe/ftpd"
	"ftpcheck/probe/netlab"
)

// arguments are those of the server's faults that need one.
var arguments = map[string]string{
	"closed-from": "50060", "closed-one-in": "2", "active-from": "198.51.100.67", "close-at": "PASV", "swallow": "EPSV",
	"later-fail": "3", "stall-after": "100", "spill": "51000-51050", "idle-421": "3s", "idle-drop": "3s",
}

// alsoTrue is what else is so with a fault of the server's.
var alsoTrue = map[string][]string{
	"deny-user": {"login-rejected"}, "drip": {"control-silent", "greeting-slow"},
	"slow-greeting":       {"control-silent"}, // it takes longer than we wait for replies
	"closed-one-in":       {"data-range-partly-blocked"},
	"reuse-forgets":       {"later-transfers-fail"},
	"data-reset":          {"data-tls-failed"}, // with TLS
	"tls-stripped":        {"tls-required"},    // where it is
	"require-tls":         {"login-rejected"},  // in an encrypted session, too
	"data-source":         {"data-source-rejected"},
	"certificate-expired": {"certificate-name-mismatch", "certificate-untrusted"},
	"certificate-name":    {"certificate-untrusted"},
}

// misbehave gives the server one of its faults.
func misbehave(w *world) bool { return w.addServerFault(false) }

func misbehaveTLS(w *world) bool {
	s := w.scenario
	if s.Server.TLS == nil {
		return false
	}
	switch w.IntN(4) {
	case 0:
		s.Server.TLS.Certificate = w.one("self-signed", "expired", "wrong-name")
		w.claim(map[string]string{"self-signed": "certificate-untrusted", "expired": "certificate-expired", "wrong-name": "certificate-name-mismatch"}[s.Server.TLS.Certificate], srv)
	case 1:
		s.Server.TLS.Reuse = true
		w.claim("tls-session-reuse-required", srv)
	case 2:
		s.Server.TLS.Min, s.Server.TLS.Max = "1.0", "1.1"
		w.claim("tls-outdated", srv)
	default:
		return w.addServerFault(true)
	}
	return true
}

func (w *world) addServerFault(ofTLS bool) bool {
	all := slices.DeleteFunc(ftpd.Faults(), func(f ftpd.Fault) bool {
		return f.NeedsTLS() != ofTLS || f.Name == "spill" || f.Name == "announce-zero" || strings.HasPrefix(f.Name, "idle-")
	})
	f := all[w.IntN(len(all))]
	name := f.Name
	if f.Arg != "" {
		name += "=" + arguments[f.Name]
	}
	w.serverFault(name)
	if w.scenario.Validate() != nil {
		w.scenario.Server.Faults = slices.DeleteFunc(w.scenario.Server.Faults, func(n string) bool { return n == name })
		return false
	}
	w.faults = append(w.faults, name)
	w.chance = w.chance || slices.Contains([]string{"closed-from", "closed-one-in", "one-session", "ports-exhausted", "later-fail", "reuse-forgets", "drip"}, f.Name)
	if f.Code != "" {
		w.claim(f.Code, srv)
	}
	for _, code := range alsoTrue[f.Name] {
		w.claim(code, nowhere)
	}
	return true
}

// changeDialogue puts a box on the way that changes or cuts what is said.
func changeDialogue(w *world) bool {
	at := cgw + w.IntN(3)
	plain := w.plain()
	switch kind := w.one(netlab.BoxProxy, netlab.BoxSwallow, netlab.BoxMask, netlab.BoxRewrite, netlab.BoxRewritePort,
		netlab.BoxRewriteActive, netlab.BoxRewriteActivePort, netlab.BoxTruncate, netlab.BoxCutReset, netlab.BoxCutSilent); kind {
	case netlab.BoxProxy:
		if !w.box(at, kind, "", "") {
			return false
		}
		w.claim("control-intercepted", at)
		w.claim("active-behind-nat", nowhere)
		w.claim("data-source-rejected", nowhere)
	case netlab.BoxSwallow, netlab.BoxMask, netlab.BoxCutReset, netlab.BoxCutSilent:
		verb := w.one("PASV", "EPSV", "PORT", "EPRT", "LIST")
		if !plain || !w.box(at, kind, verb, "") {
			return false
		}
		w.chance = w.chance || strings.HasPrefix(kind, "cut")
		w.claim("control-stalled", at)
		if kind == netlab.BoxMask {
			w.claim("command-masked", at)
			w.lookAlike(at, map[string]string{"PASV": "passive-disabled", "EPSV": "epsv-unsupported", "PORT": "active-disabled", "EPRT": "eprt-unsupported", "LIST": "transfer-denied"}[verb])
		}
	case netlab.BoxRewrite, netlab.BoxRewritePort:
		value := map[string]string{netlab.BoxRewrite: "203.0.113.199", netlab.BoxRewritePort: "49876"}[kind]
		if !plain || w.scenario.Server.NAT || !w.box(at, kind, value, "") {
			return false
		}
		w.claim("passive-reply-rewritten", at)
		w.lookAlike(at, "passive-address-foreign", "data-refused", "data-rejected")
	case netlab.BoxRewriteActive, netlab.BoxRewriteActivePort:
		value := map[string]string{netlab.BoxRewriteActive: "203.0.113.99", netlab.BoxRewriteActivePort: "61540"}[kind]
		if !plain || w.scenario.Client.NAT || !slices.Contains(w.scenario.Run.Args, "--active-ports") || !w.box(at, kind, value, "") {
			return false
		}
		w.claim("active-command-rewritten", at)
		w.lookAlike(at, "active-inbound-blocked", "active-behind-nat", "active-disabled")
	default:
		value := w.one("227", "PORT")
		if !plain || value == "PORT" && !slices.Contains(w.scenario.Run.Args, "--active-ports") || !w.box(at, kind, value, "") {
			return false
		}
		w.claim(map[string]string{"227": "passive-reply-rewritten", "PORT": "active-command-rewritten"}[value], at)
		w.claim("passive-reply-malformed", nowhere) // of what arrives that is true
		w.lookAlike(at, "active-disabled")
	}
	return true
}

// changePayload puts a box on the way that changes or loses data.
func changePayload(w *world) bool {
	at := cgw + w.IntN(3)
	switch kind := w.one(netlab.BoxFalseOpen, netlab.BoxBlackHole, netlab.BoxAlter); kind {
	case netlab.BoxFalseOpen:
		if !w.box(at, kind, "", "") {
			return false
		}
		w.claim("data-false-open", at)
	case netlab.BoxAlter:
		if w.scenario.Server.TLS != nil || !w.box(at, kind, "", "") {
			return false
		}
		w.claim("payload-changed", at)
	default:
		toward := ""
		if at == isp {
			toward = w.one("", "server", "client")
		}
		if !w.box(at, kind, w.one("1280", "1300", "1400"), toward) {
			return false
		}
		if !slices.Contains(w.scenario.Server.Faults, "long-list") {
			w.serverFault("long-list")
		}
		w.claim("mtu-black-hole", at)
		w.lookAlike(at, "data-tls-failed", "tls-handshake-failed", "control-stalled", "data-stalled", "data-silent")
	}
	return true
}

func forgetIdle(w *world) bool {
	s := w.scenario
	if slices.Contains(s.Run.Args, "--idle") {
		return false
	}
	if at := cgw + w.IntN(4); at < srv {
		if !w.box(at, w.one(netlab.BoxIdle, netlab.BoxIdleFirst), "3s", "") {
			return false
		}
		w.claim("control-idle-timeout", at)
	} else {
		w.serverFault(w.one("idle-421=3s", "idle-drop=3s"))
		w.claim("control-idle-timeout", srv)
	}
	s.Run.Args = append(s.Run.Args, "--idle", "5s")
	return true
}
