package tui

// Sizes of the screen.
const (
	minWidth, minHeight = 40, 10
	splitWidth          = 60  // from here on the list stands above the detail
	wideWidth           = 100 // from here on beside it
	splitHeight         = 16  // fewer rows have no room for both
	deepHeight          = 30  // from here on the log stands below
	leastLog            = 5
	leastList           = 8 // rows that the list keeps before the path
	leastDetail         = 6 // rows that the detail keeps before the list
)

// frameRows are always there: a header and a rule above, a rule and a footer
// below.
const frameRows = 4

// layout is how a screen of some size is shared out. A part without rows is
// not shown.
type layout struct {
	width, height int
	listWidth     int
	listRows      int
	pathRows      int // below the list and a rule, of its width
	detailWidth   int
	detailRows    int
	logRows       int // transcript or changes, below all of it and a rule
	wide          bool
}

// contents are what a screen has to show.
type contents struct {
	listWidth int  // on a wide screen
	items     int  // lines of the list
	path      int  // lines of the path diagram
	calm      bool // the detail has little to say: the list comes first
}

// listWidthOf is the width of the list on a wide screen, of which it takes so
// many hundredths.
func listWidthOf(width, hundredths int) int { return min(max(width*hundredths/100, 44), 72) }

// layoutOf shares out a screen.
func layoutOf(width, height int, c contents) layout {
	l := layout{width: width, height: height}
	body := height - frameRows
	switch {
	case width < minWidth || height < minHeight:
		return l
	case width >= wideWidth:
		l.wide = true
		l.listWidth = c.listWidth
		l.detailWidth = width - l.listWidth - 2
		if height >= deepHeight { // the list and the path come first
			l.logRows = min(max(body-1-(c.items+1+c.path), leastLog), body/3)
			body -= l.logRows + 1
		}
		l.listRows, l.detailRows = body, body
		if room := body - c.path - 1; c.path > 0 && room >= min(c.items, leastList) {
			l.listRows, l.pathRows = room, c.path
		}
	case width >= splitWidth && height >= splitHeight:
		l.listWidth, l.detailWidth = width, width
		most := (body - 1) * 9 / 20
		if c.calm {
			most = max(most, body-1-leastDetail)
		}
		l.listRows = min(max(c.items, 3), most)
		l.detailRows = body - 1 - l.listRows
	default:
		l.listWidth, l.listRows = width, body
	}
	return l
}

// without takes rows at the bottom away from what stands there.
func (l layout) without(rows int) layout {
	switch {
	case l.logRows > 0:
		l.logRows -= rows
		return l
	case l.split():
		l.detailRows -= rows
	}
	if !l.split() || l.wide && l.pathRows == 0 {
		l.listRows -= rows
	}
	return l
}

// split reports whether list and detail are on the screen together.
func (l layout) split() bool { return l.detailRows > 0 }
