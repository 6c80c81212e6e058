package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestLongListsOfExamples: the report shows the first ones and names the rest,
// which -v prints.
func TestLongListsOfExamples(t *testing.T) {
	written := func(examples []Example, opt TextOptions) string {
		var b bytes.Buffer
		text := NewText(&b, opt)
		text.writeFixes([]Fix{{Who: ServerNetwork, Do: "Open it.", Examples: examples}})
		text.w.Flush()
		return b.String()
	}
	all := openRange(portRange{50000, 50100})
	short, long := written(all, TextOptions{}), written(all, TextOptions{Verbose: true})
	if !strings.HasSuffix(short, "(-v prints the lines for Windows, AWS, Azure and Google, too)\n") || strings.Contains(short, "gcloud") {
		t.Errorf("short:\n%s", short)
	}
	if strings.Contains(long, "-v prints") || !strings.Contains(long, "gcloud") {
		t.Errorf("long:\n%s", long)
	}
	if five := written(all[:5], TextOptions{}); !strings.Contains(five, "netsh") || strings.Contains(five, "-v prints") {
		t.Errorf("a list that is not long is whole:\n%s", five)
	}
}

// TestRuledOutAndOpen: what the cause is not, and what is left open, stand apart.
func TestRuledOutAndOpen(t *testing.T) {
	var b bytes.Buffer
	text := NewText(&b, TextOptions{})
	text.writeRuledOut([]string{"Not decided: where.", "A blocked port: it opened.", "TLS as such: it is on."})
	text.w.Flush()
	want := []string{"      Not     A blocked port: it opened.", "              TLS as such: it is on.", "      But     Not decided: where."}
	if got := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n"); !slices.Equal(got, want) {
		t.Errorf("got:\n%s", b.String())
	}
}
