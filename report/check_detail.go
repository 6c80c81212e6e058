package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// about says in a line what a check does.
var about = map[probe.Check]string{
	probe.CheckName:     "The server's name is looked up.",
	probe.CheckControl:  "The control connection: each address is dialled, until one greets.",
	probe.CheckSecure:   "TLS on the control connection.",
	probe.CheckLogin:    "The login, and what the server tells of itself.",
	probe.CheckEPSV:     "Passive mode: the server announces a port, we connect to it.",
	probe.CheckPASV:     "Passive mode: the server announces an IPv4 address and a port, we connect to it.",
	probe.CheckEPRT:     "Active mode: we announce an address and a port, the server connects to it.",
	probe.CheckPORT:     "Active mode: we announce an IPv4 address and a port, the server connects to it.",
	probe.CheckPorts:    "Several ports that the server announces are dialled.",
	probe.CheckClient:   "What an ordinary FTP client experiences (jlaffaye/ftp).",
	probe.CheckTransfer: "Files are transferred.",
	probe.CheckIdle:     "How long a silent control connection lives.",
	probe.CheckPath:     "How far packets come, hop by hop.",
	probe.CheckPeer:     "What the other end saw.",
}

// CheckDetail sets all that is known of one check in lines of at most width
// columns: what was sent, announced, dialled and answered, in order. now is the
// time since the run began. paint decorates the words that carry a state; nil
// leaves them alone.
func CheckDetail(ev *probe.Evidence, c probe.Check, now time.Duration, width int, paint func(string) string) []string {
	p, lines := newPage(width, paint)
	p.paragraph(join(string(c), ": ", about[c]))
	l := LineAt(ev, c, now)
	if l.State == "" {
		return *lines
	}
	word, indent := Word(l.State), labelWidth
	if l.State == Running { // the summary says so
		word, indent = "", 0
	}
	for _, text := range wrap(ASCII(l.Summary), p.width-indent) {
		p.line("%s%*s%s", p.word(word), indent-len(word), "", text)
		word = ""
	}
	p.line("")
	p.writePeer(l.Peer)
	p.writeSteps(steps(ev, c, now))
	if c == probe.CheckSecure {
		p.writeTLS(l.TLS)
	}
	return *lines
}

// moment is one thing that happened in a check: a line of the transcript, which
// has a number, or an attempt.
type moment struct {
	at     time.Duration
	number int
	sign   string
	text   string // not escaped
}

func (p *page) writeSteps(all []moment) {
	for _, s := range all {
		head := fmt.Sprintf("%4d %s ", s.number, s.sign)
		if s.number == 0 {
			head = fmt.Sprintf("%4s %s ", "", s.sign)
		}
		for i, l := range wrap(ASCII(s.text), p.width-len(head)) {
			if i > 0 {
				head = strings.Repeat(" ", len(head))
			}
			p.line("%s%s", head, l)
		}
	}
	if len(all) > 0 {
		p.line("")
	}
}

// steps are the dialogue of a check, and its attempts, in the order of time.
func steps(ev *probe.Evidence, c probe.Check, now time.Duration) []moment {
	var all []moment
	for _, l := range ev.Transcript() {
		if l.Check == c {
			all = append(all, moment{l.At, l.Number, arrowOf(l.Dir), l.Text})
		}
	}
	note := func(at time.Duration, text string) { all = append(all, moment{at: at, sign: "*", text: text}) }
	for _, d := range dialsOf(ev, c) {
		note(d.Began, dialStep(&d, now))
		if d.Data != nil {
			note(d.Began+d.Took+d.Data.Took, dataStep(d.To.String(), d.Data))
		}
	}
	for _, m := range append(slices.Clone(ev.Tries), ev.Modes[c]) {
		if m == nil || m.Check != c {
			continue
		}
		for _, a := range m.Arrivals {
			note(a.At, fmt.Sprintf("a connection from %s arrived at %s", a.From, a.Local))
			if a.Data != nil {
				note(a.At+a.Data.Took, dataStep(a.From.String(), a.Data))
			}
		}
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	return append(all, measured(ev, c)...)
}

// measured are the results of checks that say nothing to the server.
func measured(ev *probe.Evidence, c probe.Check) []moment {
	var all []moment
	note := func(text string) { all = append(all, moment{sign: "*", text: text}) }
	switch {
	case c == probe.CheckName && ev.Lookup != nil:
		for _, a := range ev.Lookup.Addresses {
			note(fmt.Sprintf("address %s", a))
		}
	case c == probe.CheckPath:
		for _, to := range tracedPorts(ev) {
			t := readTrace(ev.PathTo(to))
			note(join(to.String(), ": ", cmp.Or(pathEnd(ev, to), distanceWords(t))))
			for ttl := 1; ttl <= t.expired; ttl++ {
				if a, answered := t.names[ttl]; answered && a.IsValid() {
					note("    " + t.hopName(ttl))
				}
			}
		}
	case c == probe.CheckIdle:
		for _, s := range ev.Idle {
			note(join(fmt.Sprintf("silent for %s, then %s", ms(s.Took), s.Outcome), ": ", s.Text))
		}
	}
	return all
}

func distanceWords(t trace) string {
	if t.answer != hops.Open {
		return ""
	}
	return fmt.Sprintf("open, %d %s away", t.distance, plural(t.distance, "hop"))
}

// roles are the roles in which an address is dialled, for people.
var roles = map[probe.As]string{
	probe.AsAnnounced:   " as announced",
	probe.AsControlHost: " on the control host",
	probe.AsSample:      " on the control host",
	probe.AsConfirm:     " once more",
	probe.AsClient:      " by the client",
}

func dialStep(d *probe.Dial, now time.Duration) string {
	head := fmt.Sprintf("dial %s%s: ", d.To, roles[d.As])
	switch d.Outcome {
	case "":
		return fmt.Sprintf("%sno answer yet, %d s", head, max(now-d.Began, 0)/time.Second)
	case hops.Open:
		return head + "open in " + ms(d.Took)
	}
	return head + dialWords(d)
}

func dataStep(peer string, d *probe.Data) string {
	return fmt.Sprintf("%s sent %s in %s: %s", peer, count(int(d.Bytes), "byte"), ms(d.Took), d.Outcome)
}

// narrowTranscript is the width below which the times give way to the words.
const narrowTranscript = 60

// TranscriptLines sets all that was said in lines of at most width columns.
func TranscriptLines(transcript []probe.Line, width int) []string {
	var lines []string
	for _, l := range transcript {
		head := fmt.Sprintf("%4d %7.3f %-8s %s ", l.Number, l.At.Seconds(), l.Check, arrowOf(l.Dir))
		if width < narrowTranscript {
			head = fmt.Sprintf("%4d %-8s %s ", l.Number, l.Check, arrowOf(l.Dir))
		}
		for i, text := range wrap(ASCII(l.Text), width-len(head)) {
			if i > 0 {
				head = strings.Repeat(" ", len(head))
			}
			lines = append(lines, strings.TrimRight(head+text, " "))
		}
	}
	return lines
}

// Wrap breaks text of any origin into printable ASCII lines of at most width
// columns.
func Wrap(text string, width int) []string { return wrap(ASCII(text), width) }
