package main

import (
	"net/netip"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/ftpd"
	"ftpcheck/probe/hops"
	"ftpcheck/report"
)

// The lines of serve --format json and --record. A line may gain fields. "what"
// tells which of them are there, see ftpd.What; two kinds are summaries:
// "visitor" when a client has left, and "total" at the end. A recording has
// none of these. What is not known or does not apply is not there.

// servedEntry is one observation. Text and raw are escaped as in the text log.
type servedEntry struct {
	Time     time.Time       `json:"time"`
	What     ftpd.What       `json:"what"`
	Session  int             `json:"session,omitempty"` // number of the control connection
	Peer     netip.AddrPort  `json:"peer,omitzero"`     // its client
	Local    netip.AddrPort  `json:"local,omitzero"`
	Remote   netip.AddrPort  `json:"remote,omitzero"`
	Address  string          `json:"address,omitempty"` // as announced
	Data     bool            `json:"data,omitempty"`
	Command  string          `json:"command,omitempty"`
	Path     string          `json:"path,omitempty"`
	User     string          `json:"user,omitempty"`
	Code     int             `json:"code,omitempty"`
	Outcome  hops.Outcome    `json:"outcome,omitempty"`
	ICMP     *hops.ICMP      `json:"icmp,omitempty"`
	TTL      int             `json:"ttl,omitempty"`
	SendTTL  int             `json:"send_ttl,omitempty"`
	TookMS   int64           `json:"took_ms,omitempty"`
	Refused  bool            `json:"refused,omitempty"`
	Sent     int64           `json:"sent,omitempty"`
	Received int64           `json:"received,omitempty"`
	SHA256   string          `json:"sha256,omitempty"`
	How      exchange.Ending `json:"how,omitempty"`
	TLS      string          `json:"tls,omitempty"`
	Resumed  bool            `json:"resumed,omitempty"`
	Count    int             `json:"count,omitempty"`
	Raw      string          `json:"raw,omitempty"`
	Error    string          `json:"error,omitempty"`
	Text     string          `json:"text"`
}

func wireEntry(e ftpd.Entry) servedEntry {
	w := servedEntry{
		Time: e.Time.UTC(), What: e.What, Session: e.Session, Peer: e.Peer, Local: e.Local, Remote: e.Remote,
		Data: e.Data, Command: e.Command, Path: report.Escape(e.Path), User: report.Escape(e.User), Code: e.Code,
		Outcome: e.Outcome, ICMP: e.ICMP, TTL: e.TTL, SendTTL: e.SendTTL, TookMS: e.Took.Milliseconds(), Refused: e.Refused,
		Sent: e.Sent, Received: e.Received, SHA256: e.Sum, How: e.How, TLS: e.TLS, Resumed: e.Resumed, Count: e.Count,
		Raw: report.Escape(string(e.Raw)), Error: report.Escape(e.Err), Text: report.Escape(e.Text),
	}
	if e.Addr.Port() != 0 {
		w.Address = announcedText(e.Addr)
	}
	return w
}

// servedVisitor is the summary of one client.
type servedVisitor struct {
	Time     time.Time     `json:"time"` // of the last thing that it did
	What     string        `json:"what"`
	Address  netip.Addr    `json:"address"`
	Since    time.Time     `json:"since"`
	User     string        `json:"user,omitempty"`
	Own      bool          `json:"ftpcheck,omitempty"` // it is ftpcheck's own
	Sessions int           `json:"sessions"`
	Ports    []servedPort  `json:"ports"`   // passive
	Refused  []string      `json:"refused"` // PORT and EPRT that were not accepted
	Dials    []servedDial  `json:"dials"`
	Transfer servedTallies `json:"transfers"`
}

// servedPort is one passive port.
type servedPort struct {
	Port      uint16           `json:"port"`
	Command   string           `json:"command"`
	Arrived   []netip.AddrPort `json:"arrived"`   // the client's own connections
	HalfOpen  []netip.AddrPort `json:"half_open"` // its SYN was answered, the third packet never came
	Strangers []netip.AddrPort `json:"strangers"` // from other addresses: closed
}

// servedDial is one connection of the server to the client.
type servedDial struct {
	To      netip.AddrPort `json:"to"`
	From    netip.AddrPort `json:"from,omitzero"`
	TTL     int            `json:"ttl,omitempty"` // it was to get no farther
	Command string         `json:"command"`
	Outcome hops.Outcome   `json:"outcome,omitempty"`
	ICMP    *hops.ICMP     `json:"icmp,omitempty"`
	TookMS  int64          `json:"took_ms"`
}

// servedTallies counts transfers.
type servedTallies struct {
	Begun    int   `json:"begun"`
	Complete int   `json:"complete"`
	Sent     int64 `json:"sent"`
	Received int64 `json:"received"`
}

func wireVisitor(v *ftpd.Visitor) servedVisitor {
	seen := v.Seen()
	w := servedVisitor{
		Time: v.To.UTC(), What: "visitor", Address: v.Addr, Since: v.From.UTC(), User: report.Escape(v.User), Own: v.Own,
		Sessions: v.Sessions, Ports: []servedPort{}, Refused: []string{}, Dials: []servedDial{}, Transfer: wireTransfers(v.Tally),
	}
	for _, p := range seen.Ports {
		if p.Failed == "" {
			w.Ports = append(w.Ports, wirePort(p))
		}
	}
	for _, e := range v.Refused {
		w.Refused = append(w.Refused, report.Escape(string(e.Raw)))
	}
	for _, d := range seen.Dials {
		w.Dials = append(w.Dials, servedDial{d.To, d.From, d.TTL, d.Command, d.Outcome, d.ICMP, int64(d.Took)})
	}
	return w
}

func wirePort(p exchange.Port) servedPort {
	w := servedPort{Port: p.Local.Port(), Command: p.Command, Arrived: []netip.AddrPort{}, HalfOpen: []netip.AddrPort{}, Strangers: []netip.AddrPort{}}
	for _, k := range p.Knocks {
		list := &w.Arrived
		switch {
		case k.Half:
			list = &w.HalfOpen
		case k.Refused:
			list = &w.Strangers
		}
		*list = append(*list, k.From)
	}
	return w
}

func wireTransfers(t ftpd.Tally) servedTallies {
	return servedTallies{t.Transfers, t.Complete, t.Sent, t.Received}
}

// servedTotal is the summary of all clients.
type servedTotal struct {
	Time     time.Time     `json:"time"`
	What     string        `json:"what"`
	Sessions int           `json:"sessions"`
	Ports    int           `json:"ports"`
	Reached  int           `json:"reached"` // ports at which their client arrived
	Transfer servedTallies `json:"transfers"`
}

func wireTotal(at time.Time, t ftpd.Tally) servedTotal {
	return servedTotal{at.UTC(), "total", t.Sessions, t.Ports, t.Reached, wireTransfers(t)}
}

// announcedText is an address and port as announced; a 229 has no address.
func announcedText(a netip.AddrPort) string {
	if !a.Addr().IsValid() {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), a.Port()).String()[len("0.0.0.0"):]
	}
	return a.String()
}
