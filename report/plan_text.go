package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"ftpcheck/probe"
)

// Announced is what a server was seen to announce, to compare a plan with.
type Announced struct {
	Target string          // host and port
	Range  *AnnouncedRange // nil: no passive port was announced
}

// AnnouncedBy reads it from a run.
func AnnouncedBy(ev *probe.Evidence) Announced {
	a := Announced{Range: AnnouncedRangeOf(ev)}
	if ev.Start != nil {
		a.Target = HostPort(ev.Start.Host, ev.Start.Port)
	}
	return a
}

// WritePlan prints a plan, its prose at most 80 columns wide. seen may be nil.
func WritePlan(w io.Writer, p Plan, seen *Announced) error {
	var b strings.Builder
	b.WriteString("ftpcheck plan: a passive port range\n\n")
	row := func(name, text string) {
		for i, line := range wrap(text, 66) {
			if i > 0 {
				name = ""
			}
			b.WriteString(strings.TrimRight(fmt.Sprintf("  %-10s  %s", name, line), " ") + "\n")
		}
	}
	row("Load", fmt.Sprintf("%s with %s each; %s transfers a minute in all, each %s long; a port stays taken for another %s",
		count(p.Clients, "client"), count(p.Connections, "connection"), number(p.Files), seconds(p.Transfer), seconds(p.Linger)))
	row("In use", fmt.Sprintf("%s ports on average (Little's law: %s a second, %s each)",
		number(p.Mean), number(p.Files/60), seconds(p.Transfer+p.Linger)))
	row("Needed", p.why())
	row("Range", p.rangeText())
	row("Exposes", fmt.Sprintf("%s to everybody who may reach the server. Something listens on one only between an announcement and the connection to it.", count(p.Ports, "port")))
	if seen != nil {
		row("Announced", seen.compare(p))
	}
	b.WriteString("\n")
	writeExamples(&b, "Server", passiveRange.all(p.Low, p.High))
	writeExamples(&b, "Firewall", openRange(portRange{p.Low, p.High}))
	writeExamples(&b, "NAT, container", forwardRange(portRange{p.Low, p.High}, ""))
	_, err := io.WriteString(w, b.String())
	return err
}

func (p Plan) why() string {
	if p.Ports == p.Clients*p.Connections && p.Ports > erlangPorts(p.Mean, p.Load.Blocking) {
		return fmt.Sprintf("%s: every connection may transfer at the same moment", count(p.Ports, "port"))
	}
	return fmt.Sprintf("%s, so that at most %s of transfers find none (Erlang B: %s)",
		count(p.Ports, "port"), percent(p.Load.Blocking), percent(p.Lost))
}

func (p Plan) rangeText() string {
	text := fmt.Sprintf("%d-%d", p.Low, p.High)
	if p.High < ephemeralLow {
		return text + ", below 32768-60999 (Linux) and 49152-65535 (Windows, macOS), from which systems take ports for their own outgoing connections"
	}
	return text + ". Systems take ports for their own outgoing connections from 32768-60999 (Linux) and 49152-65535 (Windows, macOS): reserve the range there (Linux: net.ipv4.ip_local_reserved_ports), or a port may be taken when it is needed"
}

func (a Announced) compare(p Plan) string {
	r := a.Range
	if r == nil {
		return a.Target + " announced no passive port"
	}
	text := fmt.Sprintf("%s announced %s, %d-%d: ", a.Target, count(r.Seen, "different port"), r.Low, r.High)
	switch {
	case r.About == 0:
		return text + "too few, or too unevenly spread, to tell the width of its range"
	case r.About < p.Ports:
		text += "a range of about %s, too narrow for this load"
	case r.About > 4*p.Ports && r.About-p.Ports > 1000:
		text += "a range of about %s, far wider than this load needs"
	default:
		text += "a range of about %s, enough for this load"
	}
	return fmt.Sprintf(text, count(r.About, "port"))
}

func writeExamples(b *strings.Builder, title string, list []Example) {
	fmt.Fprintf(b, "  %s\n", title)
	for _, e := range list {
		for i, line := range strings.Split(e.Text, "\n") {
			name := e.For
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(b, "    %-16s  %s\n", name, line)
		}
	}
	b.WriteString("\n")
}

// all fills the settings in for every product.
func (s settings) all(values ...any) []Example {
	var list []Example
	for _, name := range []string{"vsftpd", "ProFTPD", "Pure-FTPd", "FileZilla Server", "IIS", "pyftpdlib", "SFTPGo", "ftpcheck"} {
		list = append(list, s.examples(product{Name: name}, values...)...)
	}
	return list
}

func seconds(d time.Duration) string { return number(d.Seconds()) + " s" }

func number(v float64) string {
	if v >= 100 || v == float64(int(v)) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.1f", v)
}

func percent(share float64) string {
	return fmt.Sprintf("%.3g %%", 100*share)
}

// WritePlanJSON prints a plan as JSON; seen may be nil. Durations are whole
// milliseconds, shares from 0 to 1.
func WritePlanJSON(w io.Writer, p Plan, seen *Announced) error {
	type ports struct {
		Low  uint16 `json:"low"`
		High uint16 `json:"high"`
	}
	type announced struct {
		Target        string `json:"target"`
		Announcements int    `json:"announcements"`
		Range         *ports `json:"range,omitempty"`
		Estimate      int    `json:"estimated_ports,omitempty"`
	}
	out := struct {
		Schema      int           `json:"schema"`
		Clients     int           `json:"clients"`
		Connections int           `json:"connections"`
		Files       float64       `json:"files_per_minute"`
		Transfer    int64         `json:"transfer_ms"`
		Linger      int64         `json:"linger_ms"`
		Blocking    float64       `json:"blocking"`
		Mean        float64       `json:"mean_ports_in_use"`
		Ports       int           `json:"ports"`
		Lost        float64       `json:"share_without_port"`
		Range       ports         `json:"range"`
		Announced   *announced    `json:"announced,omitempty"`
		Server      []wireExample `json:"server"`
		Firewall    []wireExample `json:"firewall"`
	}{
		Schema: Schema, Clients: p.Clients, Connections: p.Connections, Files: p.Files,
		Transfer: p.Transfer.Milliseconds(), Linger: p.Linger.Milliseconds(), Blocking: p.Load.Blocking,
		Mean: p.Mean, Ports: p.Ports, Lost: p.Lost, Range: ports{p.Low, p.High},
		Server: wireExamples(passiveRange.all(p.Low, p.High)), Firewall: wireExamples(openRange(portRange{p.Low, p.High})),
	}
	if seen != nil {
		out.Announced = &announced{Target: seen.Target}
		if r := seen.Range; r != nil {
			out.Announced.Announcements, out.Announced.Estimate = len(r.ports), r.About
			out.Announced.Range = &ports{r.Low, r.High}
		}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func wireExamples(list []Example) []wireExample {
	out := []wireExample{}
	for _, e := range list {
		out = append(out, wireExample(e))
	}
	return out
}

// DefaultLoad is a small office's server: ten people who each have a client
// with two connections, a file every second, and Linux's TIME-WAIT.
var DefaultLoad = Load{Clients: 10, Connections: 2, Files: 60, Transfer: 2 * time.Second, Linger: time.Minute, Blocking: 0.001}
