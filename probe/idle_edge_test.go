package probe

import (
	"bufio"
	"reflect"
	"slices"
	"testing"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// Whatever the search sent is the beginning of a NOOP, in case that the server
// gets it after all.
func TestPiecesMakeALine(t *testing.T) {
	for pieces, want := range map[int]string{1: "NOOP", 4: "NOOP", 5: "NOOP ", 9: "NOOP ...."} {
		m, server := realMover(t)
		u := &upEdge{session: &session{run: m.session.run, conn: m.conn}}
		for range pieces {
			if err := u.send(); err != nil {
				t.Fatal(err)
			}
		}
		if err := u.finish(); err != nil {
			t.Fatal(err)
		}
		if got, err := bufio.NewReader(server).ReadString('\n'); got != want+"\r\n" {
			t.Errorf("%d pieces: %q, %v", pieces, got, err)
		}
	}
}

// Of what the other end tells only steps that were asked for are kept.
func TestBoundEdge(t *testing.T) {
	fit := exchange.Step{TTL: 2, Outcome: hops.Expired}
	got := boundEdge(append([]exchange.Step{{TTL: 3, Outcome: hops.Expired}, {TTL: 2, Outcome: "escape"}, {TTL: -1}}, slices.Repeat([]exchange.Step{fit}, 99)...), []int{1, 2})
	if len(got) != hops.MaxHops || !reflect.DeepEqual(got[0], fit) {
		t.Errorf("%d steps, the first is %+v", len(got), got[0])
	}
}
