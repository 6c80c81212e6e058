package report

import "ftpcheck/probe"

// What both ends compared, as it stands in JSON.
type (
	wirePeer struct {
		Tool     string           `json:"tool"`
		Client   string           `json:"client,omitempty"`
		Server   string           `json:"server,omitempty"`
		Compared []wireComparison `json:"compared"`
		ToServer []wireSwept      `json:"ports_to_server"`
		ToClient []wireClientPort `json:"ports_to_client"`
	}
	wireComparison struct {
		Check    probe.Check `json:"check"`
		Sent     string      `json:"sent"`
		Received string      `json:"received,omitempty"`
		Same     bool        `json:"same"`
	}
	wireClientPort struct {
		Port   uint16    `json:"port"`
		Source uint16    `json:"source,omitempty"` // absent: not told
		State  PortState `json:"state"`
	}
)

func wirePeerOf(p *PeerView) *wirePeer {
	if p == nil {
		return nil
	}
	m := p.Ports
	if m == nil {
		m = &PortMap{}
	}
	return &wirePeer{
		Tool: utf(p.Tool), Client: p.Client, Server: p.Server,
		Compared: each(p.Compared, func(c Comparison) wireComparison {
			return wireComparison{c.Check, utf(c.Sent), utf(c.Received), c.Same}
		}),
		ToServer: each(m.ToServer, func(r SweptRange) wireSwept { return wireSwept(r) }),
		ToClient: each(m.ToClient, func(c ClientPort) wireClientPort { return wireClientPort(c) }),
	}
}
