//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Size of the terminal in the README's picture.
const pictureWidth, pictureHeight = 112, 38

// TestPicture: the picture in the README is, but for times and ports, the
// screen of the demo at its end. With -update it is drawn anew.
func TestPicture(t *testing.T) {
	t.Parallel()
	p := openPane(t, pictureWidth, pictureHeight)
	p.runs("ftpcheck tui --demo")
	p.shows(`FAIL +\d+ s$`)
	p.keys("Escape") // the words about the simulation go
	p.await("the words are gone", func() bool { return !strings.Contains(p.screen(), "simulated network") })
	p.rests()
	got := svgOf(p.ask("capture-pane", "-p", "-e"), pictureWidth, pictureHeight, "ftpcheck tui --demo")

	file := filepath.Join("..", "..", "testdata", "screen.svg")
	stored, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	text, colours := svgText(got)
	oldText, oldColours := svgText(string(stored))
	textDiff := cmp.Diff(loose(oldText), loose(text))
	colourDiff := cmp.Diff(masked(oldColours), masked(colours))
	switch {
	case textDiff+colourDiff == "":
	case *update:
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("testdata/screen.svg is another screen (go test ./cmd/ftpcheck -run TestPicture -update draws it):\n%s%s", textDiff, colourDiff)
	}
}
