package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"

	"ftpcheck/probe/ftpd"
	"ftpcheck/report"
	"ftpcheck/tui"
)

// screenFits says why there can be no screen, if one is wanted.
func (f *serveFlags) screenFits(s *streams) error {
	if !f.tui {
		return nil
	}
	if err := onScreen(s); err != nil {
		return usageError{err.Error(), "without one, leave out --tui"}
	}
	if f.passwordFile == "-" {
		return usageError{"the screen and --password-file - both need standard input", "put the password into a file"}
	}
	return nil
}

// runScreen serves until the screen is closed, and then prints what serve
// without a screen prints, as far as it was kept.
func (f *serveFlags) runScreen(ctx context.Context, s *streams, opt ftpd.Options, like *likeness) error {
	var shown tui.ServerLog
	var printed lastLines
	log := &serveLog{out: &printed, json: f.format == "json"}
	ready := make(chan []netip.AddrPort, 1)
	opt.Ready = func(addrs []netip.AddrPort) { ready <- addrs }
	opt.Log = func(e ftpd.Entry) {
		log.add(e)
		shown.Add(e)
	}
	server, err := newServer(opt)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- f.serve(ctx, s, server, log)
		cancel() // no server, no screen
	}()
	var listening []netip.AddrPort
	select {
	case err := <-ended:
		return err
	case listening = <-ready:
	}
	welcome := func(faults []string) string {
		now := opt
		now.Faults = faults
		return f.welcome(now, like, listening, server.Certificate())
	}
	watched, gone := context.WithCancel(ctx)
	defer gone()
	failed := tui.RunServer(watched, tui.ServerOptions{
		Log: &shown, Address: listening[0].String(), About: welcome, Command: f.otherSide(opt, listening[0]),
		Said: said, Faults: opt.Faults, SetFaults: server.SetFaults, ASCII: !utf8Locale(s),
		Input: terminalInput{os.Stdin, gone},
	})
	cancel()
	err = <-ended
	fmt.Fprint(f.welcomeTo(s), welcome(opt.Faults))
	printed.print(s.out)
	switch {
	case failed != nil:
		return failed
	case err != nil:
		return err
	}
	return exitStatus(report.ExitPass) // also when a signal has stopped it
}

// lastLines keeps the last of the lines that are written to it, each with one
// call or several together.
type lastLines struct {
	lines []string
	lost  int // that came before them
}

const mostLastLines = 2000

func (l *lastLines) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		l.lines = append(l.lines, string(line))
	}
	if n := len(l.lines) - mostLastLines; n > 0 {
		l.lines = slices.Delete(l.lines, 0, n)
		l.lost += n
	}
	return len(p), nil
}

func (l *lastLines) print(w io.Writer) {
	if l.lost > 0 {
		fmt.Fprintf(w, "(%d earlier lines are not kept)\n", l.lost)
	}
	for _, line := range l.lines {
		fmt.Fprint(w, line)
	}
}
