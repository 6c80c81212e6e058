package report

import (
	"fmt"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// smallSegments is the MSS of a clamped try (probe.TryClamped), fullSegment
// what fits an Ethernet frame (1500 bytes less two headers of 20). firstFlight is
// as much as a sender may send before anything is acknowledged (RFC 6928): where
// more comes, full segments do.
const (
	smallSegments = 536
	fullSegment   = 1460
	firstFlight   = 10 * fullSegment
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

// mtuBlackHole is proven by small segments that pass where others stalled. So
// few bytes that they fit one small segment prove nothing: the stalled try sent
// the same packet. A TLS handshake adds nothing to that: a transfer only stalls
// once its own has passed.
func mtuBlackHole(v *view) *Finding {
	var f *Finding
	var also []probe.Check // stalled too, and not tried with small segments
	for _, t := range v.transfers() {
		if !t.stalled() {
			continue
		}
		c := v.clamped(t)
		switch {
		case !t.uploads() && t.carried() >= firstFlight: // full segments did come
			continue
		case c == nil:
			also = append(also, t.Check)
			continue
		case !c.Listed() && !(c.ended() && c.carried() > 0), c.carried() <= smallSegments:
			continue
		case f == nil:
			f = v.mtuFinding(t, c, v.passedFull(t))
		}
		f.Checks = append(f.Checks, t.Check)
	}
	if f != nil {
		f.Checks = append(f.Checks, also...)
	}
	return v.mtuHandshake(v.mtuBothEnds(f))
}

// mtuHandshake adds the TLS handshake of the control connection.
func (v *view) mtuHandshake(f *Finding) *Finding {
	if h := v.secured().handshake; f != nil && h != nil && h.Outcome == hops.Timeout {
		f.Checks = append(f.Checks, probe.CheckSecure)
		f.Story = append(f.Story, "The TLS handshake on the control connection got no answer, either: a client's offer and a server's certificate need packets that large.")
	}
	return f
}

// largeVanish reports whether it is proven that large packets get lost.
func (v *view) largeVanish() bool {
	f := mtuBlackHole(v)
	return f != nil && (f.Certainty == Certain || v.segments(true).blackHole())
}

// passedFull reports whether other data of the same direction that needs full
// segments passed without small ones.
func (v *view) passedFull(stalled transfer) bool {
	pieces := v.segments(!stalled.uploads())
	return pieces.fails == 0 && pieces.passed > smallSegments || slices.ContainsFunc(v.transfers(), func(t transfer) bool {
		return t.Listed() && t.uploads() == stalled.uploads() && t.carried() >= fullSegment
	})
}

func (v *view) mtuFinding(t transfer, c *transfer, full bool) *Finding {
	f := &Finding{Certainty: sure(!full), Where: &Where{Side: SideUnknown, Of: v.distance()},
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
	f.Story = append(f.Story,
		fmt.Sprintf("The same transfer with small segments (MSS %d) came through: %d bytes in %s.", smallSegments, c.carried(), ms(c.data.Took)),
		"So small packets pass and full-size ones vanish. Some link on the way takes smaller packets only, a tunnel for instance, and its message about that (ICMP \"fragmentation needed\") does not reach the sender.")
	f.RuledOut = []string{"A server that hangs, a filter on contents: the same data passed in small packets.", whichLink + " \"ping -M do\" with falling sizes finds the limit (Linux)."}
	if full {
		f.RuledOut = append(f.RuledOut, "Not ruled out: chance. Other full segments passed in this run.")
	}
	return v.mtuFixes(f)
}

// mtuFixes is what to do about packets that are too large for a link.
func (v *view) mtuFixes(f *Finding) *Finding {
	clamp := []Example{
		{"nft", "nft add rule inet filter forward tcp flags syn tcp option maxseg size set rt mtu"},
		{"iptables", "iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"},
	}
	f.Fixes = []Fix{
		{Who: PathOwner, Do: narrowFix(""), Examples: clamp},
		{Who: ServerAdmin, Do: "Or let the server find out by itself.", Examples: []Example{{"Linux", "sysctl -w net.ipv4.tcp_mtu_probing=1"}}},
		{Who: ClientUser, Do: "Until then: a smaller MTU on this machine.", Examples: []Example{{"Linux", "ip link set dev DEVICE mtu 1280"}, {"Windows", "netsh interface ipv4 set subinterface \"NAME\" mtu=1280"}}},
	}
	return f
}

// dataStalled: data began to pass, and stopped. What stopped it shows only
// where large packets are the reason.
func dataStalled(v *view) *Finding {
	var f *Finding
	var silent []probe.Check // not a byte came: the same fault, a little earlier
	for _, t := range v.transfers() {
		switch {
		case !t.stalled():
			continue
		case t.data.Bytes == 0:
			silent = append(silent, t.Check)
			continue
		case f == nil:
			f = v.stalledFinding(t, v.clamped(t))
		}
		f.Checks = append(f.Checks, t.Check)
	}
	if f != nil {
		f.Checks = append(f.Checks, silent...)
	}
	return f
}

func (v *view) stalledFinding(t transfer, c *transfer) *Finding {
	f := &Finding{
		Certainty: Possible, Where: &Where{Side: SideUnknown, Of: v.distance()},
		Story:    []string{fmt.Sprintf("The data connection of %s opened, %d bytes passed, and then nothing for %s. It stayed open.", t.name(), t.data.Bytes, ms(t.data.Took))},
		Effect:   "Clients hang in the middle of a listing or transfer.",
		RuledOut: []string{"A blocked port: the connection did open, and data passed."},
		Fixes: []Fix{{Who: ServerAdmin, Do: "Look into the server's log: does it take the transfer for complete, or does it wait, for a slow disk or a limit of speed?", Examples: v.serverLog()},
			{Who: ServerNetwork, Do: "Look for inspection on the passive ports that holds data back (antivirus, intrusion prevention, proxy), on both sides."}},
	}
	if t.begun() {
		f.Quote = v.quoteReply(t.Check, &t.List.Replies[0])
	}
	switch {
	case c == nil || !c.opened:
		f.RuledOut = append(f.RuledOut, "Not ruled out: large packets that get lost. The same transfer with small segments was not tried.")
	case c.Listed():
		f.RuledOut = append(f.RuledOut, "Not ruled out: chance or load. A second try came through.")
	default:
		f.Certainty = Likely
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("Large packets that get lost: with small segments (MSS %d) it stopped, too.", smallSegments))
	}
	f.RuledOut = append(f.RuledOut, "Not decided: a server that hangs, or inspection on the way that holds the data back."+v.wouldTell())
	return v.heldBack(f, t)
}

// dataSilent is certain when the server said that it sends, and small segments
// did not pass either.
func dataSilent(v *view) *Finding {
	var f *Finding
	if v.listSwallowed() {
		return nil
	}
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
	f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not decided: a server that hangs, or inspection on the way that holds the data back%s.", large)+v.wouldTell())
	return v.heldBack(f, t)
}
