package report

import "ftpcheck/probe"

// Port maps, transfers and silences as they stand in JSON.
type (
	wireRange struct { // of the announced ports
		Low   uint16 `json:"low"`
		High  uint16 `json:"high"`
		Seen  int    `json:"seen"`            // different ports
		About int    `json:"about,omitempty"` // estimated width
	}
	wireSweep struct {
		Low   uint16      `json:"low"`
		High  uint16      `json:"high"`
		Ports []wireSwept `json:"ports"`
	}
	wireSwept struct {
		From  uint16    `json:"from"`
		To    uint16    `json:"to"`
		State PortState `json:"state"`
	}
	wireTransfer struct {
		Step    int           `json:"step"`
		Verb    string        `json:"verb,omitempty"`
		Path    string        `json:"path,omitempty"`
		Bytes   int64         `json:"bytes"`
		Size    int64         `json:"size,omitempty"`
		Outcome probe.Outcome `json:"outcome"`
		Code    int           `json:"code,omitempty"`
		Try     probe.Try     `json:"try,omitempty"`
		TLS     *wireTLS      `json:"tls,omitempty"`
	}
	wireSilence struct {
		TookMS  int64         `json:"took_ms"`
		Outcome probe.Outcome `json:"outcome"`
		Code    int           `json:"code,omitempty"`
	}
)

func addMeasurements(c *wireCheck, l CheckLine) {
	if r := l.Announcements; r != nil {
		c.Range = &wireRange{r.Low, r.High, r.Seen, r.About}
	}
	if s := l.Sweep; s != nil {
		c.Sweep = &wireSweep{s.Low, s.High, each(s.Ranges, func(r SweptRange) wireSwept { return wireSwept(r) })}
	}
	c.Peer = wirePeerOf(l.Peer)
	for _, t := range l.Transfers {
		c.Transfers = append(c.Transfers, wireTransfer{t.Step, utf(t.Verb), utf(t.Path), t.Bytes, t.Size, t.Outcome, t.Code, t.Try, wireTLSOf(t.TLS)})
	}
	for _, s := range l.Silences {
		c.Silences = append(c.Silences, wireSilence{s.Took.Milliseconds(), s.Outcome, s.Code})
	}
}
