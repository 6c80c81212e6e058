package tui

// action is what a key does.
type action int

const (
	doNone action = iota
	doUp
	doDown
	doPageUp
	doPageDown
	doTop
	doBottom
	doPane
	doOpen
	doBack
	doTranscript
	doPath
	doPorts
	doChanges
	doRerun
	doRerunOne
	doWatch
	doEdit
	doSave
	doCopyTicket
	doHelp
	doSuspend
	doQuit
)

// binding is one row of the key table.
type binding struct {
	action action
	keys   []string // as Bubble Tea names them
	name   string   // of the keys, for people
	short  string   // in the footer; empty: only in the help
	long   string   // in the help and the README
}

// keyTable is the one place that knows the keys: it feeds Update, the footer,
// the help and the README. Its order is that of all of them.
var keyTable = []binding{
	{doOpen, []string{"enter"}, "enter", "open", "the detail alone on the screen"},
	{doBack, []string{"esc"}, "esc", "", "back, cancel the run, or end the watch"},
	{doUp, []string{"up", "k"}, "up k", "", "the row above, or scroll"},
	{doDown, []string{"down", "j"}, "down j", "move", "the row below, or scroll"},
	{doPageDown, []string{"space", "pgdown", "ctrl+f"}, "space pgdn", "scroll", "scroll the detail down"},
	{doPageUp, []string{"b", "pgup", "ctrl+b"}, "b pgup", "", "scroll the detail up"},
	{doTop, []string{"g", "home"}, "g home", "", "the first row or line"},
	{doBottom, []string{"G", "shift+g", "end"}, "G end", "", "the last row or line"},
	{doPane, []string{"tab"}, "tab", "", "the next pane, for the keys that move"},
	{doRerun, []string{"r"}, "r", "rerun", "run all checks again"},
	{doWatch, []string{"w"}, "w", "watch", "run again and again, and list what changes"},
	{doSave, []string{"s"}, "s", "save", "save the report: .txt, .json, .xml (JUnit), .md or .html"},
	{doCopyTicket, []string{"y"}, "y", "copy", "copy the report as a ticket (Markdown), by OSC 52"},
	{doEdit, []string{"e"}, "e", "edit", "edit the target and the options"},
	{doTranscript, []string{"t"}, "t", "transcript", "what was said on the control connections"},
	{doPath, []string{"p"}, "p", "path", "who connects to whom, and where packets die"},
	{doPorts, []string{"m"}, "m", "ports", "a map of the data ports that were tried"},
	{doChanges, []string{"c"}, "c", "changes", "what changed from run to run"},
	{doRerunOne, []string{"R", "shift+r"}, "R", "rerun this", "run this check again, and those that it needs"},
	{doHelp, []string{"?", "f1"}, "?", "help", "this list"},
	{doSuspend, []string{"ctrl+z"}, "ctrl+z", "", "suspend ftpcheck"},
	{doQuit, []string{"q", "ctrl+c"}, "q ctrl+c", "quit", "quit, and print the text report"},
}

// actionOf returns what a key does.
func actionOf(key string) action { return actionIn(keyTable, key) }

// Key is one row of the key table, for the README.
type Key struct{ Keys, Does string }

// Keys returns the key table.
func Keys() []Key {
	var all []Key
	for _, b := range keyTable {
		all = append(all, Key{b.name, b.long})
	}
	return all
}
