package tui

// looking is what the user looks at, on the screen of a run or of a server.
type looking struct {
	focus  focus
	alone  bool   // the detail has the screen to itself
	over   action // an overlay, which covers all else; or none
	scroll [panes]int
}

// focus is the pane that the keys for moving act on.
type focus int

const (
	onList focus = iota
	onDetail
	onLog
	onOverlay
	panes
)

// toggle shows an overlay, or takes it away again.
func (l *looking) toggle(a action) {
	if l.over == a {
		l.over = doNone
		return
	}
	l.over = a
	l.scroll[onOverlay] = 0
}

// uncover takes away what is on top; false: nothing is.
func (l *looking) uncover() bool {
	switch {
	case l.over != doNone:
		l.over = doNone
	case l.alone:
		l.alone = false
	default:
		return false
	}
	return true
}

// nextPane gives the focus to the next pane that is on the screen, where there
// is a choice.
func (l *looking) nextPane(shown func(focus) bool) {
	if l.over != doNone || l.alone {
		return
	}
	l.focus = (l.focus + 1) % onOverlay
	for !shown(l.focus) {
		l.focus = (l.focus + 1) % onOverlay
	}
}

// paneFor is the pane that a key moves. The keys for whole pages always scroll:
// the detail, where the list has the focus and both are on the screen.
func (l *looking) paneFor(a action, both bool) focus {
	switch {
	case l.over != doNone:
		return onOverlay
	case l.alone, l.focus == onList && (a == doPageUp || a == doPageDown) && both:
		return onDetail
	}
	return l.focus
}

// scrollBy scrolls a pane, as far as it goes.
func (l *looking) scrollBy(at focus, by, furthest int) {
	l.scroll[at] = min(max(l.scroll[at]+by, 0), furthest)
}

// stepsOf is how far a key moves, where a page has so many rows.
func stepsOf(a action, page int) int {
	page = max(page, 1)
	return map[action]int{doUp: -1, doDown: 1, doPageUp: -page, doPageDown: page, doTop: -1 << 20, doBottom: 1 << 20}[a]
}
