package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"ftpcheck/probe"
)

var update = flag.Bool("update", false, "rewrite testdata/goldens, and the heads of the explain pages, from what is printed now")

// TestGoldens prints each run in every format. The recording stands beside
// its reports, so that they can be replayed by hand.
func TestGoldens(t *testing.T) {
	schema := compileSchema(t)
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			s := run()
			r := New(s.evidence(), Judge{})
			text := text80(t, r, TextOptions{Verbose: name == "hostile-words" || name == "tls-well"})
			golden(t, name+".txt", text)
			golden(t, name+".json", json80(t, schema, r))
			golden(t, name+".md", markdownOf(t, r, false))
			golden(t, name+".xml", junitFile(t, r))
			golden(t, name+".github", githubText(t, r))
			golden(t, name+".html", htmlFile(t, r, name == "tls-well"))
			var record bytes.Buffer
			for _, e := range s.all() {
				if err := probe.WriteEvent(&record, e); err != nil {
					t.Fatal(err)
				}
			}
			golden(t, name+".jsonl", record.String())
		})
	}
}

// golden compares with a stored file, or stores it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("..", "testdata", "goldens", name)
	if *update {
		store(t, file, got)
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (go test ./report -update rewrites it):\n%s", name, diff)
	}
}

// store is the only place that rewrites expected output.
func store(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	schema, err := c.Compile(filepath.Join("..", "testdata", "report.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// json80 prints a report as JSON and holds it against the schema.
func json80(t *testing.T, schema *jsonschema.Schema, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%v\n%s", err, b.String())
	}
	if strings.Contains(b.String(), "null") && !strings.Contains(b.String(), `"null`) {
		t.Error("null in the output: what is unknown is absent, and arrays are never null")
	}
	for _, c := range b.Bytes() {
		if c != '\n' && (c < 0x20 || c > 0x7e) {
			t.Fatalf("byte %#x in the output, which is not printable ASCII", c)
		}
	}
	return b.String()
}

func TestSchemaRejectsWhatIsNoReport(t *testing.T) {
	schema := compileSchema(t)
	var good bytes.Buffer
	if err := WriteJSON(&good, New(runAllWell().evidence(), Judge{})); err != nil {
		t.Fatal(err)
	}
	for _, change := range []struct{ old, new string }{
		{`"schema": 1`, `"schema": 2`},
		{`"result": "pass"`, `"result": "PASS"`},
		{`"state": "ok"`, `"state": "OK"`},
		{`"findings": [`, `"findings": null, "x": [`},
		{`"as": "announced"`, `"as": "elsewhere"`},
		{`"outcome": "open"`, `"outcome": ""`},
		{`"dir": "send"`, `"dir": "sent"`},
		{`"verdict": "works"`, `"verdict": "maybe"`},
	} {
		bad := strings.Replace(good.String(), change.old, change.new, 1)
		if bad == good.String() {
			t.Fatalf("%s does not occur", change.old)
		}
		var v any
		if err := json.Unmarshal([]byte(bad), &v); err != nil {
			t.Fatal(err)
		}
		if schema.Validate(v) == nil {
			t.Errorf("the schema admits %s", change.new)
		}
	}
}
