package probe

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// Where a silent connection died shows in how far its packets still get. Each
// end searches for that on its own: a device that drops them may do so before it
// looks at the TTL or after, so that one end alone cannot tell a hop from the
// next one.

const (
	lateAck   = 100 * time.Millisecond // beyond a round trip: systems acknowledge within 40 ms, routers answer as soon
	edgeLimit = 8 * time.Second        // for one search
)

// answerSoon is how long an acknowledgement or a router's message may take.
func (r *run) answerSoon() time.Duration { return r.rtt + lateAck }

// edgeOf prepares the search along the session's way; nil: it cannot be made. A
// server that is not ftpcheck's own sees nothing of it.
func (w *worker) edgeOf(s *session) *upEdge {
	distance, answers := w.path.way()
	if !s.known || distance == 0 || len(answers) == 0 || s.peer != w.run.peer {
		return nil
	}
	if sender := hops.SenderOf(s.conn); sender != nil {
		return &upEdge{session: s, sender: sender, ttls: answers}
	}
	return nil
}

// upEdge searches how far the packets of a session get whose NOOP is not
// acknowledged. The pieces that it sends are those of one more NOOP, in case
// that the connection lives.
type upEdge struct {
	session *session
	sender  hops.Sender
	ttls    []int
	pieces  int
	owed    bool // the other NOOP is complete: its answer comes, too
}

// needed reports whether nothing of what was sent has arrived.
func (u *upEdge) needed() bool { return u != nil && u.sender.Heard() == "" }

func (u *upEdge) find(ctx context.Context) {
	s := u.session
	ctx, cancel := context.WithTimeout(ctx, edgeLimit)
	defer cancel()
	s.conn.SetWriteDeadline(time.Now().Add(edgeLimit))
	for _, step := range hops.Edge(ctx, u.sender, u.send, u.ttls, s.run.answerSoon()) {
		s.tellStep(CheckIdle, AsUp, step.TTL, step.Attempt.Outcome)
	}
	if u.pieces > 0 {
		s.emit(Event{Kind: KindSend, Check: CheckIdle, Text: u.line()})
		u.owed = u.finish() == nil
	}
}

// finish sends what is left of the line.
func (u *upEdge) finish() error {
	_, err := hops.Push(u.session.conn, []byte(u.line()[u.pieces:]+"\r\n"))
	return err
}

func (u *upEdge) send() error {
	u.pieces++
	_, err := hops.Push(u.session.conn, []byte(u.line()[u.pieces-1:u.pieces]))
	return err
}

// line is a NOOP that is as long as the pieces sent of it.
func (u *upEdge) line() string {
	const verb = "NOOP"
	if u.pieces <= len(verb) {
		return verb
	}
	return verb + " " + strings.Repeat(".", u.pieces-len(verb)-1)
}

// tellStep tells what became of a piece that this end or the other one sent over
// the session.
func (s *session) tellStep(check Check, as As, ttl int, o Outcome) {
	fate := map[Outcome]string{OutcomeExpired: "answered on the way", OutcomeTimeout: "no answer", OutcomeReset: "reset", OutcomeOpen: "arrived"}[o]
	who := "sent over this session"
	if as == AsDown {
		who = "sent by the other end over session " + strconv.Itoa(s.id)
	}
	s.emit(Event{Kind: KindNote, Check: check, Text: fmt.Sprintf("%s with TTL %d: %s", who, ttl, fate)})
	s.emit(Event{Kind: KindHop, Check: check, As: as, Addr: s.peer, TTL: ttl, Outcome: o})
}

// lookBack has the opposite end search in the same way, from its end of the
// session that died here. Only hops that answered our own search are asked, as
// far as the way back is the same one.
func (v *visit) lookBack(ctx context.Context) {
	dead := v.dead
	if v.dead = nil; dead == nil {
		return
	}
	defer dead.close()
	distance, answers := v.path.way()
	if ctx.Err() != nil || distance == 0 || len(answers) == 0 || dead.place == 0 || !v.host.session.usable() {
		return
	}
	request := exchange.EdgeRequest{Session: dead.place, Wait: millis(v.run.answerSoon())}
	for _, ttl := range slices.Backward(answers) {
		request.TTLs = append(request.TTLs, distance-ttl)
	}
	var got exchange.Followed
	if v.host.session.query(exchange.Edge, request, fmt.Sprintf("session %d", dead.place), &got, exchange.EdgeLimit+v.patience()) != nil {
		return
	}
	for _, step := range boundEdge(got.Steps, request.TTLs) {
		dead.tellStep(CheckPeer, AsDown, step.TTL, step.Outcome)
	}
}

// boundEdge keeps the steps that such a search can have.
func boundEdge(steps []exchange.Step, ttls []int) []exchange.Step {
	steps = slices.DeleteFunc(steps, func(s exchange.Step) bool {
		return !slices.Contains(ttls, s.TTL) || !slices.Contains([]Outcome{OutcomeExpired, OutcomeTimeout, OutcomeReset, OutcomeOpen}, s.Outcome)
	})
	return steps[:min(len(steps), hops.MaxHops)]
}
