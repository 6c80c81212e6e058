package exchange

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func TestBodyRoundTrip(t *testing.T) {
	want := Hello{
		Version: Version, Tool: "0.1.0", Token: "SECRET", Session: 1,
		Client: netip.MustParseAddrPort("203.0.113.2:40000"), Server: netip.MustParseAddrPort("10.0.0.10:21"),
		Greeting: []byte("220 (ftpcheck)\r\n"), Passive: Range{50000, 50100},
	}
	text, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Hello
	if err := Decode(strings.Join(Lines(text), "\r\n"), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A device on the way that changes a body, or cuts it, is caught.
func TestChangedBody(t *testing.T) {
	text, err := Encode(Seen{Sessions: []Session{{Number: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, changed := range map[string]string{
		"empty":      "",
		"cut":        text[:len(text)/2],
		"no letter":  "1" + text[1:],
		"one letter": other(text[:1]) + text[1:],
		"upper case": strings.ToUpper(text),
		"no deflate": strings.Repeat("a", 40),
		"only a sum": text[:13],
		"other tail": text + "aaaa",
	} {
		if err := Decode(changed, &Seen{}); !errors.Is(err, ErrChanged) {
			t.Errorf("%s: %v, want %v", name, err, ErrChanged)
		}
	}
}

// other returns another letter of the alphabet.
func other(letter string) string {
	if letter == "a" {
		return "b"
	}
	return "a"
}

// Nothing in a body looks like a line of FTP to a device that reads along.
func TestBodyHidesWhatHelpersLookFor(t *testing.T) {
	text, err := Encode(Seen{Sessions: []Session{{Lines: []Line{{Raw: []byte("PORT 203,0,113,66,156,64")}, {Sent: true, Raw: []byte("227 Entering Passive Mode (10,0,0,10,195,80)")}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range Lines(text) {
		if !strings.HasPrefix(l, " ") || strings.Trim(l[1:], "abcdefghijklmnopqrstuvwxyz234567") != "" {
			t.Errorf("line %q", l)
		}
	}
}

// A body that is short on the way does not fill the memory of who reads it.
func TestEndlessLists(t *testing.T) {
	most := Seen{Ports: make([]Port, MaxRecords), Dials: make([]Dialing, MaxRecords)}
	for i := range most.Dials {
		most.Dials[i] = Dialing{Session: 1, Steps: []Step{{TTL: 1}}, Carried: &Carried{Sent: 1, Received: 1, Resumed: true, TLS: true}}
	}
	for name, body := range map[string]struct {
		plain any
		want  error
	}{
		"more than a visit holds":   {most, nil},
		"a million sessions":        {map[string]any{"sessions": make([]struct{}, 1<<20)}, ErrTooLong},
		"a million pieces to send":  {map[string]any{"send": make([]int, 1<<20)}, ErrTooLong},
		"a million steps of a dial": {map[string]any{"dials": []any{map[string]any{"steps": make([]struct{}, 1<<20)}}}, ErrTooLong},
	} {
		text, err := Encode(body.plain)
		if err != nil {
			t.Fatal(err)
		}
		if err := Decode(text, &Seen{}); err != body.want {
			t.Errorf("%s, %d characters: %v, want %v", name, len(text), err, body.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	text, _ := Encode(Seen{Sessions: []Session{{Number: 1}}})
	f.Add(text)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		var seen Seen
		if Decode(text, &seen) != nil {
			return
		}
		again, err := Encode(seen)
		if err != nil {
			t.Fatal(err)
		}
		if err := Decode(again, &Seen{}); err != nil {
			t.Fatal(err)
		}
	})
}
