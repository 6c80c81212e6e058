package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
	"ftpcheck/report"
	"ftpcheck/tui"
)

var update = flag.Bool("update", false, "write the generated parts of README.md, the manual page, and the stored screens and picture, anew")

const maxReadmeLines = 160

var readmePath = filepath.Join("..", "..", "README.md")

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// generated compares what stands between <!-- name --> and <!-- /name --> with
// want, or replaces it.
func generated(t *testing.T, name, want string, same func(a, b string) bool) {
	t.Helper()
	text := readme(t)
	before, rest, found := strings.Cut(text, "<!-- "+name+" -->\n")
	got, after, closed := strings.Cut(rest, "<!-- /"+name+" -->\n")
	if !found || !closed {
		t.Fatalf("README.md has no part %s", name)
	}
	if same(got, want) {
		return
	}
	if !*update {
		t.Fatalf("README.md: %s is not what it should be (go test ./cmd/ftpcheck -run README -update writes it)\n%s", name, want)
	}
	text = before + "<!-- " + name + " -->\n" + want + "<!-- /" + name + " -->\n" + after
	if err := os.WriteFile(readmePath, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestREADMEFindings: every code is in the table, in the row of the one who
// usually can fix it.
func TestREADMEFindings(t *testing.T) {
	var b strings.Builder
	b.WriteString("| who | can fix |\n|---|---|\n")
	for _, owner := range []report.Owner{report.ServerAdmin, report.ServerNetwork, report.PathOwner, report.ClientNetwork, report.ClientUser, report.Nobody} {
		var codes []string
		for _, c := range report.Codes() {
			if c.Owner == owner {
				codes = append(codes, fmt.Sprintf("`%s` %s", c.Code, c.Title))
			}
		}
		if len(codes) > 0 {
			fmt.Fprintf(&b, "| %s | %s |\n", report.OwnerTitle(owner), strings.Join(codes, "<br>"))
		}
	}
	for _, c := range report.Codes() {
		if !strings.Contains(b.String(), "`"+c.Code+"`") {
			t.Errorf("%s has no owner", c.Code)
		}
	}
	generated(t, "findings", b.String(), func(a, b string) bool { return a == b })
}

// TestREADMEKeys: the keys in the README are those of the screen's key table.
func TestREADMEKeys(t *testing.T) {
	var rows []string
	for _, k := range tui.Keys() {
		rows = append(rows, fmt.Sprintf("`%s` %s", strings.ReplaceAll(k.Keys, " ", "` `"), k.Does))
	}
	const columns = 3
	var cells []string
	for column := range slices.Chunk(rows, (len(rows)+columns-1)/columns) {
		cells = append(cells, strings.Join(column, "<br>"))
	}
	table := "| keys | | |\n|---|---|---|\n| " + strings.Join(cells, " | ") + " |\n"
	generated(t, "keys", table, func(a, b string) bool { return a == b })
}

// numbers are what differs between two runs of a simulation: times and ports.
var numbers = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

// TestREADMEReport: the report in the README is what demo prints, up to the
// end of its first finding, and the last line.
func TestREADMEReport(t *testing.T) {
	t.Parallel()
	s, stdout, stderr := testStreams()
	if code := run(t.Context(), []string{"demo"}, s); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	text := stdout.String()
	more := strings.Index(text, "      More    ")
	result := strings.LastIndex(text, "\nRESULT ")
	if more < 0 || result < more {
		t.Fatalf("no finding in the report:\n%s", text)
	}
	more += strings.IndexByte(text[more:], '\n')
	short := "```\n" + text[:more] + "\n\n[another finding]\n" + text[result:] + "```\n"
	// Numbers of another length may also break lines elsewhere.
	plain := func(s string) string { return strings.Join(strings.Fields(numbers.ReplaceAllString(s, "0")), " ") }
	generated(t, "report", short, func(a, b string) bool { return plain(a) == plain(b) })
}

func TestREADMELength(t *testing.T) {
	if n := strings.Count(readme(t), "\n"); n > maxReadmeLines {
		t.Errorf("README.md has %d lines, at most %d are wanted", n, maxReadmeLines)
	}
}

// notRun are the commands of the README that the tests cannot run: they are
// the tests, or change the machine.
var notRun = []string{"go test ./...", "go install ./cmd/ftpcheck"}

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// TestREADMECommands runs every command of the README, one after the other in
// one folder; each must succeed. In the place of ftp.example.com stands our
// own server.
func TestREADMECommands(t *testing.T) {
	t.Parallel()
	const password = "Zq8-readme"
	server := serveLoopback(t, ftpd.Options{Anonymous: true, User: "alice", Password: password})
	words := strings.NewReplacer("go run ./cmd/ftpcheck", "ftpcheck", "USER", "alice", "--listen :2121", "--for 200ms --listen 127.0.0.1:0")
	host := regexp.MustCompile(`ftp\.example\.com(:[0-9]+)?`)
	dir := t.TempDir()
	ran := 0
	for _, block := range shellBlock.FindAllStringSubmatch(readme(t), -1) {
		for line := range strings.Lines(block[1]) {
			line, _, _ = strings.Cut(line, "#")
			line = strings.TrimSpace(line)
			if slices.Contains(notRun, line) {
				continue
			}
			args := strings.Fields(host.ReplaceAllString(words.Replace(line), server.String()))
			if len(args) == 0 || args[0] != "ftpcheck" {
				t.Errorf("not a command of ftpcheck: %s", line)
				continue
			}
			cmd := program(t, args[1:]...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "FTPCHECK_PASSWORD="+password, "HOME="+dir)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
			if bytes.Contains(out, []byte(password)) {
				t.Errorf("%s: the password is shown\n%s", line, out)
			}
			ran++
		}
	}
	if ran == 0 {
		t.Error("README.md has no commands")
	}
}

// serveLoopback serves on a loopback port until the test ends.
func serveLoopback(t *testing.T, opt ftpd.Options) netip.AddrPort {
	t.Helper()
	ready := make(chan netip.AddrPort, 1)
	opt.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	opt.Ready = func(addrs []netip.AddrPort) { ready <- addrs[0] }
	server, err := ftpd.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, probe.System{}) }()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	select {
	case addr := <-ready:
		return addr
	case err := <-ended:
		ended <- err
		t.Fatal(err)
	}
	panic("unreachable")
}
