package tui

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	tea "charm.land/bubbletea/v2"
)

// TestKeyTable: every key does one thing, and every action has a key.
func TestKeyTable(t *testing.T) {
	actions := holdTable(t, keyTable)
	for a := doNone + 1; a <= doQuit; a++ {
		if !actions[a] {
			t.Errorf("action %d has no key", a)
		}
	}
	actions = holdTable(t, serverKeys)
	for a := doFaults; a <= doCopyCommand; a++ {
		if !actions[a] {
			t.Errorf("action %d of a server's screen has no key", a)
		}
	}
}

// holdTable fails the test unless every key of a table does one thing. It
// returns the table's actions.
func holdTable(t *testing.T, table []binding) map[action]bool {
	t.Helper()
	keys, actions := map[string]bool{}, map[action]bool{}
	for _, b := range table {
		if actions[b.action] {
			t.Errorf("two rows for %s", b.name)
		}
		actions[b.action] = true
		for _, k := range b.keys {
			if keys[k] {
				t.Errorf("the key %s does two things", k)
			}
			keys[k] = true
			if actionIn(table, k) != b.action {
				t.Errorf("the key %s does something else", k)
			}
		}
		for name := range strings.FieldsSeq(b.name) {
			if name = strings.Replace(name, "pgdn", "pgdown", 1); !slices.Contains(b.keys, name) {
				t.Errorf("the key %s is shown, but does nothing", name)
			}
		}
	}
	return actions
}

// TestEscWithAKeyBehind: over a slow line both come together, and look like one
// key with alt. Where text is typed, that means nothing.
func TestEscWithAKeyBehind(t *testing.T) {
	alt := func(r rune) tea.KeyPressMsg { return tea.KeyPressMsg{Code: r, Mod: tea.ModAlt} }
	synctest.Test(t, func(t *testing.T) {
		d := finished(t, "private-address")
		d.press("t")
		d.update(alt('p'))
		d.shows(" PATH ")
		d.hides(" TRANSCRIPT ")
		d.update(alt('e'))
		d.press("h")
		d.update(alt('q'))
		d.shows(" > host      h")
		d.press("esc", "enter")
		d.update(alt('q'))
		d.wait()
		if d.m.alone || !d.quit {
			t.Errorf("the detail is still there: %v, quit: %v", d.m.alone, d.quit)
		}
	})
	m := serverScreen(t, 80, 24, nil)
	m.press("f")
	if m.Update(alt('i')); m.over != doAbout {
		t.Error("the server's screen lost a key")
	}
}

// TestHelp: the help lists every row of the key table.
func TestHelp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := finished(t, "all-well")
		d.size(80, 40)
		d.press("?")
		for _, k := range Keys() {
			d.shows(k.Keys, k.Does)
		}
	})
}
