package main

import (
	"context"
	"fmt"
	"net/netip"

	"ftpcheck/probe/ftpd"
	"ftpcheck/report"
	"ftpcheck/tui"
)

// runScreen serves until the screen is closed, and then prints what serve
// without a screen would have printed.
func (f *serveFlags) runScreen(ctx context.Context, s *streams, opt ftpd.Options) error {
	if err := onScreen(s); err != nil {
		return usageError{err.Error(), "without one, leave out --tui"}
	}
	if f.passwordFile == "-" {
		return usageError{"the screen and --password-file - both need standard input", "put the password into a file"}
	}
	var log tui.ServerLog
	ready := make(chan []netip.AddrPort, 1)
	opt.Log = log.Add
	opt.Ready = func(addrs []netip.AddrPort) { ready <- addrs }
	server, err := ftpd.New(opt)
	if err != nil {
		return usageError{err.Error(), newHint(err)}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- server.Serve(ctx, s.network)
		cancel() // no server, no screen
	}()
	var listening []netip.AddrPort
	select {
	case err := <-ended:
		return usageError{err.Error(), listenHint(err)}
	case listening = <-ready:
	}
	welcome := f.welcome(opt, listening, server.Certificate())
	out, err := tui.RunServer(ctx, tui.ServerOptions{
		Log: &log, Address: listening[0].String(), About: welcome, Command: f.otherSide(opt, listening[0]),
		Unsaid: unsaid, Faults: opt.Faults, SetFaults: server.SetFaults, ASCII: !utf8Locale(s),
		Stop: func() {
			cancel()
			<-ended
		},
	})
	fmt.Fprint(s.out, welcome)
	if out.Lost > 0 {
		fmt.Fprintf(s.out, "(%d earlier entries are not kept)\n", out.Lost)
	}
	for _, e := range out.Entries {
		if !unsaid[e.What] {
			fmt.Fprintln(s.out, logLine(e))
		}
	}
	if err != nil {
		return err
	}
	return exitStatus(report.ExitPass) // also when a signal has stopped it
}
