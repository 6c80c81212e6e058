package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ftpcheck/report"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// environment is what the program looks at, and what that does.
var environment = [][2]string{
	{"FTPCHECK_PASSWORD", "The password to log in with, as the user that --user or TARGET names."},
	{"NETRC", "The netrc file, instead of ~/.netrc."},
	{"NO_COLOR", "If it is not empty, the report has no colour, unless --color says otherwise."},
	{"CLICOLOR_FORCE", "If it is neither empty nor 0, and NO_COLOR is empty, the report has colour wherever it goes, unless --color says otherwise."},
	{"TERM", "If it is empty or dumb, there is no colour, no progress line and no screen."},
	{"LC_ALL, LC_CTYPE, LANG", "The first that is not empty says whether the screen may draw with characters outside ASCII."},
	{"SSL_CERT_FILE, SSL_CERT_DIR", "On Unix systems other than macOS, where the certificates of trusted authorities are, instead of the system's usual places."},
}

var files = [][2]string{
	{"~/.netrc", "User and password for each server, as for ftp(1). It is only read."},
}

// related are pages of other programs.
var related = []string{"curl(1)", "ftp(1)", "lftp(1)", "traceroute(8)", "tcpdump(8)", "nft(8)", "vsftpd.conf(5)"}

// exitRow is a row of the README's table of exit codes.
var exitRow = regexp.MustCompile(`(?m)^\| ([0-9]+(?:, [0-9]+)*) \| (.*) \|$`)

// manPage is the manual page of the program, from the help of its commands,
// and from the README for the exit codes.
func manPage(t *testing.T) string {
	t.Helper()
	s, _, _ := testStreams()
	root := newRootCommand(&s)
	root.InitDefaultHelpFlag()
	commands := slices.DeleteFunc(root.Commands(), func(c *cobra.Command) bool { return !c.IsAvailableCommand() })
	about, _, found := strings.Cut(root.Long, "\n\nExit codes: ")
	if !found {
		t.Fatal("the help does not end with the exit codes, which have a section of their own here")
	}
	var r roff
	r.WriteString(".\\\" Made from the help texts: go test ./cmd/ftpcheck -run ManPage -update\n")
	r.macro("TH", "FTPCHECK", "1", "", "ftpcheck "+version, "User Commands")
	r.WriteString(".nh\n.ad l\n") // a word that is divided cannot be copied
	r.macro("SH", "NAME")
	r.text(`ftpcheck \- ` + plain.Replace(strings.ToLower(root.Short[:1])+root.Short[1:]))
	r.macro("SH", "SYNOPSIS")
	r.text(synopsis(root))
	for _, c := range commands {
		r.macro("br")
		r.text(synopsis(c))
	}
	r.macro("SH", "DESCRIPTION")
	r.paragraphs(about)
	r.macro("SH", "COMMANDS")
	for _, c := range commands {
		r.command(c, root.Flags())
	}
	r.macro("SH", "OPTIONS")
	r.flags(root, root.Flags())
	r.macro("SH", "EXIT STATUS")
	for _, row := range exitRow.FindAllStringSubmatch(readme(t), -1) {
		r.item(bold(row[1]), prose(strings.ReplaceAll(row[2], "`", "")))
	}
	r.macro("SH", "ENVIRONMENT")
	for _, e := range environment {
		r.item(bold(e[0]), prose(e[1]))
	}
	r.macro("SH", "FILES")
	for _, f := range files {
		r.item(italic(f[0]), prose(f[1]))
	}
	r.macro("PP")
	r.fill(prose("No file is written but those that --output and --record name, and those that are saved on the screen."))
	r.macro("SH", "EXAMPLES")
	r.example(root.Example)
	for _, c := range commands {
		if c.HasExample() {
			r.macro("PP")
			r.example(c.Example)
		}
	}
	r.macro("SH", "SEE ALSO")
	r.fill(seeAlso())
	r.macro("PP")
	r.fill("RFC 959 (FTP), RFC 2428 (EPSV and EPRT), RFC 4217 (FTP over TLS).")
	r.macro("PP")
	r.fill("The command explain lists the pages on findings and on the background, and prints them.")
	return r.String()
}

func seeAlso() string {
	var pages []string
	for _, p := range related {
		name, section, _ := strings.Cut(p, "(")
		pages = append(pages, bold(name)+"("+section)
	}
	return strings.Join(pages, ", ")
}

// TestManPage: the manual page is what the commands' help says.
func TestManPage(t *testing.T) {
	got := manPage(t)
	if *update {
		if err := os.WriteFile("ftpcheck.1", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("ftpcheck.1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("ftpcheck.1 is not what it should be (go test ./cmd/ftpcheck -run ManPage -update writes it):\n%s", diff)
	}
}

// TestManPageExitStatus: the exit codes of the README, and so of the page, are
// those of the program.
func TestManPageExitStatus(t *testing.T) {
	var got []int
	for _, row := range exitRow.FindAllStringSubmatch(readme(t), -1) {
		for code := range strings.SplitSeq(row[1], ", ") {
			n, err := strconv.Atoi(code)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, n)
		}
	}
	want := []int{report.ExitPass, report.ExitFail, report.ExitUsage, report.ExitNoJudgment, report.ExitLogin, report.ExitInterrupt, report.ExitTerminated}
	if !slices.Equal(got, want) {
		t.Errorf("README.md tells of the exit codes %v, the program has %v", got, want)
	}
}

// lookUp is a place in the source where the environment is looked at.
var lookUp = regexp.MustCompile(`getenv\("([A-Z_]+)"\)|"(LC_[A-Z]+|LANG)"`)

// TestManPageEnvironment: the page tells of every variable that the program
// looks at.
func TestManPageEnvironment(t *testing.T) {
	var told []string
	for _, e := range environment {
		told = append(told, strings.Split(e[0], ", ")...)
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range lookUp.FindAllStringSubmatch(string(text), -1) {
			if variable := m[1] + m[2]; !strings.HasSuffix(name, "_test.go") && !slices.Contains(told, variable) {
				t.Errorf("%s looks at %s, of which ENVIRONMENT does not tell", name, variable)
			}
			seen++
		}
	}
	if seen == 0 {
		t.Error("no source looks at the environment")
	}
}
