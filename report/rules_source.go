package report

import (
	"fmt"
	"net/netip"
	"regexp"

	"ftpcheck/probe"
)

var (
	sourceText    = regexp.MustCompile(`(?i)bad ip connecting|rejected data connection|foreign address|security requirements not met`)
	sourceProFTPD = regexp.MustCompile(`(?i)unable to build data connection: permission denied`)
)

func dataSourceRejected(v *view) *Finding {
	var f *Finding
	for _, t := range v.transfers() {
		r := t.final()
		said := r != nil && r.Code == 425 && (sourceText.MatchString(text(r)) || sourceProFTPD.MatchString(text(r)) && t.opened)
		// Pure-FTPd closes the connection and says nothing.
		mute := t.passive && t.opened && t.data != nil && t.data.Outcome == probe.OutcomeEOF && t.data.Bytes == 0 && !t.begun() && t.unanswered()
		if !t.passive || !said && !mute {
			continue
		}
		if f == nil {
			f = v.sourceFinding(t, r, said)
		}
		f.Checks = append(f.Checks, t.Check)
	}
	return v.sourceBothEnds(f)
}

// turnedSource is a data connection that the other end turned away because of
// where it came from, with the address of its control connection; first is the
// try that shows it.
func (v *view) turnedSource() (control, data netip.Addr, first int, checks []probe.Check) {
	for i := range v.twins {
		t := &v.twins[i]
		if t.port == nil || t.Listed() {
			continue
		}
		if whole, _, _ := v.came(t.port); whole {
			continue // it was another one's
		}
		for _, k := range t.port.Knocks {
			a, b := t.theirs.Client.Addr().Unmap(), k.From.Addr().Unmap()
			if k.Refused && a.IsValid() && b.IsValid() && a != b && v.readPassive(t.Mode).open() {
				if len(checks) == 0 {
					control, data, first = a, b, i
				}
				checks = append(checks, t.Check)
				break
			}
		}
	}
	return control, data, first, checks
}

// sourceBothEnds names the two addresses.
func (v *view) sourceBothEnds(f *Finding) *Finding {
	control, data, first, checks := v.turnedSource()
	if len(checks) == 0 {
		return f
	}
	if f == nil {
		t := transfer{Mode: v.twins[first].Mode}
		f = v.sourceFinding(t, t.final(), true)
	}
	f.Certainty, f.RuledOut = Certain, nil
	f.Checks = append(append(f.Checks, checks...), probe.CheckPeer)
	f.Story = append(f.Story, fmt.Sprintf("The server saw the control connection come from %s and the data connection from %s.", control, data))
	own := v.translatedEnd()
	switch at := func(a netip.Addr) bool {
		return inner(a) && !sameNetwork(a, v.local) || own.IsValid() && sameNetwork(a, own)
	}; {
	case at(control) || at(data):
		f.Owner, f.Where.Side = ServerNetwork, SideServer
		f.Fixes = f.Fixes[max(0, len(f.Fixes)-2):]
	case v.proxied() && data == v.local:
		f.RuledOut = []string{"Data connections through a NAT: they come from this client's own address."}
	case public(control) && public(data) && control != v.local && inner(v.local):
		f.Owner, f.Where.Side = ClientNetwork, SideClient
	}
	return f
}

func (v *view) sourceFinding(t transfer, r *probe.Reply, said bool) *Finding {
	f := &Finding{Certainty: sure(said && sourceText.MatchString(text(r))), Where: &Where{Side: SideUnknown, Of: v.distance()}}
	f.Effect = "Passive mode fails for clients behind the same device: login works, listings and transfers do not."
	if said {
		f.Quote = v.quoteReply(t.Check, r)
		f.Story = []string{"The data connection opened, and then the server refused it because of where it came from:"}
	} else {
		f.Story = []string{"The data connection opened, was closed at once without a byte, and the server then said nothing. A server that does not like the source of a data connection may do so."}
		f.Certainty = Possible
		if v.product.is("Pure-FTPd") {
			f.Certainty = Likely
			f.Story[0] += " Pure-FTPd does."
		}
	}
	f.Story = append(f.Story, "It saw control and data connection come from two different addresses. A device in between has several addresses to give: NAT with a pool of them, two Internet lines, a container proxy or a load balancer.")
	client := Fix{Who: ClientNetwork, Do: "Give all connections from one client the same outside address (paired address pooling, sticky multi-WAN)."}
	server := Fix{Who: ServerNetwork, Do: "Keep the client's source address on the way to the server, the same way for control and data ports.",
		Examples: []Example{{"Docker", "--network host, or \"userland-proxy\": false"}, {"Kubernetes", "externalTrafficPolicy: Local"}}}
	last := Fix{Who: ServerAdmin, Do: "Last resort, weakens the protection against stolen data connections: accept other sources.", Examples: foreignData.examples(v.product)}
	f.Fixes = []Fix{client, server, last}
	seen, _ := v.sourceRewritten()
	foreign := fromForeign.FindStringSubmatch(text(r))
	switch {
	case v.local.IsValid() && public(v.local) && v.proxied():
		f.Owner = ClientNetwork
		f.Fixes = []Fix{{Who: ClientNetwork, Do: "Switch the proxy on the control port off for this server: it makes the control connection in this client's place, and the data connections are this client's own."}, last}
	case seen.IsValid(), v.local.IsValid() && public(v.local):
		f.Owner, f.Where.Side = ServerNetwork, SideServer
		f.Fixes = []Fix{server, last}
	case inner(v.local) && v.seen.known() && public(v.seen.addr), foreign != nil && inner(v.local):
		f.Owner, f.Where.Side = ClientNetwork, SideClient
		f.Fixes = []Fix{client, server, last}
	}
	if f.Where.Side == SideUnknown {
		f.RuledOut = []string{"Not decided: on which side the addresses differ. The server's log or the opposite end (ftpcheck serve) names them."}
	}
	return f
}
