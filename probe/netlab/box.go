package netlab

// Box is a middlebox at a device. It takes IPv4 for the control connection
// where it reads along, and control port 21.
type Box struct {
	At     string `json:"at"`               // cgw, isp, sgw
	Kind   string `json:"kind"`             // see below
	Value  string `json:"value,omitempty"`  // of the kinds that take one
	Toward string `json:"toward,omitempty"` // of a black hole: only packets toward "server" or "client"
}

// Kinds of boxes. What stands behind each is how the kernel does the same. The
// kernel can replace bytes of a packet, not insert or remove any: in the kernel
// lab what is written must be as long as what stood there. Ports of 50020 to
// 50100 are all written with 7 characters in PORT and 227, and with 5 in EPRT
// and 229.
const (
	// BoxProxy answers IPv4 connections to port 21 itself, whoever is meant, and
	// makes its own to the server: redirect on the client's side, and a relay.
	BoxProxy = "proxy"
	// BoxFalseOpen accepts IPv4 connections to every port but the control port
	// itself, holds them and never sends a byte: redirect on the client's side.
	// What a helper on the same device expects passes.
	BoxFalseOpen = "false-open"
	// BoxIdle forgets a connection that was silent for Value, "5s", and drops
	// whatever comes of it later, from both ends, without a word:
	// nf_conntrack_tcp_timeout_established, nf_conntrack_tcp_loose=0, and
	// "ct state invalid drop" in forward. With tcp_loose=1, the default,
	// Linux takes the next packet for a new connection, and it goes on; without
	// the drop rule a device that forwards ports answers it with a RST.
	BoxIdle = "idle"
	// BoxIdleFirst is a BoxIdle that drops what it has forgotten before it looks
	// at the TTL, as pf and many appliances do: the same rule in prerouting.
	BoxIdleFirst = "idle-first"
	// BoxBlackHole makes the link toward the server carry packets of at most
	// Value bytes, "1000", in either direction, and nobody tells: mtu on both
	// ends, "icmp type destination-unreachable drop" in their output. A full
	// segment makes a packet of 40 bytes (IPv6: 60) more than the MSS; one with
	// n bytes of data, of 52 (72) more than n, because of the timestamps. With
	// Toward, which isp alone knows, it is so in one direction, on the link toward
	// that side: "mtu lock" on the route.
	BoxBlackHole = "black-hole"
	// BoxSwallow drops segments toward the server that begin with Value, "PASV",
	// of any connection, whenever they are repeated: a rule in forward.
	BoxSwallow = "swallow"
	// BoxMask writes X over Value, "SITE", where it begins a command, so that
	// the server does not know it: payload rules in forward, as all below.
	BoxMask = "mask"
	// BoxRewrite replaces the address in 227 replies from port 21 by Value,
	// "203.0.113.99", and does nothing for the data connection.
	BoxRewrite = "rewrite"
	// BoxRewritePort replaces the port in 227 and 229 replies by Value.
	BoxRewritePort = "rewrite-port"
	// BoxRewriteActive replaces the address in PORT and EPRT by Value.
	BoxRewriteActive = "rewrite-active"
	// BoxRewriteActivePort replaces the port in PORT and EPRT by Value.
	BoxRewriteActivePort = "rewrite-active-port"
	// BoxTruncate leaves nothing but blanks of the port and all that follows it
	// in the line, in 227 replies or in PORT commands, whichever Value names.
	BoxTruncate = "truncate"
	// BoxAlter writes X over the 16th byte of each segment of a data connection.
	BoxAlter = "alter"
	// BoxCutReset ends the first connection in which a command begins with Value,
	// "SITE FTPCHECK SEEN": it drops the command and sends a RST to the client.
	// Later connections pass: "limit rate 1/day burst 1 packets".
	BoxCutReset = "cut-reset"
	// BoxCutSilent does the same without a word, and drops all that comes of the
	// connection later, from both ends: "ct mark".
	BoxCutSilent = "cut-silent"
	// BoxSlow lets pass Value bytes a second, "100000", in each direction, with
	// a queue in front of it: tc tbf.
	BoxSlow = "slow"
	// BoxMute lets no ICMP message of IPv4 through, in either direction; its own
	// messages it sends: a rule in forward.
	BoxMute = "mute"
)

// boxKinds are all of them, in the order in which an error lists them.
var boxKinds = []string{
	BoxProxy, BoxFalseOpen, BoxIdle, BoxIdleFirst, BoxBlackHole, BoxSwallow, BoxMask, BoxRewrite, BoxRewritePort,
	BoxRewriteActive, BoxRewriteActivePort, BoxTruncate, BoxAlter, BoxCutReset, BoxCutSilent, BoxSlow,
	BoxMute,
}
