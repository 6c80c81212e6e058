package probe

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ftpcheck/probe/wire"
)

// silence is how long a dial may be without an answer before the hop search
// starts beside it.
const silence = 1500 * time.Millisecond

// smallSegment is the MSS of a clamped try, in bytes: what every path must
// carry (RFC 9293 3.7.1).
const smallSegment = 536

// commands of the passive checks (RFC 2428 3, RFC 959 4.1.2).
var passiveCommand = map[Check]string{CheckEPSV: "EPSV", CheckPASV: "PASV"}

// announced asks for a data port and tells what the server announced.
func (s *session) announced(check Check, command string) (netip.AddrPort, bool) {
	reply, ok := s.command(check, command)
	if ok && reply.Code/100 == 4 && reply.Code != 421 {
		// Such a refusal is for the moment, and invites to ask again (RFC 959
		// 4.2.1). ProFTPD 1.3.8 draws a port at random, and refuses when another
		// session drew the same one in the same instant.
		reply, ok = s.command(check, command)
	}
	if !ok || reply.Code/100 != 2 {
		return netip.AddrPort{}, false
	}
	s.named = string(reply.Lines[len(reply.Lines)-1].Raw)
	addr, err := parseAnnouncement(reply, s.peer.Addr())
	e := Event{Kind: KindAnnounce, Check: check, Addr: addr}
	if err != nil {
		e.Outcome, e.Addr = OutcomeMalformed, netip.AddrPort{}
		if again := s.run.redactedError(reply, s.peer.Addr()); again != nil {
			err = again // an error quotes the reply, perhaps cut
		}
		e = s.run.received(e, []byte(err.Error()))
	}
	s.emit(e)
	if err == nil {
		s.run.heard.add(addr.Port())
	}
	return addr, err == nil
}

// parseAnnouncement reads a 227 or 229, whichever came: some middleboxes
// answer one command with the other's reply.
func parseAnnouncement(reply wire.Reply, peer netip.Addr) (netip.AddrPort, error) {
	text := string(reply.Lines[len(reply.Lines)-1].Raw)
	switch reply.Code {
	case 227:
		addr, _, err := wire.ParsePASV(text)
		return addr, err
	case 229:
		port, _, err := wire.ParseEPSV(text)
		return netip.AddrPortFrom(peer, port), err
	}
	return netip.AddrPort{}, fmt.Errorf("the reply announces nothing: %s", text)
}

// redactedError is what parsing the reply without the password in it says.
func (r *run) redactedError(reply wire.Reply, peer netip.Addr) error {
	last := len(reply.Lines) - 1
	reply.Lines = slices.Clone(reply.Lines)
	reply.Lines[last].Raw = []byte(r.redact(string(reply.Lines[last].Raw)))
	_, err := parseAnnouncement(reply, peer)
	return err
}

func (w *worker) tryPassive(ctx context.Context, check Check) result {
	s := w.session
	addr, ok := s.announced(check, passiveCommand[check])
	if s.try == "" {
		w.sampler.announced(check, ok)
	}
	if !ok {
		return result{}
	}
	host := netip.AddrPortFrom(s.peer.Addr(), addr.Port())
	dials := []Event{{As: AsAnnounced, Addr: addr}}
	if addr != host {
		dials = append(dials, Event{As: AsControlHost, Addr: host})
		if why := w.run.forbidden(addr.Addr()); why != "" {
			dials = dials[1:]
			s.emit(Event{Kind: KindNote, Check: check, As: AsAnnounced, Addr: addr,
				Text: fmt.Sprintf("%s is not dialled: %s", addr, why)})
		}
	}
	return w.carry(ctx, check, dials)
}

// carry makes the dials of a passive mode at once and lists over what opens.
// The listing does not wait for a dial that is still without an answer; the
// mode does.
func (w *worker) carry(ctx context.Context, check Check, dials []Event) result {
	got := result{announced: true}
	var group sync.WaitGroup
	sources := make(chan source, len(dials))
	results := make(chan bool, len(dials))
	for _, e := range dials {
		e.Check, e.Session, e.Try, e.Step = check, w.session.id, w.session.try, w.session.step
		group.Go(func() {
			conn := w.dialData(ctx, e)
			if conn != nil {
				sources <- source{conn, e.As, e.Addr}
			}
			results <- conn != nil
		})
	}
	go func() { group.Wait(); close(sources) }()
	for range dials {
		if <-results {
			got = w.list(ctx, check, sources, w.session.patience())
			got.opened = true
			break
		}
	}
	group.Wait()
	for src := range sources {
		src.conn.Close()
	}
	return got
}

// dialData makes one dial of a passive mode. When a port of the control host
// does not open, or not soon, the hop search looks for the place.
func (w *worker) dialData(ctx context.Context, e Event) net.Conn {
	onHost := e.Addr.Addr() == w.run.peer.Addr()
	if onHost && e.Try == "" {
		watch := time.AfterFunc(silence, func() { w.path.search(e.Addr) })
		defer watch.Stop()
	}
	opt := DialOptions{}
	if e.Try == TryClamped {
		opt.MSS = smallSegment
	}
	conn, a := w.run.dial(ctx, e, w.run.Timeout, opt)
	if conn == nil && onHost && a.Outcome != OutcomeCancelled && e.Try == "" {
		w.sampler.blocked(e.Addr, a.Outcome)
		w.path.search(e.Addr)
	}
	if conn != nil && onHost && e.Try != TryPeer {
		w.sampler.opens()
		w.path.reached(e.Addr)
	}
	return conn
}

// forbidden says why the dialling rule (design: --follow) keeps an announced
// address from being dialled; it is empty when it may be. One SYN to a private
// address does no harm; a public third party did not ask to be probed.
func (r *run) forbidden(a netip.Addr) string {
	switch {
	case r.Follow == FollowAlways && !a.IsUnspecified() && !a.IsMulticast():
		return ""
	case r.Follow == FollowNever:
		return "only the control host is, by --follow never"
	case a.IsLoopback():
		return "a loopback address is this machine, not the server (RFC 1122 3.2.1.3)"
	case a.IsUnspecified():
		return "0.0.0.0 is no address to connect to (RFC 1122 3.2.1.3)"
	case a.IsMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "it is not the address of one host"
	case a.IsLinkLocalUnicast():
		return "a link-local address is valid on its own link only (RFC 3927)"
	case a.IsPrivate(), sharedSpace.Contains(a), slices.Contains(r.known, a):
		return ""
	}
	return "it is neither the control host nor an address of the target's name"
}

// sharedSpace is the carrier-grade NAT range (RFC 6598).
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")
