package report

import (
	"fmt"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// smallSegments is the MSS of a clamped try (probe.TryClamped), fullSegment
// what fits an Ethernet frame (1500 bytes less two headers of 20).
const (
	smallSegments = 536
	fullSegment   = 1460
)

// stalled reports whether the data connection opened and then nothing moved.
func (t transfer) stalled() bool {
	r := t.final()
	refused := r != nil && r.Code >= 400 && r.Code != 421 && r.Code != 426
	return t.opened && !t.Listed() && !refused && t.data != nil && t.data.Outcome == hops.Timeout
}

// clamped is the further try of a transfer with small segments, or nil.
func (v *view) clamped(t transfer) *transfer {
	for _, m := range v.ev.Tries {
		if m.Check == t.Check && m.Step == t.Step && m.Try == probe.TryClamped && m.Command != "" {
			c := v.passiveTransfer(m)
			return &c
		}
	}
	return nil
}

// carried reports how much of the transfer passed.
func (t *transfer) carried() int64 {
	if t == nil || t.data == nil {
		return 0
	}
	return t.data.Bytes
}

// encrypted reports whether TLS was spoken over the data connection: its
// handshake needs large packets even when the data is short.
func (t *transfer) encrypted() bool {
	return slices.ContainsFunc(t.Dials, func(d probe.Dial) bool { return d.TLS != nil })
}

// mtuBlackHole is proven by small segments that pass where others stalled. So
// few bytes that they fit one small segment prove nothing: the stalled try
// sent the same packet.
func mtuBlackHole(v *view) *Finding {
	var f *Finding
	var also []probe.Check // stalled too, and not tried with small segments
	for _, t := range v.transfers() {
		if !t.stalled() {
			continue
		}
		c := v.clamped(t)
		passed := c != nil && (c.Listed() || c.ended() && c.carried() > 0) && (c.carried() > smallSegments || c.encrypted())
		full := v.passedFull(t)
		switch {
		case !passed && c == nil && (full || t.data.Bytes == 0):
			also = append(also, t.Check)
			continue
		case !passed && c != nil:
			continue
		case f == nil || passed && f.Certainty == Possible:
			checks := f.checks()
			f = v.mtuFinding(t, c, full)
			f.Checks = checks
		}
		f.Checks = append(f.Checks, t.Check)
	}
	if f != nil && f.Certainty != Possible {
		f.Checks = append(f.Checks, also...)
	}
	return f
}

// checks are the finding's checks; none while there is no finding.
func (f *Finding) checks() []probe.Check {
	if f == nil {
		return nil
	}
	return f.Checks
}

// passedFull reports whether other data of the same direction that needs full
// segments passed without small ones.
func (v *view) passedFull(stalled transfer) bool {
	return slices.ContainsFunc(v.transfers(), func(t transfer) bool {
		return t.Listed() && t.uploads() == stalled.uploads() && t.carried() >= fullSegment
	})
}

// mtuFinding: c is nil when small segments were not tried.
func (v *view) mtuFinding(t transfer, c *transfer, full bool) *Finding {
	f := &Finding{Certainty: Possible, Where: &Where{Side: SideUnknown, Of: v.distance()},
		Effect: "Short listings work. Long listings, downloads and TLS handshakes hang."}
	switch {
	case t.uploads():
		f.Story = []string{fmt.Sprintf("The data connection of %s opened, and after %d bytes nothing moved for %s.", t.name(), t.data.Bytes, ms(t.data.Took))}
		f.Effect = "Short uploads work. Longer ones hang."
	case t.data.Bytes == 0:
		f.Story = []string{fmt.Sprintf("The data connection of %s opened, and not even the first full segment came in %s.", t.name(), ms(t.data.Took))}
	default:
		f.Story = []string{fmt.Sprintf("The data connection of %s opened, %d bytes came, and then nothing for %s.", t.name(), t.data.Bytes, ms(t.data.Took))}
	}
	if t.begun() {
		f.Quote = v.quoteReply(t.Check, &t.List.Replies[0])
	}
	if c == nil {
		f.Story = append(f.Story, "Packets of full size that get lost look like this: some link on the way takes smaller ones only, and its message about that does not reach the sender.")
		f.RuledOut = []string{"A blocked port: the connection did open.", "Not ruled out: a server that hangs. The same transfer with small segments was not tried."}
	} else {
		f.Certainty = sure(!full)
		f.Story = append(f.Story,
			fmt.Sprintf("The same transfer with small segments (MSS %d) came through: %d bytes in %s.", smallSegments, c.carried(), ms(c.data.Took)),
			"So small packets pass and full-size ones vanish. Some link on the way takes smaller packets only, a tunnel for instance, and its message about that (ICMP \"fragmentation needed\") does not reach the sender.")
		f.RuledOut = []string{"A server that hangs, a filter on contents: the same data passed in small packets.", "Not decided: which link. \"ping -M do\" with falling sizes finds the limit (Linux)."}
		if full {
			f.RuledOut = append(f.RuledOut, "Not ruled out: chance. Another transfer of full segments passed in this run.")
		}
	}
	clamp := []Example{
		{"nft", "nft add rule inet filter forward tcp flags syn tcp option maxseg size set rt mtu"},
		{"iptables", "iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"},
	}
	f.Fixes = []Fix{
		{Who: PathOwner, Do: "On the device at the narrow link (VPN, PPPoE, overlay): let ICMP \"fragmentation needed\" through (type 3 code 4; ICMPv6 type 2), and clamp the segment size.", Examples: clamp},
		{Who: ServerAdmin, Do: "Or let the server find out by itself.", Examples: []Example{{"Linux", "sysctl -w net.ipv4.tcp_mtu_probing=1"}}},
		{Who: ClientUser, Do: "Until then: a smaller MTU on this machine.", Examples: []Example{{"Linux", "ip link set dev DEVICE mtu 1280"}, {"Windows", "netsh interface ipv4 set subinterface \"NAME\" mtu=1280"}}},
	}
	return f
}

// dataSilent is certain when the server said that it sends, and small segments
// did not pass either.
func dataSilent(v *view) *Finding {
	var f *Finding
	for _, t := range v.transfers() {
		if !t.stalled() || t.data.Bytes > 0 || !t.unanswered() || t.uploads() {
			continue
		}
		if f == nil {
			f = v.silentFinding(t, v.clamped(t))
		}
		f.Checks = append(f.Checks, t.Check)
	}
	return f
}

func (v *view) silentFinding(t transfer, c *transfer) *Finding {
	f := &Finding{
		Certainty: Likely, Where: &Where{Side: SideUnknown, Of: v.distance()},
		Story:    []string{fmt.Sprintf("The data connection of %s is open, but within %s not a byte came over it, nor its end, nor the server's last reply.", t.name(), ms(t.data.Took))},
		Effect:   "Clients hang after the login, in the listing.",
		RuledOut: []string{"A blocked port: the connection did open."},
		Fixes:    []Fix{{Who: ServerAdmin, Do: "Look into the server's log: did it see the data connection, and what does it wait for?", Examples: v.serverLog()}},
	}
	if t.begun() {
		f.Story = append(f.Story, "The server had announced the data with a 1xx reply, so it waits or sends; nothing arrives.")
		f.Quote = v.quoteReply(t.Check, &t.List.Replies[0])
	}
	large := ""
	switch {
	case c == nil || !c.opened:
		large = ", or large packets that get lost"
	case c.carried() > 0 || c.Listed():
		f.Certainty = Possible
		f.RuledOut = append(f.RuledOut, "Not ruled out: chance or load. A second try came through.")
	default:
		f.Certainty = sure(t.begun())
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("Large packets that get lost: with small segments (MSS %d) nothing came either.", smallSegments))
	}
	if v.randomsShut() {
		f.RuledOut = append(f.RuledOut, "A device that accepts every port: one that the server did not announce did not open.")
	}
	f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not decided: a server that hangs, or inspection on the way that holds the data back%s. The opposite end (ftpcheck serve) would tell.", large))
	return f
}
