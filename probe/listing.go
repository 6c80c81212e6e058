package probe

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// maxListing bounds the bytes of one listing; what comes is counted, not kept.
const maxListing = 8 << 20

// source is one open data connection.
type source struct {
	conn net.Conn
	as   As
	addr netip.AddrPort // dialled, or the peer that arrived
}

// list asks for a listing and reads whatever comes over the data connections,
// to the final reply. wait is the limit for the first reply; a data connection
// extends it.
func (w *worker) list(ctx context.Context, check Check, sources <-chan source, wait time.Duration) (got result) {
	s := w.session
	// A directory that cannot be entered says nothing about data connections:
	// the login directory is listed in its place.
	if w.run.Target.Path != "" && !s.moved {
		if _, ok := s.command(check, "CWD "+w.run.Target.Path); !ok {
			return got
		}
		s.moved = true
	}
	return w.transfer(ctx, check, job{line: "LIST", most: maxListing}, sources, wait)
}

// job is one use of the data connection.
type job struct {
	line string // the command
	most int64  // bytes that are read
	send int64  // bytes that are sent instead
}

// transfer sends the job's command and moves its data, to the final reply.
func (w *worker) transfer(ctx context.Context, check Check, j job, sources <-chan source, wait time.Duration) (got result) {
	r, s := w.run, w.session
	if !s.send(check, j.line, j.line) {
		return got
	}
	began := time.Now()
	over := began.Add(s.patience())
	d := &drains{stop: make(chan struct{}), begun: make(chan struct{}), ended: make(chan struct{}, 1)}
	d.all.Go(func() {
		for {
			select {
			case src, ok := <-sources:
				if !ok {
					return
				}
				s.extend(over)
				d.start()
				d.all.Go(func() { d.end(s.drain(ctx, check, j, src, over, d)) })
			case <-d.stop:
				return
			}
		}
	})
	reply, ok := s.await(check, began.Add(wait), isActive(check))
	close(d.begun)
	for ok && reply.Code/100 == 1 {
		reply, ok = s.await(check, over, false)
	}
	// With a 226 the data is complete or on its way, with a 421 or 426 the end of
	// its connection is; after anything else nothing more is due.
	most := over
	if s.step != 0 {
		most = began.Add(maxTransfer) // it may be long, as long as it moves
	}
	switch {
	case ok && reply.Code/100 == 2:
		d.settle(max(8*r.rtt, lastData), most)
	case ok && (reply.Code == 421 || reply.Code == 426):
		d.settle(max(8*r.rtt, lastEnd), most)
	}
	d.taken.Store(ok && reply.Code/100 == 2)
	close(d.stop)
	d.all.Wait()
	got = d.judge(ok, ok && reply.Code/100 == 2)
	if got.stalled {
		s.dirty = true // vsftpd 3.0.3 confirms, and then hangs in closing the data connection
	}
	return got
}

// result is what a mode came to, as far as further tries depend on it.
type result struct {
	announced bool // the port was told and taken
	opened    bool // a data connection opened
	failed    bool // its TLS handshake failed
	resumed   bool // it resumed the control connection's TLS session
	stalled   bool // it was open, and its end did not come
	carried   bool // data came
	listed    bool
}

// judge sums up the data connections of one listing.
func (d *drains) judge(answered, listed bool) result {
	got := result{announced: true, opened: len(d.results) > 0}
	moving := false
	for _, e := range d.results {
		moving = moving || e.Outcome == OutcomeMoving
		got.carried = got.carried || e.Bytes > 0
		got.failed = got.failed || e.Outcome == OutcomeFailed
		got.resumed = got.resumed || e.secure != nil && e.secure.Resumed
		got.stalled = got.stalled || e.Outcome == OutcomeTimeout && (listed || !answered) && !d.whole
	}
	got.listed = (listed || moving) && !got.stalled && (!got.failed || got.carried)
	return got
}

// drains are the data connections being read for one listing.
type drains struct {
	all   sync.WaitGroup
	stop  chan struct{} // closed when nothing more is due
	begun chan struct{} // closed when the first reply has come, or will not
	ended chan struct{}
	taken atomic.Bool // valid once stopped: the server confirmed the transfer

	mu      sync.Mutex
	running int
	whole   bool // one of them carried something to its end
	began   bool
	results []drained
	moved   time.Time // when data came last
}

func (d *drains) start() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running++
	d.began = true
}

func (d *drains) end(e drained) {
	d.mu.Lock()
	d.running--
	d.results = append(d.results, e)
	d.whole = d.whole || (e.Outcome == OutcomeEOF || e.Outcome == OutcomeCut) && e.Bytes > 0
	d.mu.Unlock()
	select {
	case d.ended <- struct{}{}:
	default:
	}
}

func (d *drains) settled() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.whole || d.began && d.running == 0
}

// settle waits until the data has come to its end, but not longer than quiet
// after its last byte. The server's kernel may still hold much of it.
func (d *drains) settle(quiet time.Duration, over time.Time) {
	d.touch()
	for !d.settled() {
		d.mu.Lock()
		until := d.moved.Add(quiet)
		d.mu.Unlock()
		if until.After(over) {
			until = over
		}
		left := time.Until(until)
		if left <= 0 {
			return
		}
		select {
		case <-d.ended:
		case <-time.After(left):
		}
	}
}

// flows reports whether data still comes at the end of our patience: the last of
// it is no older than a quarter of that.
func (d *drains) flows(patience time.Duration) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.moved.IsZero() && time.Since(d.moved) < patience/4
}

// touch notes that data moved.
func (d *drains) touch() {
	d.mu.Lock()
	d.moved = time.Now()
	d.mu.Unlock()
}

// lastData is the wait for data that the server has confirmed.
const lastData = 3 * time.Second

// lastEnd is the wait for the end of a data connection of which the server says
// that it broke (RFC 959 4.2.2: 426), or that the session is over (421).
const lastEnd = time.Second

// brief bounds the listing of a further try where the main one did not list:
// if what differs helps, it takes a few round trips.
const brief = 10 * time.Second

// patience is the limit of one listing.
func (s *session) patience() time.Duration {
	if s.brief {
		return min(s.run.ReplyTimeout, brief)
	}
	return s.run.ReplyTimeout
}

// drained is what came over one data connection.
type drained struct {
	Event
	secure *TLS // of its handshake; nil when it was plain
}

// drain reads one data connection to its end, or until d stops; or it sends what
// the job has to send, once the server has said that it will take it.
func (s *session) drain(ctx context.Context, check Check, j job, src source, deadline time.Time, all *drains) drained {
	raw := src.conn
	defer raw.Close()
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()
	raw.SetDeadline(deadline) // before a stop may shorten it
	finished := make(chan struct{})
	defer close(finished)
	go func() {
		select {
		case <-all.stop:
			raw.SetDeadline(time.Now())
		case <-finished:
		}
	}()
	conn, secure, ok := s.protect(ctx, check, src)
	d := drained{Event{Kind: KindData, Check: check, As: src.as, Addr: src.addr, Outcome: OutcomeLimit}, secure}
	if !ok {
		d.Outcome = OutcomeFailed
		return d
	}
	defer conn.Close()
	began := time.Now()
	m := mover{session: s, conn: conn, raw: raw, done: all.stop, taken: &all.taken, touch: all.touch, over: began.Add(maxTransfer), sum: s.newSum()}
	if j.send > 0 {
		<-all.begun
		d.Bytes, d.Outcome = m.write(j.send)
	} else {
		d.Bytes, d.Outcome = m.read(j.most)
		late := s.step == 0 && !time.Now().Before(deadline)
		switch {
		case late && (d.Outcome == OutcomeEOF || d.Outcome == OutcomeTimeout) && all.flows(s.patience()):
			d.Outcome = OutcomeMoving
		case late && d.Outcome == OutcomeEOF:
			d.Outcome = OutcomeTimeout // our own patience ended with the control connection's, and the server closed both
		}
	}
	d.Took, d.Sum = time.Since(began), m.checksum()
	if d.Outcome == OutcomeEOF && secure == nil {
		s.sum, s.carried = d.Sum, d.Bytes
	}
	s.emit(d.Event)
	return d
}
