package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"ftpcheck/probe"
)

// Schema is the number of the JSON format. Additive changes keep it.
const Schema = 1

// The wire types are a contract (testdata/report.schema.json); what was not
// tested is absent, an array is never null, durations are whole milliseconds.
type (
	wireReport struct {
		Schema     int           `json:"schema"`
		Tool       wireTool      `json:"tool"`
		Started    string        `json:"started"`
		TookMS     int64         `json:"took_ms"`
		Result     Result        `json:"result"`
		Exit       int           `json:"exit"`
		Target     wireTarget    `json:"target"`
		Server     wireServer    `json:"server"`
		Client     wireClient    `json:"client"`
		Checks     []wireCheck   `json:"checks"`
		Findings   []wireFinding `json:"findings"`
		Clients    []wireClients `json:"clients"`
		Transcript []wireLine    `json:"transcript"`
	}
	wireTool struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	wireTarget struct {
		Host string `json:"host"`
		Port uint16 `json:"port"`
		User string `json:"user"`
		TLS  string `json:"tls"`
	}
	wireServer struct {
		Product string `json:"product,omitempty"`
		Version string `json:"version,omitempty"`
		Address string `json:"address,omitempty"`
		Hops    int    `json:"hops,omitempty"`
	}
	wireClient struct {
		Address string `json:"address,omitempty"`
		SeenAs  string `json:"seen_as,omitempty"`
	}
	wireCheck struct {
		Name      probe.Check `json:"name"`
		State     State       `json:"state"`
		Summary   string      `json:"summary"`
		TookMS    *int64      `json:"took_ms,omitempty"`
		Announced string      `json:"announced,omitempty"`
		Dials     []wireDial  `json:"dials,omitempty"`
		TLS       *wireTLS    `json:"tls,omitempty"`
		Trials    []wireTrial `json:"trials,omitempty"`

		Range     *wireRange     `json:"range,omitempty"`
		Sweep     *wireSweep     `json:"sweep,omitempty"`
		Transfers []wireTransfer `json:"transfers,omitempty"`
		Silences  []wireSilence  `json:"silences,omitempty"`
		Peer      *wirePeer      `json:"peer,omitempty"`
	}
	wireDial struct {
		To      string        `json:"to"`
		As      probe.As      `json:"as"`
		Outcome probe.Outcome `json:"outcome"`
		TookMS  int64         `json:"took_ms"`
		ICMP    *wireICMP     `json:"icmp,omitempty"`
		TLS     *wireTLS      `json:"tls,omitempty"`
	}
	wireICMP struct {
		Type uint8  `json:"type"`
		Code uint8  `json:"code"`
		From string `json:"from,omitempty"`
	}
	wireFinding struct {
		Code      string         `json:"code"`
		Severity  Severity       `json:"severity"`
		Certainty Certainty      `json:"certainty"`
		Title     string         `json:"title"`
		Checks    []probe.Check  `json:"checks"`
		Owner     Owner          `json:"owner"`
		Where     *wireWhere     `json:"where,omitempty"`
		Story     string         `json:"story"`
		Effect    string         `json:"effect"`
		RuledOut  []string       `json:"ruled_out"`
		Fixes     []wireFix      `json:"fixes"`
		Evidence  []wireEvidence `json:"evidence"`
	}
	wireWhere struct {
		Side     Side   `json:"side"`
		AfterHop *int   `json:"after_hop,omitempty"`
		Of       int    `json:"of,omitempty"`
		Address  string `json:"address,omitempty"`
	}
	wireFix struct {
		Who      Owner         `json:"who"`
		Do       string        `json:"do"`
		Examples []wireExample `json:"examples"`
	}
	wireExample struct {
		For  string `json:"for"`
		Text string `json:"text"`
	}
	wireEvidence struct {
		Line  int    `json:"line"`
		Text  string `json:"text"`
		From  int    `json:"from"` // byte offsets into text
		To    int    `json:"to"`
		Label string `json:"label"`
	}
	wireClients struct {
		Policy   string        `json:"policy"`
		Title    string        `json:"title"`
		Verdict  Verdict       `json:"verdict,omitempty"`
		Why      string        `json:"why"`
		Programs []wireProgram `json:"programs"`
	}
	wireProgram struct {
		Name    string  `json:"name"`
		Verdict Verdict `json:"verdict,omitempty"`
		Setting string  `json:"setting"`
	}
	wireLine struct {
		Line  int         `json:"line"`
		Check probe.Check `json:"check"`
		AtMS  int64       `json:"at_ms"`
		Dir   probe.Kind  `json:"dir"`
		Text  string      `json:"text"`
	}
)

// WriteJSON prints the report as one JSON object. It is plain ASCII: all other
// characters are written as \u00e9, so that showing the file is safe.
func WriteJSON(w io.Writer, r *Report) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(wireOf(r)); err != nil {
		return err
	}
	_, err := w.Write(asciiJSON(b.Bytes()))
	return err
}

// asciiJSON escapes what is not printable ASCII. Outside strings JSON has none.
func asciiJSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		switch {
		case r == '#' && len(out) > 0 && out[len(out)-1] == '#': // a build system may obey ##[command], see noCommand
			out = append(out, `\u0023`...)
		case r < 0x7f:
			out = append(out, byte(r))
		case r <= 0xffff:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		}
	}
	return out
}

func wireOf(r *Report) wireReport {
	return wireReport{
		Schema:  Schema,
		Tool:    wireTool{"ftpcheck", utf(r.Tool)},
		Started: r.Started.UTC().Format(time.RFC3339),
		TookMS:  r.Took.Milliseconds(),
		Result:  r.Result,
		Exit:    r.Exit,
		Target:  wireTarget{utf(r.Target.Host), r.Target.Port, utf(r.Target.User), r.Target.TLS},
		Server:  wireServer{utf(r.Server.Product), utf(r.Server.Version), r.Server.Address, r.Server.Hops},
		Client:  wireClient(r.Client),

		Checks:     each(r.Checks, wireCheckOf),
		Findings:   each(r.Findings, wireFindingOf),
		Clients:    each(r.Clients, wireClientsOf),
		Transcript: each(r.Transcript, wireLineOf),
	}
}

func wireCheckOf(l CheckLine) wireCheck {
	c := wireCheck{Name: l.Check, State: l.State, Summary: utf(l.Summary), Announced: addrPort(l.Announced)}
	if l.State != Skip {
		ms := l.Took.Milliseconds()
		c.TookMS = &ms
	}
	c.TLS, c.Trials = wireSecured(l)
	for _, d := range l.Dials {
		if d.Outcome == "" {
			continue
		}
		w := wireDial{To: addrPort(d.To), As: d.As, Outcome: d.Outcome, TookMS: d.Took.Milliseconds()}
		if d.ICMP != nil {
			w.ICMP = &wireICMP{Type: d.ICMP.Type, Code: d.ICMP.Code}
			if d.ICMP.From.IsValid() {
				w.ICMP.From = d.ICMP.From.String()
			}
		}
		w.TLS = wireTLSOf(d.TLS)
		c.Dials = append(c.Dials, w)
	}
	addMeasurements(&c, l)
	return c
}

func wireFindingOf(f Finding) wireFinding {
	w := wireFinding{
		Code: f.Code, Severity: f.Severity, Certainty: f.Certainty, Title: utf(f.Title), Owner: f.Owner,
		Checks:   each(f.Checks, func(c probe.Check) probe.Check { return c }),
		Story:    utf(strings.Join(f.Story, "\n\n")),
		Effect:   utf(f.Effect),
		RuledOut: each(f.RuledOut, utf),
		Fixes: each(f.Fixes, func(x Fix) wireFix {
			return wireFix{x.Who, utf(x.Do), each(x.Examples, func(e Example) wireExample {
				return wireExample{utf(e.For), utf(e.Text)}
			})}
		}),
		Evidence: each(f.Quote, wireEvidenceOf),
	}
	if p := f.Where; p != nil {
		w.Where = &wireWhere{Side: p.Side, Of: p.Of, Address: utf(p.Address)}
		if p.HopKnown {
			w.Where.AfterHop = &p.AfterHop
		}
	}
	return w
}

func wireClientsOf(p ClientPolicy) wireClients {
	return wireClients{p.Policy, utf(p.Title), p.Verdict, utf(p.Why), each(p.Programs, func(c ClientProgram) wireProgram {
		return wireProgram{utf(c.Name), c.Verdict, utf(c.Setting)}
	})}
}

func wireEvidenceOf(q Quote) wireEvidence {
	text, at := validUTF8(q.Line.Text)
	return wireEvidence{Line: q.Line.Number, Text: text, From: at(q.From), To: at(q.To), Label: utf(q.Label)}
}

func wireLineOf(l probe.Line) wireLine {
	return wireLine{Line: l.Number, Check: l.Check, AtMS: l.At.Milliseconds(), Dir: l.Dir, Text: utf(l.Text)}
}

func addrPort(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// utf returns s with the bytes that are not UTF-8 written as \xff.
func utf(s string) string {
	valid, _ := validUTF8(s)
	return valid
}

// each maps a list to one that is never nil.
func each[A, B any](list []A, f func(A) B) []B {
	out := make([]B, 0, len(list))
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}
