package report

import (
	"fmt"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// dataTLSFailed: the connection opened, and TLS on it failed; or the server
// declines to encrypt data; or it shows another certificate there.
func dataTLSFailed(v *view) *Finding {
	var f *Finding
	for _, m := range v.mainModes() {
		h := v.handshakeFailed(m)
		if h == nil {
			continue
		}
		if refused, _ := refusedFull(m); refused {
			continue
		}
		if f == nil {
			f = v.dataHandshakeFailed(m, h)
		}
		f.Checks = append(f.Checks, m.Check)
	}
	switch {
	case f != nil:
		return f
	case v.protectionRefused() != nil:
		return v.unprotected(v.protectionRefused())
	}
	return v.otherCertificate()
}

func (v *view) dataHandshakeFailed(m *probe.Mode, h *probe.Handshake) *Finding {
	f := &Finding{Certainty: Likely, Where: &Where{Side: SideUnknown, Of: v.distance()},
		Story:    []string{fmt.Sprintf("The data connection of %s opened, and the TLS handshake on it failed: %s.", strings.ToUpper(string(m.Check)), handshakeWords(h))},
		Effect:   "With TLS, logging in works, and listings and transfers fail.",
		RuledOut: []string{"A blocked port: the connection did open.", "TLS as such: the control connection is encrypted."},
	}
	if r := m.List.Final(); r != nil && r.Code >= 400 {
		f.Quote = v.quoteReply(m.Check, r)
	}
	server := Fix{Who: ServerAdmin, Do: "Look into the server's log at the time of this run: it names what failed on the data connection.", Examples: v.serverLog()}
	network := Fix{Who: ServerNetwork, Do: "Look for a device on the passive ports that reads or ends TLS (load balancer, intrusion prevention, scanner), and let data connections pass unread."}
	f.Fixes = []Fix{server, network}
	switch h.Outcome {
	case probe.OutcomeAlert:
		f.Where.Side = SideServer
		f.Fixes = []Fix{server}
	case probe.OutcomePlaintext:
		f.Story = append(f.Story, "Unencrypted bytes came where TLS was due: the server forgets PROT P, or something else answers on its data ports.")
		if confirms(m) {
			f.Quote = v.quoteReply(m.Check, m.List.Final())
			f.Story = append(f.Story, "The server confirmed the listing all the same, so it sent it unprotected.")
		}
	case hops.Timeout:
		f.Owner = ServerNetwork
		f.RuledOut = append(f.RuledOut, "Not ruled out: large packets that get lost. The server's certificate is the first thing here that fills one.")
	default:
		f.Owner = ServerNetwork
		f.RuledOut = append(f.RuledOut, "Not decided: the server, or a device on the way that ends the connection when TLS begins.")
	}
	v.withoutEncryption(f, m)
	if full := v.try(m.Check, probe.TryUnresumed); full.Listed() {
		f.Certainty, f.Where.Side = Certain, SideServer
		f.Story = append(f.Story, "Without resuming the control connection's TLS session the same listing came: the server stumbles over the resumption.")
	}
	return f
}

// withoutEncryption tells how the same mode went with data in clear.
func (v *view) withoutEncryption(f *Finding, m *probe.Mode) {
	clear := v.try(m.Check, probe.TryClearData)
	switch {
	case clear == nil:
	case clear.Listed():
		f.Certainty = Certain
		f.Story = append(f.Story, "The same listing with data in clear (PROT C) came: it is TLS that fails, and not the connection.")
		f.Fixes = append(f.Fixes, Fix{Who: ClientUser, Do: "Until then, if the data is not secret: encrypt the control connection alone.",
			Examples: []Example{{"curl", "curl --ssl-reqd --ftp-ssl-control ftp://" + v.site()}, {"lftp", "set ftp:ssl-protect-data no; set ftp:ssl-protect-list no"}}})
	case wantsEncryption(clear):
		f.RuledOut = append(f.RuledOut, "Not tested: the same with data in clear; the server does not allow it.")
	case clear.Ended:
		f.RuledOut = append(f.RuledOut, "Not ruled out: a fault below TLS. With data in clear (PROT C) no listing came either.")
	}
}

// protectionRefused is the server's refusal of PROT P, or nil.
func (v *view) protectionRefused() *probe.Exchange {
	for _, s := range v.sessions() {
		for _, x := range s.Exchanges {
			if r := x.Final(); r != nil && strings.EqualFold(x.Command, "PROT P") && r.Code >= 400 {
				return x
			}
		}
	}
	return nil
}

func (v *view) unprotected(x *probe.Exchange) *Finding {
	f := &Finding{Severity: Warning, Certainty: Certain, Title: "The server does not encrypt data",
		Checks: []probe.Check{x.Check}, Where: &Where{Side: SideServer, Of: v.distance()}, Quote: v.quoteReply(x.Check, x.Final()),
		Story:  []string{"The control connection is encrypted, but the server refuses to encrypt data connections:"},
		Effect: "Listings and files cross the network unprotected. Clients that insist on encryption fail.",
		Fixes:  []Fix{{Who: ServerAdmin, Do: "Allow PROT P (RFC 4217 9)."}},
	}
	return f
}

// otherCertificate: a full handshake shows which certificate the data port has.
func (v *view) otherCertificate() *Finding {
	control := leaf(v.secured().handshake)
	if control == nil || control.SHA256 == "" {
		return nil
	}
	for _, m := range v.mainModes() {
		for _, each := range []*probe.Mode{m, v.try(m.Check, probe.TryUnresumed)} {
			data := leaf(dataHandshake(each))
			if data == nil || data.SHA256 == "" || strings.EqualFold(data.SHA256, control.SHA256) {
				continue
			}
			return &Finding{Severity: Warning, Certainty: Certain, Title: "Data ports show another certificate",
				Checks: []probe.Check{m.Check}, Where: &Where{Side: SideUnknown, Of: v.distance()},
				Story: []string{fmt.Sprintf("The data connection of %s showed another certificate than the control connection.", strings.ToUpper(string(m.Check))),
					"Control: " + certificateFacts(control), "Data: " + certificateFacts(data)},
				Effect:   "Clients that compare the two, as FileZilla does, refuse the data connection.",
				RuledOut: []string{"Not decided: the server's own setting, or a device that ends TLS on one of the two."},
				Fixes: []Fix{{Who: ServerAdmin, Do: "Give control and data connections the same certificate."},
					{Who: ServerNetwork, Do: "If a load balancer ends TLS: let it end neither connection, or both with one certificate."}},
			}
		}
	}
	return nil
}
