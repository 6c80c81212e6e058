package probe

import (
	"context"
	"net"
	"net/netip"
	"sync"
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
func (w *worker) list(ctx context.Context, check Check, sources <-chan source, wait time.Duration) {
	r, s := w.run, w.session
	// A directory that cannot be entered says nothing about data connections:
	// the login directory is listed in its place.
	if r.Target.Path != "" && !s.moved {
		if _, ok := s.command(check, "CWD "+r.Target.Path); !ok {
			return
		}
		s.moved = true
	}
	if !s.send(check, "LIST", "LIST") {
		return
	}
	began := time.Now()
	over := began.Add(r.ReplyTimeout)
	d := &drains{stop: make(chan struct{}), ended: make(chan struct{}, 1)}
	d.all.Go(func() {
		for {
			select {
			case src, ok := <-sources:
				if !ok {
					return
				}
				s.extend(over)
				d.start()
				d.all.Go(func() { d.end(r.drain(ctx, check, s.id, src, over, d.stop)) })
			case <-d.stop:
				return
			}
		}
	})
	reply, ok := s.await(check, began.Add(wait), isActive(check))
	for ok && reply.Code/100 == 1 {
		reply, ok = s.await(check, over, false)
	}
	// With a 226 the data is complete or on its way; after anything else
	// nothing more is due.
	if ok && reply.Code/100 == 2 {
		d.settle(max(4*r.rtt, time.Second))
	}
	close(d.stop)
	d.all.Wait()
}

// drains are the data connections being read for one listing.
type drains struct {
	all   sync.WaitGroup
	stop  chan struct{}
	ended chan struct{}

	mu      sync.Mutex
	running int
	whole   bool // one of them carried something to its end
	began   bool
}

func (d *drains) start() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running++
	d.began = true
}

func (d *drains) end(e Event) {
	d.mu.Lock()
	d.running--
	d.whole = d.whole || e.Outcome == OutcomeEOF && e.Bytes > 0
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

// settle waits until the data has come to its end, but not longer than limit.
func (d *drains) settle(limit time.Duration) {
	over := time.After(limit)
	for !d.settled() {
		select {
		case <-d.ended:
		case <-over:
			return
		}
	}
}

// drain reads one data connection to its end, or until done is closed.
func (r *run) drain(ctx context.Context, check Check, id int, src source, deadline time.Time, done <-chan struct{}) Event {
	defer src.conn.Close()
	began := time.Now()
	stop := context.AfterFunc(ctx, func() { src.conn.Close() })
	defer stop()
	src.conn.SetReadDeadline(deadline) // before done may shorten it
	finished := make(chan struct{})
	defer close(finished)
	go func() {
		select {
		case <-done:
			src.conn.SetReadDeadline(time.Now())
		case <-finished:
		}
	}()
	e := Event{Kind: KindData, Check: check, Session: id, As: src.as, Addr: src.addr, Outcome: OutcomeLimit}
	buf := make([]byte, 32<<10)
	for e.Bytes < maxListing {
		n, err := src.conn.Read(buf)
		e.Bytes += int64(n)
		if err != nil {
			if e.Outcome = ending(err); e.Outcome == OutcomeClosed {
				e.Outcome = OutcomeEOF
			}
			break
		}
	}
	e.Took = time.Since(began)
	r.emit(e)
	return e
}
