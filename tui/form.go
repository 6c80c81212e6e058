package tui

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/report"

	tea "charm.land/bubbletea/v2"
)

// form asks for the target.
type form struct {
	field   int // that the keys act on
	texts   [4]field
	tls     probe.TLSMode
	without map[probe.Check]bool
	mode    int    // that space switches on and off
	wrong   string // what Work.Check says
	tried   bool   // the user has typed something or asked to start
}

// Fields of the form, in their order. Those of texts come first.
const (
	fieldHost = iota
	fieldPort
	fieldUser
	fieldPassword
	fieldTLS
	fieldModes
	fields
)

var fieldNames = [fields]string{"host", "port", "user", "password", "TLS", "modes"}

var tlsModes = []probe.TLSMode{probe.TLSAuto, probe.TLSOff, probe.TLSExplicit, probe.TLSImplicit}

// formModes are the modes that can be left out.
var formModes = slices.Concat(probe.Passive, probe.Active)

func newForm(o Options) form {
	f := form{tls: cmp.Or(o.Form.TLS, probe.TLSAuto), without: map[probe.Check]bool{}}
	for i, text := range []string{o.Form.Host, o.Form.Port, o.Form.User, o.Form.Password} {
		f.texts[i].set(text)
	}
	f.texts[fieldPassword].hidden = true
	maps.Copy(f.without, o.Form.Without)
	if o.Form.Host != "" && o.Form.User != "" {
		f.field = fieldPassword
	}
	return f
}

// values is what the form holds.
func (f *form) values() Form {
	return Form{
		Host: strings.TrimSpace(f.texts[fieldHost].String()), Port: strings.TrimSpace(f.texts[fieldPort].String()),
		User: f.texts[fieldUser].String(), Password: f.texts[fieldPassword].String(),
		TLS: f.tls, Without: maps.Clone(f.without),
	}
}

// editForm shows the form again, with what it held.
func (m *Model) editForm() {
	if m.opt.Fixed {
		m.say("a simulated network has no other target; ftpcheck demo --list names the scenarios")
		return
	}
	m.asking, m.over, m.alone = true, doNone, false
	m.form.field = fieldHost
	m.check()
}

// check validates the form.
func (m *Model) check() {
	m.form.wrong = ""
	if err := m.work.Check(m.form.values()); err != nil {
		m.form.wrong = report.ASCII(err.Error())
	}
}

func (m *Model) formKey(msg tea.KeyPressMsg) tea.Cmd {
	f := &m.form
	switch msg.String() {
	case "enter":
		return m.submit()
	case "down", "tab":
		f.field = (f.field + 1) % fields
		return nil
	case "up", "shift+tab":
		f.field = (f.field + fields - 1) % fields
		return nil
	case "esc":
		if m.job == nil {
			return tea.Quit
		}
		m.asking = false
		return nil
	}
	switch {
	case f.field == fieldTLS:
		f.tls = turn(tlsModes, f.tls, stepOf(msg))
	case f.field == fieldModes && msg.String() == "space":
		c := formModes[f.mode]
		f.without[c] = !f.without[c]
	case f.field == fieldModes:
		f.mode = min(max(f.mode+stepOf(msg), 0), len(formModes)-1)
	default:
		f.texts[f.field].key(msg)
	}
	f.tried = true
	m.check()
	return nil
}

// stepOf is the direction in which a key turns a choice.
func stepOf(msg tea.KeyPressMsg) int {
	switch msg.String() {
	case "right", "space":
		return 1
	case "left":
		return -1
	}
	return 0
}

// turn returns the neighbour of a value, around the end of the list.
func turn[T comparable](all []T, value T, step int) T {
	return all[(max(slices.Index(all, value), 0)+step+len(all))%len(all)]
}

// submit starts the run that the form describes.
func (m *Model) submit() tea.Cmd {
	m.form.tried = true
	m.check()
	if m.form.wrong != "" {
		return nil
	}
	job, warnings, err := m.work.Open(m.form.values())
	if err != nil {
		if errors.Is(err, ErrNoPassword) {
			m.form.field = fieldPassword
		}
		m.form.wrong = report.ASCII(err.Error())
		return nil
	}
	m.asking, m.watch.on = false, false
	m.say(warnings...)
	return m.run(job, nil)
}

// paste inserts pasted text where text is being typed.
func (m *Model) paste(text string) {
	switch {
	case m.prompt != nil:
		m.prompt.overwrite = false // another name is another question
		m.prompt.name.insert(text)
	case m.asking && m.form.field < len(m.form.texts):
		m.form.texts[m.form.field].insert(text)
		m.form.tried = true
		m.check()
	}
}
