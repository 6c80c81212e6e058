package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"ftpcheck/probe"
)

//go:embed html/*.html html/report.css
var htmlFiles embed.FS

// WriteHTML prints the report as one page that needs nothing else: no script,
// no font, no picture from elsewhere. Verbose adds the certificates and the
// transcript.
func WriteHTML(w io.Writer, r *Report, verbose bool) error {
	t, err := template.ParseFS(htmlFiles, "html/*.html")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "report.html", htmlOf(r, verbose)); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// What the templates show. All text is escaped for the eye here, and for HTML
// by them.
type (
	htmlPage struct {
		Style     template.CSS
		StyleHash string // by which the page allows its style and no other

		Target, Tool, Started, User, Server, Client string

		Verdict, Class string
		Counts, Result string
		Why            []string
		Interrupted    bool

		Checks   []htmlCheck
		Diagram  *htmlDiagram
		Stations []Station
		Ports    []htmlPorts
		Findings []htmlFinding
		Clients  []htmlClients
		More     []htmlText
	}
	htmlCheck   struct{ Name, State, Class, Summary, Took string }
	htmlClients struct{ Verdict, Class, Title, Why, Programs string }
	htmlText    struct{ Head, Text string }
)

func htmlOf(r *Report, verbose bool) htmlPage {
	style, _ := htmlFiles.ReadFile("html/report.css") // embedded: cannot fail
	hash := sha256.Sum256(style)
	works, fails := r.modes()
	p := htmlPage{
		Style: template.CSS(style), StyleHash: base64.StdEncoding.EncodeToString(hash[:]),
		Target: ASCII(HostPort(r.Target.Host, r.Target.Port)), User: ASCII(r.Target.User),
		Tool: ASCII(r.Tool), Started: r.Started.Format(time.RFC3339),
		Server: ASCII(r.Server.words()), Client: ASCII(r.Client.words()),
		Verdict: strings.ToUpper(string(r.Result)), Class: string(r.Result),
		Counts: fmt.Sprintf("%s, %s; works: %s; fails: %s", count(r.count(Problem), "problem"), count(r.count(Warning), "warning"), commas(works), commas(fails)),
		Result: resultLine(r, undecorated), Why: r.WhyFailed(), Interrupted: r.Interrupted,
		Diagram: diagramOf(r), Findings: each(r.Findings, htmlFindingOf), Clients: each(r.Clients, htmlClientsOf),
		Ports: each(r.Ports, htmlPortsOf),
	}
	for _, l := range r.Checks {
		c := htmlCheck{Name: string(l.Check), State: Word(l.State), Class: string(l.State), Summary: l.words()}
		if l.State != Skip {
			c.Took = ms(l.Took)
		}
		p.Checks = append(p.Checks, c)
	}
	for _, s := range r.Path.Stations {
		p.Stations = append(p.Stations, Station{s.Name, ASCII(s.What)})
	}
	if verbose {
		p.More = htmlMore(r)
	}
	return p
}

func htmlClientsOf(p ClientPolicy) htmlClients {
	var programs []string
	for _, c := range p.Programs {
		text := fmt.Sprintf("%s (%s)", c.Name, c.Setting)
		if c.Verdict != p.Verdict {
			text = verdictWord(c.Verdict) + ": " + text
		}
		programs = append(programs, ASCII(text))
	}
	class := string(p.Verdict)
	if class == "" {
		class = "untested"
	}
	return htmlClients{verdictWord(p.Verdict), class, ASCII(p.Title), ASCII(p.Why), strings.Join(programs, "; ")}
}

// htmlMore is what only the long report has.
func htmlMore(r *Report) []htmlText {
	var list []htmlText
	p, lines := newPage(lineWidth, nil)
	for _, l := range r.Checks {
		if l.Check == probe.CheckSecure {
			p.writeTLS(l.TLS)
		}
	}
	if len(*lines) > 2 {
		list = append(list, htmlText{"Certificates", strings.Join((*lines)[2:], "\n")}) // below their head
	}
	if len(r.Transcript) > 0 {
		list = append(list, htmlText{"Transcript", strings.Join(TranscriptLines(r.Transcript, lineWidth), "\n")})
	}
	return list
}
