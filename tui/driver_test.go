package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"

	tea "charm.land/bubbletea/v2"
)

// driver stands in for Bubble Tea: it carries out commands and delivers their
// messages. It works in a synctest bubble, in virtual time.
type driver struct {
	t      *testing.T
	m      *Model
	msgs   chan tea.Msg
	quit   bool
	copied string // by the last command that was not the screen's own

	seconds int // that were counted
}

// drive opens a screen of 80x24 and delivers its first messages.
func drive(t *testing.T, w Work, o Options) *driver {
	t.Helper()
	if w.Check == nil {
		w.Check = func(Form) error { return nil }
	}
	o.Plain = true
	d := &driver{t: t, m: New(t.Context(), w, o), msgs: make(chan tea.Msg, 10000)}
	t.Cleanup(func() {
		d.m.feed.stop()
		time.Sleep(time.Minute) // the last alarms ring in vain
	})
	d.update(tea.WindowSizeMsg{Width: 80, Height: 24})
	d.do(d.m.Init())
	d.wait()
	return d
}

func (d *driver) do(cmd tea.Cmd) {
	if cmd != nil {
		go func() { d.msgs <- cmd() }()
	}
}

func (d *driver) update(msg tea.Msg) {
	switch msg := msg.(type) {
	case tea.BatchMsg:
		for _, cmd := range msg {
			d.do(cmd)
		}
		return
	case tea.QuitMsg:
		d.quit = true
	case secondMsg:
		if msg.count == d.m.count {
			d.seconds++
		}
	case eventsMsg, alarmMsg, timeMsg, tea.WindowSizeMsg, tea.KeyPressMsg, tea.PasteMsg:
	default:
		d.copied = fmt.Sprint(msg)
	}
	_, cmd := d.m.Update(msg)
	d.do(cmd)
}

// wait delivers what is due now.
func (d *driver) wait() {
	for {
		synctest.Wait()
		select {
		case msg := <-d.msgs:
			d.update(msg)
			continue
		default:
		}
		return
	}
}

// pass lets time go by.
func (d *driver) pass(span time.Duration) {
	end := time.After(span)
	for {
		select {
		case msg := <-d.msgs:
			d.update(msg)
			continue
		case <-end:
		}
		break
	}
	d.wait()
}

// press types keys by the names that Bubble Tea gives them. Other texts are
// typed letter by letter.
func (d *driver) press(keys ...string) {
	for _, k := range keys {
		if msg, ok := named(k); ok {
			d.update(msg)
		} else {
			for _, r := range k {
				d.update(letter(r))
			}
		}
		d.wait()
	}
}

func named(key string) (tea.KeyPressMsg, bool) {
	codes := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft,
		"right": tea.KeyRight, "backspace": tea.KeyBackspace, "delete": tea.KeyDelete, "pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "home": tea.KeyHome, "end": tea.KeyEnd,
	}
	if code, ok := codes[key]; ok {
		return tea.KeyPressMsg{Code: code}, true
	}
	if key == "space" {
		return letter(' '), true
	}
	if rest, ok := strings.CutPrefix(key, "ctrl+"); ok && len(rest) == 1 {
		return tea.KeyPressMsg{Code: rune(rest[0]), Mod: tea.ModCtrl}, true
	}
	return tea.KeyPressMsg{}, false
}

func letter(r rune) tea.KeyPressMsg { return tea.KeyPressMsg{Code: r, Text: string(r)} }

// size changes the size of the screen.
func (d *driver) size(width, height int) {
	d.update(tea.WindowSizeMsg{Width: width, Height: height})
}

// screen is what stands on it.
func (d *driver) screen() string {
	lines, _ := d.m.draw()
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// shows fails the test unless every text is on the screen.
func (d *driver) shows(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if !strings.Contains(d.screen(), text) {
			d.t.Errorf("the screen does not show %q:\n%s", text, d.screen())
		}
	}
}

// hides fails the test if one of the texts is on the screen.
func (d *driver) hides(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if strings.Contains(d.screen(), text) {
			d.t.Errorf("the screen shows %q:\n%s", text, d.screen())
		}
	}
}

// recorded returns the events of a run in testdata/goldens.
func recorded(t testing.TB, name string) []probe.Event {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "goldens", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var events []probe.Event
	for e, err := range probe.ReadEvents(f) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

// jobOf is a job whose runs yield these events: the first run those of the
// first list, and so on; the last list again and again. A list without its
// finish goes on until it is cancelled.
func jobOf(runs ...[]probe.Event) *Job {
	n := 0
	job := &Job{Host: "ftp.example.com", Port: 21, User: "anonymous", Checks: probe.DefaultChecks}
	job.Run = func(ctx context.Context, _ []probe.Check) iter.Seq[probe.Event] {
		events := runs[min(n, len(runs)-1)]
		n++
		return func(yield func(probe.Event) bool) {
			for _, e := range events {
				if !yield(e) {
					return
				}
			}
			if len(events) > 0 && events[len(events)-1].Kind == probe.KindFinish {
				return
			}
			<-ctx.Done()
			yield(probe.Event{Kind: probe.KindFinish, Outcome: probe.OutcomeCancelled})
		}
	}
	return job
}

// upTo is a run up to and including the first event that fits.
func upTo(events []probe.Event, fits func(probe.Event) bool) []probe.Event {
	for i, e := range events {
		if fits(e) {
			return events[:i+1]
		}
	}
	panic("no event fits")
}

// memoryFiles are files that Work.Save writes.
type memoryFiles map[string]string

var errDisk = errors.New("cannot write the report: no space left on device")

func (f memoryFiles) save(name string, overwrite bool, write func(io.Writer) error) (string, error) {
	if _, exists := f[name]; exists && !overwrite {
		return "", ErrExists
	}
	if strings.HasPrefix(name, "/full/") {
		return "", errDisk
	}
	var b strings.Builder
	err := write(&b)
	f[name] = b.String()
	return "/home/me/" + name, err
}
