package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ftpcheck/probe"
)

// htmlAttributes are the elements of the page with the attributes that they
// may have. None refers to anything outside the page, or runs anything.
var htmlAttributes = map[string]string{
	"html": "lang", "head": "", "meta": "charset http-equiv content name", "title": "id", "style": "", "body": "",
	"header": "", "main": "", "section": "aria-labelledby", "footer": "", "h1": "", "h2": "id", "h3": "", "div": "class", "p": "class", "br": "",
	"time": "datetime", "table": "", "thead": "", "tbody": "", "tr": "", "th": "scope class", "td": "class", "ul": "class aria-label", "li": "",
	"b": "", "code": "", "pre": "", "span": "class", "article": "class", "dl": "", "dt": "", "dd": "", "details": "", "summary": "", "figure": "",
	"svg": "viewBox role aria-labelledby aria-hidden", "desc": "id", "g": "class", "text": "class x y dy text-anchor", "tspan": "class",
	"line": "class x1 y1 x2 y2", "polyline": "points", "circle": "class cx cy r", "rect": "class x y width height",
}

// htmlVoid are the elements that have no end, which XML does not know.
var htmlVoid = regexp.MustCompile(`(<(?:meta|br)\b[^>]*)>`)

// htmlRead is what a browser finds in the page.
type htmlRead struct {
	elements map[string]int
	text     string // all of it, with single blanks
	style    string
	policy   string
}

// readHTML reads the page, which has to be well-formed: every element is known
// and closed, headings are in order, and heads of tables say what they head.
func readHTML(t *testing.T, page []byte) htmlRead {
	t.Helper()
	r := htmlRead{elements: map[string]int{}}
	dec := xml.NewDecoder(bytes.NewReader(htmlVoid.ReplaceAll(page, []byte("$1/>"))))
	var open []string
	var text strings.Builder
	level := 0
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch e := token.(type) {
		case xml.EndElement:
			open = open[:len(open)-1]
			text.WriteByte(' ')
		case xml.CharData:
			if len(open) > 0 && open[len(open)-1] == "style" {
				r.style += string(e)
				continue
			}
			text.Write(e)
		case xml.StartElement:
			name := e.Name.Local
			open = append(open, name)
			r.elements[name]++
			allowed, known := htmlAttributes[name]
			if !known {
				t.Fatalf("<%s> in the page", name)
			}
			at := map[string]string{}
			for _, a := range e.Attr {
				at[a.Name.Local] = a.Value
				if !slices.Contains(strings.Fields(allowed), a.Name.Local) {
					t.Fatalf("<%s %s=%q>", name, a.Name.Local, a.Value)
				}
			}
			if at["http-equiv"] == "Content-Security-Policy" {
				r.policy = at["content"]
			}
			if name == "th" && at["scope"] == "" {
				t.Error("<th> without scope")
			}
			if len(name) == 2 && name[0] == 'h' && name[1] <= '6' {
				now := int(name[1] - '0')
				if now > level+1 {
					t.Errorf("<%s> after <h%d>", name, level)
				}
				level = now
			}
		}
	}
	r.text = strings.Join(strings.Fields(text.String()), " ")
	return r
}

// htmlFile prints the report as HTML and checks all that the format promises.
func htmlFile(t *testing.T, r *Report, verbose bool) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, r, verbose); err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Bytes() {
		if c != '\n' && (c < 0x20 || c > 0x7e) {
			t.Fatalf("byte %#x in the output, which is not printable ASCII", c)
		}
	}
	page := readHTML(t, b.Bytes())
	hash := sha256.Sum256([]byte(page.style))
	if want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; form-action 'none'"; page.policy != want {
		t.Errorf("the policy is %s, want %s", page.policy, want)
	}
	if strings.Contains(page.style, "url(") || strings.Contains(page.style, "@import") {
		t.Error("the style refers to something outside the page")
	}
	if page.elements["h1"] != 1 || page.elements["article"] != len(r.Findings) {
		t.Errorf("%d main headings and %d findings, want one and %d", page.elements["h1"], page.elements["article"], len(r.Findings))
	}
	want := []string{resultLine(r, undecorated)}
	for _, l := range r.Checks {
		want = append(want, fmt.Sprintf("%s %s %s", l.Check, Word(l.State), l.words()))
	}
	for _, f := range r.Findings {
		want = append(want, strings.ToUpper(string(f.Severity))+" "+ASCII(f.Title)+" "+f.Code)
		want = append(want, f.Story...)
		if f.Severity == Note {
			continue
		}
		want = append(append(want, f.Effect, whereText(f.Where)), f.RuledOut...)
		for _, x := range f.Fixes {
			want = append(want, join(OwnerTitle(x.Who), ": ", x.Do))
			for _, e := range x.Examples {
				for l := range strings.SplitSeq(e.Text, "\n") {
					want = append(want, l)
				}
			}
		}
	}
	for _, words := range want {
		if words = strings.Join(strings.Fields(ASCII(words)), " "); !strings.Contains(page.text, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	return b.String()
}

// TestHTMLIsNotInjected: whatever a server says, the page has the same
// elements as with harmless words.
func TestHTMLIsNotInjected(t *testing.T) {
	page := func(words string) htmlRead {
		r := New(runs["tls-blind-helper"]().evidence(), Judge{})
		r.Target.Host, r.Target.User, r.Tool, r.Server.Product = words, words, words, words
		for i := range r.Findings {
			evilFinding(&r.Findings[i], words)
			r.Findings[i].Quote[0].To = 0
		}
		for i := range r.Checks {
			r.Checks[i].Summary = words
		}
		for i := range r.Arrows {
			r.Arrows[i].Note = words
		}
		for i := range r.Path.Stations {
			r.Path.Stations[i].What = words
		}
		for i := range r.Ports {
			r.Ports[i].Head = words
		}
		for i := range r.Clients {
			r.Clients[i].Why = words
		}
		r.Transcript = []probe.Line{{Number: 1, Dir: probe.KindRecv, Text: words}}
		return readHTML(t, []byte(htmlFile(t, r, true)))
	}
	harmless := page("plain")
	for _, words := range []string{
		"<script>alert(1)</script>", "</pre></article><img src=x onerror=alert(1)>", `"><svg onload=alert(1)>`, "' x='y", "</style><style>*{}",
		"]]><!--", "-->", "<!-- ", "&lt;b&gt; &#60;b", "javascript:alert(1)", "{{.Style}}", "<%", "\x00\x1b[2J\u202e\xff", "</title><base href=//x>",
	} {
		evil := page(words)
		if !maps.Equal(evil.elements, harmless.elements) {
			t.Errorf("%q changes the page: %v, want %v", words, evil.elements, harmless.elements)
		}
		if want := strings.Join(strings.Fields(ASCII(words)), " "); !strings.Contains(evil.text, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
}

// TestHTMLOfRandomEvidence: whatever was observed, the page is sound.
func TestHTMLOfRandomEvidence(t *testing.T) {
	for seed := range uint64(300) {
		n := noise{rand.New(rand.NewPCG(seed, 0))}
		t.Run(fmt.Sprint(seed), func(t *testing.T) { htmlFile(t, New(n.evidence(), n.judge()), seed%2 == 0) })
	}
}

// TestHTMLDiagram: the arrows end where the path diagram on the screen has
// them end.
func TestHTMLDiagram(t *testing.T) {
	for _, test := range []struct {
		run  string
		want []string
	}{
		{"data-filtered", []string{
			"control to the server :21: ok.",
			"epsv data to the server :50012 silent after hop 3: FAIL, it ends behind hop 3.",
			"pasv data to the server 203.0.113.10:50013: FAIL, where it ends is not known.",
			"eprt data from the server: refused, no connection came.",
			"port data from the server: refused, no connection came.",
		}},
		{"all-well", []string{
			"control to the server :21: ok.",
			"epsv data to the server :50012: ok.",
			"pasv data to the server :50013: ok.",
			"eprt data from the server :20: ok.",
			"port data from the server :20: ok.",
		}},
	} {
		d := diagramOf(New(runs[test.run]().evidence(), Judge{}))
		if got := each(d.Rows, func(r htmlArrow) string { return r.Words }); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q", test.run, got)
		}
		for _, row := range d.Rows {
			if row.From != row.To && (row.From < d.Left || row.To > d.Right || row.To < row.From) || row.Y > d.Height {
				t.Errorf("%s: an arrow from %d to %d, between %d and %d", test.run, row.From, row.To, d.Left, d.Right)
			}
		}
	}
	if diagramOf(New(runs["name-not-found"]().evidence(), Judge{})) != nil {
		t.Error("a diagram of no connection")
	}
}

// TestArrowEnds: an arrow that did not arrive ends on the axis of the hops.
func TestArrowEnds(t *testing.T) {
	hop := func(n int) int { return drawX(n, 4) }
	for _, test := range []struct {
		end      ArrowEnd
		from, to int // bounds
	}{
		{ArrowEnd{Place: EndFirst}, drawLeft + 1, hop(1) - 1},
		{ArrowEnd{EndBehind, 1}, hop(1) + 1, hop(2) - 1},
		{ArrowEnd{EndBehind, 3}, hop(3) + 1, drawRight - 1},
		{ArrowEnd{EndBefore, 2}, hop(2), hop(2)},
		{ArrowEnd{EndBefore, 4}, hop(3) + 1, drawRight - 1},
		{ArrowEnd{EndBehind, 9}, hop(3) + 1, drawRight - 1},
	} {
		if x, words := endOf(test.end, 4); x < test.from || x > test.to || words == "" {
			t.Errorf("%+v ends at %d, want %d to %d", test.end, x, test.from, test.to)
		}
	}
}

// TestHTMLPorts: the bar has each port where it belongs.
func TestHTMLPorts(t *testing.T) {
	h := htmlPortsOf(TriedPorts{Head: "h", Runs: []SweptRange{{50000, 50004, PortOpen}, {50005, 50005, PortSilent}, {50008, 50009, PortState("open and refused")}}})
	want := []htmlCell{
		{0, 0, 220, barHeight, "open"},
		{220, barHeight - 4, 44, 4, "silent"},
		{352, barHeight / 2, 88, barHeight / 2, "mixed"},
	}
	if !slices.Equal(h.Cells, want) {
		t.Errorf("%+v, want %+v", h.Cells, want)
	}
	if rows := fmt.Sprint(h.Rows); rows != "[{open 50000-50004, 5 tried} {silent 50005, 1 tried} {open and refused 50008-50009, 2 tried}]" {
		t.Error(rows)
	}
}

var colour = regexp.MustCompile(`--([a-z]+): #([0-9a-f]{3,6});`)

// TestHTMLContrast: words are readable on the paper in both schemes (WCAG 2.2,
// 1.4.3: at least 4.5 to 1).
func TestHTMLContrast(t *testing.T) {
	css, err := htmlFiles.ReadFile("html/report.css")
	if err != nil {
		t.Fatal(err)
	}
	light, rest, _ := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "box-sizing")
	for name, scheme := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]float64{}
		for _, m := range colour.FindAllStringSubmatch(scheme, -1) {
			colours[m[1]] = luminance(m[2])
		}
		for _, ink := range []string{"ink", "soft", "ok", "warn", "fail", "note"} {
			for _, ground := range []string{"paper", "tint"} {
				a, b := colours[ink]+.05, colours[ground]+.05
				if ratio := max(a, b) / min(a, b); ratio < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.1f", name, ink, ground, ratio)
				}
			}
		}
	}
}

// luminance is that of a colour, as WCAG 2.2 defines it.
func luminance(hex string) float64 {
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, _ := strconv.ParseUint(hex, 16, 32)
	sum := 0.0
	for i, weight := range []float64{0.0722, 0.7152, 0.2126} {
		c := float64(n>>(8*i)&0xff) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
