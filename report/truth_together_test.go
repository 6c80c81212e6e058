package report

import (
	"slices"
	"strings"

	"ftpcheck/probe/netlab"
)

// explainTogether claims what two faults cause that neither does alone.
func (w *world) explainTogether() {
	for _, c := range slices.Clone(w.claims) {
		switch {
		case len(w.faults) > 1 && c.code == "address-family-broken":
			// Where the other family fails too, this one is told of as well.
			w.lookAlike(c.at, "control-refused")
			w.claim("control-filtered", c.at)
			w.claim("control-rejected", c.at)
		case len(w.faults) > 1 && c.code == "control-intercepted":
			w.lookAlike(nowhere, "control-silent") // the server behind the proxy cannot be reached
		case c.code == "data-silent" && w.scenario.Server.TLS != nil:
			w.lookAlike(nowhere, "data-tls-failed")
		case c.code == "helper-blind-to-tls" && w.scenario.Server.TLS.Mode == "required-data":
			// The server allows no comparison with plain FTP.
			w.lookAlike(c.at, "data-filtered", "data-rejected", "data-refused", "data-not-forwarded")
		case c.code == "passive-reply-rewritten" && len(w.scenario.Helper) > 0:
			w.claim("control-stalled", nowhere) // a helper drops what it cannot read
		case c.code == "passive-reply-malformed" && len(w.scenario.Helper) > 0:
			w.claim("control-stalled", nowhere)
		case len(w.faults) > 1 && c.code == "data-intermittent":
			// Which of two devices an attempt meets is a matter of chance.
			for _, code := range []string{"data-intermittent", "data-filtered", "data-rejected", "data-refused", "data-false-open"} {
				w.claim(code, nowhere)
			}
		case len(w.faults) > 1 && (c.code == "data-range-partly-blocked" || w.helps("sgw") && c.code == "helper-in-path"):
			// The rest of the ports are blocked by another fault.
			w.claim("data-filtered", c.at)
			w.claim("data-rejected", c.at)
			w.lookAlike(c.at, "data-range-partly-blocked", "data-silent", "control-stalled")
		case c.code == "data-false-open" && w.helps(deviceNames[c.at]):
			// What the helper on the same device expects passes, and nothing else.
			w.claim("data-intermittent", nowhere)
			w.lookAlike(nowhere, "data-silent")
		case c.code == "control-stalled" && len(w.faults) > 1:
			// Where no listing is asked for over another way, its loss looks so.
			w.lookAlike(nowhere, "active-inbound-blocked")
		case c.code == "control-idle-timeout":
			w.claim("completion-reply-missing", nowhere) // of a transfer that takes as long
		case strings.HasSuffix(c.code, "-rejected") && w.muted():
			// Nobody hears the refusal.
			w.claim(strings.Replace(c.code, "rejected", "filtered", 1), c.at)
		}
	}
}

// muted reports whether a device lets no ICMP message pass.
func (w *world) muted() bool {
	return slices.ContainsFunc(w.scenario.Boxes, func(b netlab.Box) bool { return b.Kind == netlab.BoxMute })
}
