package probe

import (
	"context"
	"slices"
	"sync"
)

// stay does what needs both ends: as much at once as --parallel and the server
// allow, the rest one after the other.
func (v *visit) stay(ctx context.Context) {
	if v == nil || ctx.Err() != nil {
		return
	}
	v.tasks = v.plan()
	n := min(v.run.Parallel, len(v.tasks))
	if v.alone() {
		n = 1
	}
	var group sync.WaitGroup
	for i := range n {
		p := &v.host // it is in already, and gets what comes first
		if i > 0 {
			p = &place{worker: worker{crew: v.crew}}
		}
		t, _ := v.next()
		group.Go(func() {
			v.work(ctx, p, t)
			if p != &v.host {
				v.depart(p)
			}
		})
	}
	group.Wait()
	rest := v.tasks // they got no session beside the others
	if v.crowded {  // nor this one a port beside the modes
		rest = append(rest, task{check: CheckPeer, run: v.mapPorts})
	}
	for _, t := range rest {
		v.do(ctx, &v.host, t, v.openPatiently)
	}
	v.placeChanges(ctx, v.learn(ctx))
	v.traceAll(ctx)
	if v.alone() {
		v.depart(&v.host)
	}
}

// traceAll searches where answers vanish, in both directions.
func (v *visit) traceAll(ctx context.Context) {
	if v.seen == nil || !v.run.peer.Addr().Is4() {
		return
	}
	var list []task
	if v.answersVanish() {
		list = append(list, task{check: CheckPeer, run: v.traceAnswers})
	}
	if len(v.halfSources()) > 0 {
		list = append(list, task{check: CheckPeer, run: v.traceOwnAnswers})
	}
	for _, t := range list {
		v.news = v.do(ctx, &v.host, t, v.openPatiently) || v.news
	}
	if v.news {
		v.learn(ctx)
	}
}

// plan lists what is to be done: the ports of the server, the modes, and in
// between the ports of the client, so that a silent network is waited for in
// two rounds with the usual --parallel.
func (v *visit) plan() []task {
	list := []task{{check: CheckPeer, run: v.mapPorts}}
	for _, m := range v.modes() {
		list = append(list, task{check: m, try: TryPeer, run: func(ctx context.Context, p *place) { p.attempt(ctx, m) }})
	}
	back := task{check: CheckPeer, run: v.dialBack}
	return slices.Insert(list, min(len(list), DefaultParallel), back)
}

// modes are those of the run; all of them where it has none.
func (v *visit) modes() []Check {
	list := slices.DeleteFunc(slices.Clone(modes), func(m Check) bool { return !v.run.wants(m) })
	if len(list) == 0 {
		list = slices.Clone(modes)
	}
	if v.run.peer.Addr().Is6() {
		list = slices.DeleteFunc(list, func(m Check) bool { return m == CheckPORT })
	}
	return list
}

// work does t and one task after the other in a place, until none is left or
// the server gives it no session.
func (v *visit) work(ctx context.Context, p *place, t task) {
	for ok := true; ok && ctx.Err() == nil; t, ok = v.next() {
		if !v.do(ctx, p, t, v.open) {
			v.mu.Lock()
			v.tasks = append(v.tasks, t)
			v.mu.Unlock()
			return
		}
	}
}

func (v *visit) next() (t task, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.tasks) == 0 {
		return t, false
	}
	t, v.tasks = v.tasks[0], v.tasks[1:]
	return t, true
}

// do makes one task, and reports whether it got a session.
func (v *visit) do(ctx context.Context, p *place, t task, open func(context.Context, *place, Check, Try) bool) bool {
	if ctx.Err() != nil {
		return false
	}
	if t.try != "" {
		e := Event{Kind: KindBegin, Check: t.check, Try: t.try}
		v.run.emit(e)
		e.Kind = KindEnd
		defer v.run.emit(e)
	}
	mode := isMode(t.check)
	if mode && v.shut() != "" {
		return false // it may cost the session that is left
	}
	if !p.session.usable() || !p.session.known || mode && p.used {
		if !open(ctx, p, t.check, t.try) {
			return false
		}
	}
	p.session.try, p.check = t.try, t.check
	p.session.brief = mode && !v.results[t.check].listed
	p.used = p.used || mode
	t.run(ctx, p)
	if mode {
		v.note(p.session)
	}
	return true
}
