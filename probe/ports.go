package probe

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"ftpcheck/probe/hops"
)

const (
	// sampleWait is the least wait for a sampled port. A SYN-ACK is the
	// kernel's work, so it takes one round trip, whatever the server's load.
	sampleWait = 300 * time.Millisecond
	// sampleBudget bounds the sampling once a port was found blocked, so that a
	// run in which everything is filtered ends within --timeout + 3 s.
	sampleBudget = 2400 * time.Millisecond
	// headStart lets the SYN leave before the command that closes its listener.
	headStart = time.Millisecond
)

// sampler takes further announcements in whichever sessions are free, and
// dials each one.
//
// While all ports are open it asks for the next announcement while the dial to
// the last one is under way. The server closes a listener when it opens the
// next, so a dial made like this that does not open proves nothing: it is
// forgotten and taken again, carefully, one after the other.
type sampler struct {
	run   *run
	ready chan struct{} // closed when it is known which command announces ports

	mu      sync.Mutex
	left    int
	waiting map[Check]bool // passive modes that have not told yet
	works   map[Check]bool
	careful bool
	until   time.Time // the sampling ends; zero: no limit yet
	began   time.Time
	silent  []netip.AddrPort // announced ports that gave no answer
	opened  bool
	why     string         // the sampling was not done; empty: it was, or nothing is known
	early   sync.WaitGroup // the sweep, where it runs beside the other checks
}

func newSampler(r *run) *sampler {
	s := &sampler{run: r, ready: make(chan struct{}), waiting: map[Check]bool{}, works: map[Check]bool{}}
	s.left = r.Ports
	if r.Ports == 0 {
		s.left = DefaultPorts
	}
	for _, m := range Passive {
		if r.wants(m) {
			s.waiting[m] = true
		}
	}
	if len(s.waiting) == 0 {
		s.works[CheckEPSV] = true
		close(s.ready)
	}
	return s
}

// announced tells that a passive mode got an announcement, or none.
func (s *sampler) announced(mode Check, ok bool) {
	s.mu.Lock()
	if ok && !s.works[mode] {
		s.works[mode] = true
		s.left--
	}
	s.mu.Unlock()
	s.known(mode)
}

// known tells that nothing more will be learnt of a mode.
func (s *sampler) known(mode Check) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.waiting[mode] {
		return
	}
	delete(s.waiting, mode)
	if len(s.waiting) == 0 {
		close(s.ready)
	}
}

// blocked tells that an announced port did not open.
func (s *sampler) blocked(to netip.AddrPort, how Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if how == OutcomeTimeout {
		s.silent = append(s.silent, to)
	}
	s.hurry()
}

// opens tells that an announced port opened.
func (s *sampler) opens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = true
}

// hurry goes on carefully, and not for long. The caller holds mu.
func (s *sampler) hurry() {
	if !s.careful {
		s.careful = true
		s.until = time.Now().Add(sampleBudget)
	}
}

// next takes one announcement out of those left.
func (s *sampler) next() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.more() {
		return false
	}
	s.left--
	return true
}

// goesSlowly reports whether each dial must be over before the next
// announcement: once a port was blocked, and where a round trip is so short
// that nothing is gained.
func (s *sampler) goesSlowly() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.careful || s.run.rtt < 4*headStart
}

// more reports whether announcements are left to take, and the time for them.
func (s *sampler) more() bool {
	return s.left > 0 && (s.until.IsZero() || time.Now().Before(s.until))
}

func (s *sampler) command() string {
	switch {
	case s.works[CheckEPSV]:
		return "EPSV"
	case s.works[CheckPASV]:
		return "PASV"
	}
	return ""
}

// take samples in one session for as long as it is clean.
func (s *sampler) take(ctx context.Context, w *worker) {
	if !s.run.samples() || !w.session.usable() {
		return
	}
	select {
	case <-s.ready:
	case <-ctx.Done():
		return
	}
	command := s.command()
	var ahead chan struct{} // closed when the dial ahead of the last answer is over
	for command != "" && w.session.usable() {
		if !s.next() {
			if ahead == nil {
				return
			}
			<-ahead // it may give its announcement back
			ahead = nil
			continue
		}
		s.begin()
		addr, ok := w.session.announced(CheckPorts, command)
		if ahead != nil {
			<-ahead
			ahead = nil
		}
		if !ok {
			return
		}
		to := netip.AddrPortFrom(w.session.peer.Addr(), addr.Port())
		e := Event{Check: CheckPorts, Session: w.session.id, As: AsSample, Addr: to}
		if s.goesSlowly() {
			s.dial(ctx, e)
			continue
		}
		ahead = make(chan struct{})
		go func() {
			defer close(ahead)
			s.dialAhead(ctx, e)
		}()
		select {
		case <-ahead:
		case <-time.After(headStart):
		}
	}
	if ahead != nil {
		<-ahead
	}
}

func (s *sampler) begin() {
	s.mu.Lock()
	first := s.began.IsZero()
	if first {
		s.began = time.Now()
		if !s.careful {
			s.until = s.began.Add(s.run.ReplyTimeout) // however slow the replies are
		}
	}
	s.mu.Unlock()
	if first {
		s.run.emit(Event{Kind: KindBegin, Check: CheckPorts})
	}
}

// soon is the wait for a port that answers.
func (r *run) soon() time.Duration { return min(max(sampleWait, 4*r.rtt), r.Timeout) }

func (s *sampler) dial(ctx context.Context, e Event) {
	conn, a := s.run.dial(ctx, e, s.run.soon(), DialOptions{})
	if conn != nil {
		conn.Close()
		s.opens()
		return
	}
	s.blocked(e.Addr, a.Outcome)
	if s.mixed() {
		s.dialFresh(ctx, e)
	}
}

func (s *sampler) mixed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

func (s *sampler) dialAhead(ctx context.Context, e Event) {
	ctx, cancel := context.WithTimeout(ctx, s.run.soon())
	defer cancel()
	conn, a := s.run.Network.Dial(ctx, e.Addr, DialOptions{})
	if conn == nil {
		s.mu.Lock()
		s.hurry()
		s.left++
		s.mu.Unlock()
		return
	}
	conn.Close()
	s.opens()
	e.Kind, e.Outcome, e.Took, e.Local = KindDial, hops.Open, a.Took, a.Local
	s.run.emit(e)
}
