package wire

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exchange is one command of a captured dialogue and the replies to it.
type exchange struct {
	command string
	replies []Reply
}

// dialogues reads a file of testdata/servers: one list of exchanges for each
// control connection, the greeting being the answer to an empty command.
func dialogues(t *testing.T, name string) [][]exchange {
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "servers", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]exchange
	for _, connection := range strings.Split(string(data), "\n---\n") {
		var commands []string
		var received [][]string // reply lines after each command
		commands, received = append(commands, ""), append(received, nil)
		for line := range strings.Lines(connection) {
			line = strings.TrimSuffix(line, "\n")
			if command, ok := strings.CutPrefix(line, "> "); ok {
				commands, received = append(commands, command), append(received, nil)
			} else if reply, ok := strings.CutPrefix(line, "< "); ok {
				received[len(received)-1] = append(received[len(received)-1], reply)
			} else if !strings.HasPrefix(line, "# ") {
				t.Fatalf("%s: line %q", name, line)
			}
		}
		all = append(all, readDialogue(t, commands, received))
	}
	return all
}

// readDialogue sends all that the server said through one Reader. The replies
// must end where the next command stands.
func readDialogue(t *testing.T, commands []string, received [][]string) []exchange {
	t.Helper()
	var wire strings.Builder
	for _, lines := range received {
		for _, line := range lines {
			wire.WriteString(line + "\r\n")
		}
	}
	r := NewReader(strings.NewReader(wire.String()), Limits{})
	var dialogue []exchange
	for i, command := range commands {
		x := exchange{command: command}
		for lines := 0; lines < len(received[i]); {
			reply, err := r.ReadReply(nil)
			if err != nil {
				t.Fatalf("after %q: %v", command, err)
			}
			x.replies = append(x.replies, reply)
			lines += len(reply.Lines)
			if lines > len(received[i]) {
				t.Fatalf("after %q: %q goes beyond the reply", command, reply.Strings())
			}
		}
		if n := len(x.replies); n == 0 || n > 2 || n == 2 && x.replies[0].Code/100 != 1 {
			t.Fatalf("after %q: %d replies", command, n)
		}
		dialogue = append(dialogue, x)
	}
	return dialogue
}

// servers is what the captured dialogues say.
var servers = []struct {
	name, greeting string
	features       []string
	announced      []string         // by 229 and 227, in order
	codes          map[string][]int // of the last reply to each such command, in order
}{
	{
		name:      "vsftpd",
		greeting:  "(vsFTPd 3.0.3)",
		features:  []string{"EPRT", "EPSV", "MDTM", "PASV", "REST", "SIZE", "TVFS"},
		announced: []string{"24205", "127.0.0.1:24200", "24207"},
		codes: map[string][]int{
			"XYZZY": {530, 500}, "EPSV 3": {522}, "EPSV ALL": {200}, "LIST": {425, 226, 226, 425, 425, 226, 226},
			"PORT 192,0,2,1,94,236": {500}, "EPRT |1|192.0.2.1|24300|": {500}, "USER nosuchuser": {530},
		},
	}, {
		name:      "proftpd",
		greeting:  "ProFTPD Server (lab) [127.0.0.1]",
		features:  []string{"CLNT", "CSID", "EPRT", "EPSV", "HOST", "LANG", "MDTM", "MFF", "MFMT", "MLST", "RANG", "REST", "SIZE", "TVFS", "UTF8"},
		announced: []string{"24236", "127.0.0.1:24233", "24242"},
		codes: map[string][]int{
			"XYZZY": {500, 500}, "EPSV 3": {522}, "EPSV ALL": {200}, "LIST": {425, 226, 226, 425, 425, 226, 226},
			"PORT 192,0,2,1,94,236": {500}, "EPRT |1|192.0.2.1|24300|": {500}, "USER nosuchuser": {331},
		},
	}, {
		name:      "pure-ftpd",
		greeting:  "--------- Welcome to Pure-FTPd [privsep] [TLS] ----------",
		features:  []string{"AUTH", "EPRT", "EPSV", "ESTA", "ESTP", "IDLE", "MDTM", "MFMT", "MLSD", "MLST", "PASV", "PBSZ", "PRET", "PROT", "REST", "SIZE", "TVFS", "UTF8"},
		announced: []string{"24292", "127.0.0.1:24287", "24281", "24290", "24284", "127.0.0.1:24295"},
		codes: map[string][]int{
			"XYZZY": {530, 500}, "EPSV 3": {229}, "EPSV ALL": {220}, "LIST": {425, 226, 226, 425, 425, 226, 226},
			"PORT 192,0,2,1,94,236": {500}, "EPRT |1|192.0.2.1|24300|": {500}, "USER nosuchuser": {331},
		},
	}, {
		name:      "pyftpdlib",
		greeting:  "pyftpdlib 1.5.7 ready.",
		features:  []string{"EPRT", "EPSV", "MDTM", "MFMT", "MLST", "REST", "SIZE", "TVFS", "UTF8"},
		announced: []string{"24261", "127.0.0.1:24276", "24262"},
		codes: map[string][]int{
			"XYZZY": {500, 500}, "EPSV 3": {501}, "EPSV ALL": {220}, "LIST": {150, 226, 226, 150, 150, 226, 226},
			"PORT 192,0,2,1,94,236": {501}, "EPRT |1|192.0.2.1|24300|": {501}, "USER nosuchuser": {331},
		},
	},
}

// Four real servers, word for word.
func TestServers(t *testing.T) {
	for _, tt := range servers {
		t.Run(tt.name, func(t *testing.T) {
			var announced []string
			codes := map[string][]int{}
			for _, dialogue := range dialogues(t, tt.name) {
				if greeting := dialogue[0].replies[0]; greeting.Code != 220 || greeting.Text() != tt.greeting {
					t.Errorf("greeting %d %q; want 220 %q", greeting.Code, greeting.Text(), tt.greeting)
				}
				for _, x := range dialogue[1:] {
					last := x.replies[len(x.replies)-1]
					codes[x.command] = append(codes[x.command], last.Code)
					announced = append(announced, announcedBy(t, last)...)
					checkActive(t, x.command, last.Code)
					if x.command == "FEAT" {
						got := slices.Sorted(maps.Keys(ParseFEAT(last.Strings())))
						if diff := cmp.Diff(tt.features, got); diff != "" {
							t.Errorf("features (-want +got):\n%s", diff)
						}
					}
				}
			}
			if diff := cmp.Diff(tt.announced, announced); diff != "" {
				t.Errorf("announced (-want +got):\n%s", diff)
			}
			for command, want := range tt.codes {
				if diff := cmp.Diff(want, codes[command]); diff != "" {
					t.Errorf("codes after %q (-want +got):\n%s", command, diff)
				}
			}
		})
	}
}

// announcedBy returns what a 227 or 229 announces.
func announcedBy(t *testing.T, r Reply) []string {
	text := string(r.Lines[len(r.Lines)-1].Raw)
	switch r.Code {
	case 227:
		addr, at, err := ParsePASV(text)
		if err != nil || text[at.From:at.To] != "127,0,0,1" {
			t.Errorf("%q: address at %q, %v", text, text[at.From:at.To], err)
		}
		return []string{addr.String()}
	case 229:
		port, at, err := ParseEPSV(text)
		if err != nil || text[at.From:at.To] != fmt.Sprint(port) {
			t.Errorf("%q: port at %q, %v", text, text[at.From:at.To], err)
		}
		return []string{fmt.Sprint(port)}
	}
	return nil
}

// checkActive parses a PORT or EPRT. What we cannot parse, no server took; and
// we can print again what we parsed.
func checkActive(t *testing.T, command string, code int) {
	verb, arg := ParseCommand(command)
	parse, format := ParsePORT, FormatPORT
	switch verb {
	case "EPRT":
		parse, format = ParseEPRT, FormatEPRT
	case "PORT":
	default:
		return
	}
	addr, err := parse(arg)
	wrong := slices.Contains([]string{"|3|127.0.0.1|24300|", "|1|127.0.0.1|", "127,0,0,1,94", "300,0,0,1,94,236"}, arg)
	switch {
	case (err != nil) != wrong, wrong && code/100 != 5:
		t.Errorf("%s: parsed as %v, %v; the server said %d", command, addr, err, code)
	case !wrong && (addr.Port() != 24300 || format(addr) != arg):
		t.Errorf("%s: parsed as %v", command, addr)
	}
}
