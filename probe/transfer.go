package probe

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Bounds of the transfer check.
const (
	transfers   = 6        // in one session
	maxDownload = 64 << 20 // bytes of each download; what is beyond is not read
	smallUpload = 16       // bytes
	largeUpload = 1 << 20  // bytes: more than any buffer on the way holds back
	farewell    = 5 * time.Second

	peerDownload = "1MiB.bin" // with the opposite end, where no file was named
	peerUpload   = "."        // which keeps nothing
)

// step is one transfer of the transfer check.
type step struct {
	verb string // LIST, RETR or STOR
	path string
	size int64 // of an upload
}

func (s step) line() string { return strings.TrimSpace(s.verb + " " + s.path) }

// files are those that the transfer check moves. The opposite end has them in
// any case.
func (c *crew) files() (download, upload string) {
	if r := c.run; c.visit == nil || r.Download != "" || r.Upload != "" {
		return r.Download, r.Upload
	}
	return peerDownload, peerUpload
}

// steps mixes what was asked for: some faults come only after a few transfers,
// or when their direction changes.
func steps(download, upload string) []step {
	list, get := step{verb: "LIST"}, step{verb: "RETR", path: download}
	put := func(size int64) step { return step{"STOR", uploadPath(upload), size} }
	switch {
	case download != "" && upload != "":
		return []step{list, get, put(smallUpload), list, put(largeUpload), get}
	case download != "":
		return []step{list, get, list, get, list, get}
	case upload != "":
		return []step{list, put(smallUpload), list, put(largeUpload), list, put(smallUpload)}
	}
	all := make([]step, transfers)
	for i := range all {
		all[i] = list
	}
	return all
}

// uploadPath is a name that nobody else uses, and no other upload of the run:
// some servers let nobody overwrite or remove what was stored.
func uploadPath(dir string) string {
	random := make([]byte, 6)
	rand.Read(random)
	name := "ftpcheck-" + hex.EncodeToString(random) + ".tmp"
	switch {
	case dir == "" || dir == ".":
		return name
	default:
		return strings.TrimSuffix(dir, "/") + "/" + name
	}
}

// transfers runs the transfer check, in a session of its own. With the opposite
// end it is always run.
func (c *crew) transfers(ctx context.Context) {
	if !c.run.wants(CheckTransfer) && c.visit == nil || ctx.Err() != nil {
		return
	}
	skip := func(why string) { c.run.emit(Event{Kind: KindSkip, Check: CheckTransfer, Text: why}) }
	command := c.passiveCommand()
	if command == "" {
		skip("not tested: no passive mode works")
		return
	}
	end := c.run.begin(CheckTransfer)
	w := &worker{crew: c}
	if !c.enterAlone(ctx, w, CheckTransfer) {
		if ctx.Err() == nil {
			skip(c.noSession())
		}
		return
	}
	defer end()
	c.visit.accompany(w, CheckTransfer)
	if !c.enterAlone(ctx, w, CheckTransfer) {
		return
	}
	// Nobody asked for it: it need not wait long for what has stalled before.
	w.session.brief = !c.run.wants(CheckTransfer) && c.stalled()
	w.session.command(CheckTransfer, "TYPE I")
	for i, st := range steps(c.files()) {
		if ctx.Err() != nil || !w.session.usable() {
			break
		}
		w.takeStep(ctx, i+1, st, command)
	}
	w.leave(CheckTransfer, c.limited.Load())
}

// passiveCommand is the command of a passive mode that works, or was not tried.
func (c *crew) passiveCommand() string {
	tried := false
	for _, m := range Passive {
		got, ok := c.results[m]
		if got.opened {
			return passiveCommand[m]
		}
		tried = tried || ok
	}
	if tried {
		return ""
	}
	return "EPSV"
}

// takeStep makes one transfer, and again with small segments when it stalled.
func (w *worker) takeStep(ctx context.Context, n int, st step, command string) {
	got := w.moveStep(ctx, n, st, command, "")
	if st.verb == "STOR" {
		w.remove(ctx, st)
	}
	if !got.stalled || ctx.Err() != nil {
		return
	}
	w.leave(CheckTransfer, false) // it is dirty, and only takes up a place
	again := &worker{crew: w.crew}
	if again.enterPatiently(ctx, another{CheckTransfer, TryClamped}) {
		w.visit.accompany(again, CheckTransfer)
		again.moveStep(ctx, n, st, command, TryClamped)
		if st.verb == "STOR" {
			again.remove(ctx, st)
		}
	}
	again.leave(CheckTransfer, false)
}

// moveStep makes one transfer and tells of its begin and its end.
func (w *worker) moveStep(ctx context.Context, n int, st step, command string, try Try) result {
	e := Event{Kind: KindBegin, Check: CheckTransfer, Try: try, Step: n, Bytes: st.size}
	w.run.emit(e)
	w.session.step = n
	got := w.move(ctx, st, command)
	w.session.step = 0
	e.Kind, e.Bytes = KindEnd, 0
	w.run.emit(e)
	return got
}

func (w *worker) move(ctx context.Context, st step, command string) result {
	s := w.session
	if st.verb == "RETR" {
		if _, ok := s.command(CheckTransfer, "SIZE "+st.path); !ok {
			return result{}
		}
	}
	addr, ok := s.announced(CheckTransfer, command)
	if !ok && command == "EPSV" && s.usable() {
		addr, ok = s.announced(CheckTransfer, "PASV")
	}
	if !ok {
		return result{}
	}
	e := Event{Check: CheckTransfer, Session: s.id, Try: s.try, Step: s.step, As: AsControlHost,
		Addr: netip.AddrPortFrom(s.peer.Addr(), addr.Port())}
	if e.Addr == addr {
		e.As = AsAnnounced
	}
	conn := w.dialData(ctx, e)
	if conn == nil {
		return result{announced: true}
	}
	sources := make(chan source, 1)
	sources <- source{conn, e.As, e.Addr}
	close(sources)
	j := job{line: st.line(), most: maxDownload, send: st.size}
	if st.verb == "LIST" {
		j.most = maxListing
	}
	got := w.transfer(ctx, CheckTransfer, j, sources, s.patience())
	for src := range sources { // nothing asked for it
		src.conn.Close()
	}
	return got
}

// remove deletes what was stored, in another session if need be, also when the
// run was cancelled meanwhile.
func (w *worker) remove(ctx context.Context, st step) {
	gone, answered := false, false
	begun := w.session.early > 0
	if ctx.Err() == nil {
		gone, answered = w.session.remove(st, begun)
	}
	if !answered {
		rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer cancel()
		w.leave(CheckTransfer, false)
		last := &worker{crew: w.crew}
		if last.enterPatiently(rest, another{check: CheckTransfer}) {
			gone, _ = last.session.remove(st, begun)
		}
		last.leave(CheckTransfer, false)
	}
	if !gone {
		w.run.emit(Event{Kind: KindNote, Check: CheckTransfer, As: AsUpload, Text: fmt.Sprintf("%s may be left behind on the server", st.path)})
	}
}

// remove asks how much was stored, and deletes it. answered is false when the
// session did not tell. A 550 may also mean that a file must not be seen: it
// counts only for an upload that never began.
func (s *session) remove(st step, begun bool) (gone, answered bool) {
	stored, _ := s.command(CheckTransfer, "SIZE "+st.path)
	if stored.Code == 213 && sizeOf(string(stored.Lines[0].Raw)) != st.size {
		s.emit(Event{Kind: KindNote, Check: CheckTransfer,
			Text: fmt.Sprintf("the server stored another size than the %d bytes of %s", st.size, st.path)})
	}
	reply, answered := s.command(CheckTransfer, "DELE "+st.path)
	return reply.Code/100 == 2 || stored.Code == 550 && !begun, answered
}

// enterPatiently is enterAnew for further transfers, with a server that may not
// have let go of the session before.
func (w *worker) enterPatiently(ctx context.Context, t another) bool {
	for wait := letGo; ; wait *= 3 {
		if w.enterAnew(ctx, t) {
			_, ok := w.session.command(t.check, "TYPE I")
			return ok
		}
		w.leave(t.check, false)
		if wait > time.Second || ctx.Err() != nil {
			return false
		}
		pause(ctx, wait)
	}
}
