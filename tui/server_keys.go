package tui

// What only the keys of a server's screen do.
const (
	doFaults action = iota + 100
	doLog
	doAbout
	doPause
	doClear
	doCopyCommand
)

// serverKeys is the key table of a server's screen: it feeds Update, the
// footer and the help.
var serverKeys = []binding{
	{doOpen, []string{"enter"}, "enter", "open", "the detail alone on the screen; in the faults: on or off"},
	{doBack, []string{"esc"}, "esc", "", "back"},
	{doUp, []string{"up", "k"}, "up k", "", "the session or fault above; in the detail: scroll"},
	{doDown, []string{"down", "j"}, "down j", "move", "the session or fault below; in the detail: scroll"},
	{doPageDown, []string{"space", "pgdown", "ctrl+f"}, "space pgdn", "scroll", "scroll the detail down; in the faults: on or off"},
	{doPageUp, []string{"b", "pgup", "ctrl+b"}, "b pgup", "", "scroll the detail up"},
	{doTop, []string{"g", "home"}, "g home", "", "the newest session; in the detail: the first line"},
	{doBottom, []string{"G", "shift+g", "end"}, "G end", "", "the oldest session; in the detail: the last line"},
	{doPane, []string{"tab"}, "tab", "", "the next pane, for the keys that scroll"},
	{doFaults, []string{"f"}, "f", "faults", "switch a fault on or off"},
	{doLog, []string{"l"}, "l", "log", "what happened, in all sessions"},
	{doAbout, []string{"i"}, "i", "about", "addresses, account, and the command for the other side"},
	{doCopyCommand, []string{"y"}, "y", "copy", "copy the command for the other side, by OSC 52"},
	{doPause, []string{"p"}, "p", "pause", "hold the screen still; the server goes on"},
	{doClear, []string{"x"}, "x", "clear", "take the sessions that have ended, and the log, off the screen"},
	{doHelp, []string{"?", "f1"}, "?", "help", "this list"},
	{doSuspend, []string{"ctrl+z"}, "ctrl+z", "", "suspend ftpcheck, and the server with it"},
	{doQuit, []string{"q", "ctrl+c"}, "q ctrl+c", "quit", "stop the server, and print what happened"},
}
