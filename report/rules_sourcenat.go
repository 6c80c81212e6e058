package report

import (
	"fmt"
	"net/netip"

	"ftpcheck/probe"
)

// sourceRewritten is the server's view of this client when it cannot be this
// client or the NAT on its side.
func (v *view) sourceRewritten() (netip.Addr, Certainty) {
	seen, peer := v.seen.addr, v.peer.Addr().Unmap()
	if !v.seen.known() || !v.local.IsValid() || seen == v.local || seen.Is4() != v.local.Is4() || public(seen) {
		return netip.Addr{}, ""
	}
	switch own := v.translatedEnd(); {
	case own.IsValid() && seen != own && sameNetwork(seen, own) && !sameNetwork(v.local, seen):
		return seen, Certain
	case classOf(seen) == classShared:
		return netip.Addr{}, "" // a provider's NAT may stand in front of a server inside the provider's network
	case public(peer) && sameNetwork(v.local, seen): // the client's own network; hairpin NAT does this
		return netip.Addr{}, ""
	case public(peer) && (inner(seen) || classOf(seen) == classLoopback):
		return seen, Certain
	case sameNetwork(v.local, peer) && classOf(v.local) != classLoopback:
		return seen, Certain
	}
	return netip.Addr{}, ""
}

func serverSourceNAT(v *view) *Finding {
	seen, sure := v.sourceRewritten()
	if !seen.IsValid() {
		return nil
	}
	f := &Finding{
		Certainty: sure, Checks: []probe.Check{v.seen.check},
		Where: &Where{Side: SideServer, Of: v.distance()},
		Story: []string{
			v.sightStory(),
			fmt.Sprintf("This client is %s and the server is %s. %s belongs to the server's own network: a container proxy, a load balancer or masquerading towards the server replaces the client's address.", v.local, v.peer.Addr().Unmap(), seen),
		},
		Effect: "Limits and bans that count by address hit all clients at once." + v.passiveHint(),
		Fixes: []Fix{{Who: ServerNetwork, Do: "Keep the client's source address on the way to the server.", Examples: []Example{
			{"Docker", "--network host, or \"userland-proxy\": false"},
			{"Kubernetes", "externalTrafficPolicy: Local"},
			{"nft", "masquerade only what leaves by the outer interface: oifname \"wan\" masquerade"},
		}}},
	}
	if r := v.seen.reply; r != nil {
		f.Quote = v.quote(v.seen.check, r.Line-(len(r.Lines)-1-v.seen.line))
		f.Quote = markSpan(f.Quote, v.seen.match[0], v.seen.match[1], string(classOf(seen)))
	}
	blamed := false
	for _, a := range v.active {
		about := v.refused(a) && aboutAddress(a.Reply)
		if about || v.attempted(a) {
			f.Checks = append(f.Checks, a.Check)
		}
		blamed = blamed || about
	}
	if blamed {
		f.Effect = "The server refuses PORT and EPRT, because they name another address than it sees. " + f.Effect
	}
	return f
}

// sightStory tells how it is known from where the server sees us come.
func (v *view) sightStory() string {
	if v.seen.reply != nil {
		return fmt.Sprintf("The server says from where we are connected to it, and names %s:", v.seen.addr)
	}
	s := fmt.Sprintf("The opposite end sees our connection come from %s.", v.seen.addr)
	if own := v.translatedEnd(); own.IsValid() {
		s += fmt.Sprintf(" It is itself %s there.", own)
	}
	return s
}
