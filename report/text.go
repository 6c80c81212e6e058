package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ftpcheck/probe"
)

// TextOptions choose how much the text report says.
type TextOptions struct {
	Quiet   bool // one line per finding and the result
	Verbose bool // the clients' table and the transcript at the end
	Color   bool // ANSI colours on the words that carry a state
}

// Text prints the text report: plain ASCII, at most 80 columns but for the
// last line. Update prints what is settled while the run goes on; Finish
// prints the rest.
type Text struct {
	page
	w       *bufio.Writer
	opt     TextOptions
	header  bool
	printed map[probe.Check]bool
}

// NewText returns a printer that writes to w.
func NewText(w io.Writer, opt TextOptions) *Text {
	t := &Text{w: bufio.NewWriter(w), opt: opt, printed: map[probe.Check]bool{}}
	t.page = page{width: lineWidth, indent: storyIndent, verbose: opt.Verbose, emit: t.emitLine}
	if opt.Color {
		t.paint = paintANSI
	}
	return t
}

// WriteText prints the whole report at once.
func WriteText(w io.Writer, r *Report, opt TextOptions) error {
	return NewText(w, opt).Finish(r)
}

// Update prints the header as soon as the run has begun, and each check's line
// as soon as that check and all before it have ended.
func (t *Text) Update(ev *probe.Evidence) error {
	if t.opt.Quiet || ev.Start == nil {
		return nil
	}
	if !t.header {
		t.writeHeader(&Report{
			Tool: ev.Start.Tool, Started: ev.Start.Time.UTC(),
			Target: Target{Host: ev.Start.Host, Port: ev.Start.Port, User: ev.Start.User},
		})
	}
	for _, c := range probe.Checks {
		if t.printed[c] {
			continue
		}
		if !settled(ev, c) {
			if expected(ev, c) {
				break
			}
			continue
		}
		t.writeCheck(Line(ev, c))
	}
	return t.w.Flush()
}

// expected reports whether the check is part of this run.
func expected(ev *probe.Evidence, c probe.Check) bool {
	chosen := ev.Start.Options.Checks
	if chosen == nil {
		chosen = probe.DefaultChecks
	}
	return slices.Contains(chosen, c) || ev.Checks[c] != nil
}

// settled reports whether nothing can change the check's line any more. What a
// refused EPSV means depends on PASV, and the control line waits for the
// server's distance as long as the login takes.
func settled(ev *probe.Evidence, c probe.Check) bool {
	ended := func(c probe.Check) bool {
		run := ev.Checks[c]
		return run != nil && (run.Ended && !run.Running || run.Skipped != "")
	}
	if c == probe.CheckEPSV && refusedForGood(ev.Modes[c]) && expected(ev, probe.CheckPASV) && !ended(probe.CheckPASV) {
		return false
	}
	if c == probe.CheckControl && !ended(probe.CheckLogin) && peerOf(ev).IsValid() && wasRun(ev, probe.CheckPath) && hopsTo(ev, peerOf(ev)) == 0 {
		return ended(c) && !expected(ev, probe.CheckLogin)
	}
	return ended(c)
}

// Finish prints everything that Update has not printed.
func (t *Text) Finish(r *Report) error {
	if t.opt.Quiet {
		for _, f := range r.Findings {
			t.line("%s", headLines(f, t.width, t.word)[0])
		}
	} else {
		t.writeBody(r)
	}
	t.line("%s", resultLine(r, t.word))
	return t.w.Flush()
}

func (t *Text) writeBody(r *Report) {
	if !t.header {
		t.writeHeader(r)
	}
	for _, l := range r.Checks {
		if !t.printed[l.Check] {
			t.writeCheck(l)
		}
	}
	for _, l := range r.Checks {
		if l.Sweep != nil {
			t.line("")
			for _, row := range l.Sweep.lines() {
				t.line("%s", row)
			}
		}
	}
	for _, row := range portMapLines(r) {
		t.line("%s", row)
	}
	t.line("")
	for _, l := range diagram(r.Arrows, r.Client.Address, r.Server.Address) {
		t.line("%s", t.paintEnd(l))
	}
	if len(r.Arrows) > 0 {
		t.line("")
	}
	for _, f := range r.Findings {
		t.writeFinding(f)
	}
	if t.opt.Verbose {
		t.writeCertificates(r)
		t.writeClients(r)
		t.writeTranscript(r)
	}
}

func (t *Text) writeHeader(r *Report) {
	t.header = true
	parts := []string{
		"ftpcheck " + ASCII(r.Tool),
		fmt.Sprintf("%s as %s", HostPort(ASCII(r.Target.Host), r.Target.Port), ASCII(r.Target.User)),
		r.Started.Format(time.RFC3339),
	}
	line := strings.Join(parts, "  ")
	if len(line) <= lineWidth {
		t.line("%s", line)
	} else {
		for _, p := range parts {
			for _, l := range wrap(p, lineWidth) {
				t.line("%s", l)
			}
		}
	}
	t.line("")
}

// summaryColumn is where a check's words begin.
const summaryColumn = 17

func (t *Text) writeCheck(l CheckLine) {
	t.printed[l.Check] = true
	lines := wrap(clip(ASCII(l.Summary), 3*(lineWidth-summaryColumn)-10), lineWidth-summaryColumn)
	word := Word(l.State)
	t.line("  %s%s  %-8s %s", t.word(word), strings.Repeat(" ", max(4-len(word), 0)), l.Check, lines[0])
	for _, more := range lines[1:] {
		t.line("%*s%s", summaryColumn, "", more)
	}
}

// resultLine is the last line: the verdict for logs and scripts. paint
// decorates its word.
func resultLine(r *Report, paint func(string) string) string {
	works, fails := r.modes()
	return fmt.Sprintf("RESULT %s %s problems=%d warnings=%d works=%s fails=%s",
		paint(strings.ToUpper(string(r.Result))), HostPort(ASCII(r.Target.Host), r.Target.Port),
		r.count(Problem), r.count(Warning), commas(works), commas(fails))
}

// modes are the modes that work, and those that do not.
func (r *Report) modes() (works, fails []string) {
	for _, l := range r.Checks {
		switch {
		case !slices.Contains(probe.Passive, l.Check) && !slices.Contains(probe.Active, l.Check):
		case l.State == OK:
			works = append(works, string(l.Check))
		case l.State == Failed || l.State == Warn:
			fails = append(fails, string(l.Check))
		}
	}
	return works, fails
}

func commas(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ",")
}

func (t *Text) writeTranscript(r *Report) {
	if len(r.Transcript) == 0 {
		return
	}
	t.line("TRANSCRIPT")
	t.line("")
	for _, l := range TranscriptLines(r.Transcript, lineWidth) {
		t.line("%s", l)
	}
	t.line("")
}

// arrowOf is the transcript's sign for a line's direction.
func arrowOf(dir probe.Kind) string {
	switch dir {
	case probe.KindSend:
		return ">"
	case probe.KindRecv:
		return "<"
	}
	return "*"
}

func (t *Text) emitLine(line string) {
	t.w.WriteString(line)
	t.w.WriteByte('\n')
}
