package probe

import (
	"bufio"
	"net"
	"net/netip"
	"testing"
	"time"
)

// A data connection that opens as the listing ends does not hold the run up
// until its own deadline.
func TestDrainEndsAtOnceWhenTheListingIsOver(t *testing.T) {
	r := newRun(&Prober{})
	go func() {
		for range r.events {
		}
	}()
	defer close(r.events)
	done := make(chan struct{})
	close(done)
	for range 50000 {
		a, b := net.Pipe()
		began := time.Now()
		(&session{run: r}).drain(t.Context(), CheckEPSV, job{most: maxListing}, source{conn: a}, began.Add(5*time.Second), &drains{stop: done})
		b.Close()
		if time.Since(began) > 4*time.Second {
			t.Fatal("read on until the deadline")
		}
	}
}

// The word that a data connection broke (426), or the session (421), may come
// before we see the connection break. That is no silence of the server's.
func TestTheServersWordOvertakesTheReset(t *testing.T) {
	for _, test := range []struct {
		j     job
		reply string
	}{
		{job{line: "STOR x", send: largeUpload}, "426 it broke"},
		{job{line: "RETR x", most: maxDownload}, "426 it broke"},
		{job{line: "RETR x", most: maxDownload}, "421 going down"},
	} {
		m, data := realMover(t)
		c, control := realMover(t)
		r := c.session.run
		go func() {
			in := bufio.NewScanner(control)
			in.Scan()
			if in.Text() != test.j.line {
				t.Errorf("%q, want %q", in.Text(), test.j.line)
			}
			control.Write([]byte("150 here it comes\r\n"))
			data.Write([]byte("it"))
			data.Read(make([]byte, 1))
			control.Write([]byte(test.reply + "\r\n"))
			time.Sleep(100 * time.Millisecond)
			data.(*net.TCPConn).SetLinger(0)
			data.Close()
		}()
		if test.j.send == 0 {
			m.conn.Write([]byte("x"))
		}
		var got []Event
		seen := make(chan struct{})
		go func() {
			defer close(seen)
			for e := range r.events {
				if e.Kind == KindData {
					got = append(got, e)
				}
			}
		}()
		s := r.newSession(t.Context(), 1, c.conn, netip.AddrPort{})
		s.step = 1
		sources := make(chan source, 1)
		sources <- source{conn: m.conn}
		close(sources)
		(&worker{crew: &crew{run: r}, session: s}).transfer(t.Context(), CheckTransfer, test.j, sources, 5*time.Second)
		close(r.events)
		<-seen
		if len(got) != 1 || got[0].Outcome != OutcomeReset {
			t.Errorf("%s, %s: %+v, want one reset", test.j.line, test.reply, got)
		}
	}
}
