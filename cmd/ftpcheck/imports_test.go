package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport is the import direction: the packages of this module that each of
// them may import. What is not listed here is not allowed.
var mayImport = map[string][]string{
	"ftpcheck/probe/wire":     {},
	"ftpcheck/probe/hops":     {},
	"ftpcheck/probe/exchange": {"ftpcheck/probe/hops"},
	"ftpcheck/probe":          {"ftpcheck/probe/wire", "ftpcheck/probe/hops", "ftpcheck/probe/exchange"},
	"ftpcheck/probe/ftpd":     {"ftpcheck/probe", "ftpcheck/probe/wire", "ftpcheck/probe/hops", "ftpcheck/probe/exchange"},
	"ftpcheck/probe/netlab":   {"ftpcheck/probe", "ftpcheck/probe/wire", "ftpcheck/probe/hops", "ftpcheck/probe/ftpd"},
	"ftpcheck/report":         {"ftpcheck/probe", "ftpcheck/probe/wire", "ftpcheck/probe/hops", "ftpcheck/probe/exchange"},
	"ftpcheck/tui":            {"ftpcheck/probe", "ftpcheck/probe/wire", "ftpcheck/probe/hops", "ftpcheck/probe/ftpd", "ftpcheck/report"},
	"ftpcheck/cmd/ftpcheck": {
		"ftpcheck/probe", "ftpcheck/probe/wire", "ftpcheck/probe/hops", "ftpcheck/probe/exchange", "ftpcheck/probe/ftpd",
		"ftpcheck/probe/netlab", "ftpcheck/report", "ftpcheck/tui", "ftpcheck/testdata/scenarios",
	},
}

// onlyIn names the packages that alone may import something.
var onlyIn = map[string]string{
	"github.com/jlaffaye/ftp":  "ftpcheck/probe",
	"github.com/spf13/cobra":   "ftpcheck/cmd/ftpcheck",
	"charm.land/":              "ftpcheck/tui",
	"github.com/charmbracelet": "ftpcheck/tui",
}

func TestImportDirection(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "ftpcheck/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; packages++ {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		allowed, known := mayImport[p.ImportPath]
		if !known {
			t.Errorf("%s has no place in the import direction", p.ImportPath)
		}
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "ftpcheck") && !slices.Contains(allowed, i) {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
			if p.ImportPath == "ftpcheck/report" && (i == "net" || i == "os") {
				t.Errorf("report is a pure function of evidence, but imports %s", i)
			}
			if p.ImportPath == "ftpcheck/tui" && slices.Contains([]string{"net", "os", "os/signal", "path/filepath"}, i) {
				t.Errorf("tui is given what it needs of the system, but imports %s", i)
			}
			for prefix, place := range onlyIn {
				if strings.HasPrefix(i, prefix) && p.ImportPath != place {
					t.Errorf("%s imports %s, which only %s may", p.ImportPath, i, place)
				}
			}
		}
	}
	if packages < len(mayImport) {
		t.Errorf("go list shows %d packages, want at least %d", packages, len(mayImport))
	}
}

// The ordinary client is one observation among many: a single file knows it.
func TestOneFileKnowsTheOrdinaryClient(t *testing.T) {
	out, err := exec.Command("git", "grep", "-l", `"github.com/jlaffaye/ftp"`, "--", ":/*.go", ":(top,exclude)*_test.go").Output()
	if err != nil {
		t.Skip("not a git checkout: ", err)
	}
	if files := strings.Fields(string(out)); len(files) != 1 {
		t.Errorf("jlaffaye/ftp is imported by %v, want one file", files)
	}
}
