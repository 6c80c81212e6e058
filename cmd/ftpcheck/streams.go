package main

import (
	"context"
	"io"
	"os"
	"sync"

	"ftpcheck/probe"

	"golang.org/x/term"
)

// streams is what the program has of the world around it. Tests put others in.
type streams struct {
	in       io.Reader
	out, err io.Writer

	inTerminal  bool // standard input is a terminal
	outTerminal bool // standard output is a terminal
	errTerminal bool // standard error is a terminal

	getenv func(string) string
	home   string // home directory; empty when there is none

	// readPassword asks on the terminal, without echo; nil when there is none.
	readPassword func(ctx context.Context, prompt string) (string, error)

	network probe.Network // that the checks run over
}

// systemStreams are those of this process.
func systemStreams(ctx context.Context) streams {
	s := streams{
		in:          &interruptible{ctx: ctx, r: os.Stdin},
		out:         os.Stdout,
		err:         os.Stderr,
		inTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		outTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		errTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		getenv:      os.Getenv,
		network:     probe.System{},
	}
	s.home, _ = os.UserHomeDir()
	if s.inTerminal {
		s.readPassword = promptPassword
	}
	return s
}

// interruptible reads from r until ctx is cancelled: a read from a terminal or
// a pipe cannot be interrupted by itself. Nothing is read before it is asked for.
type interruptible struct {
	ctx  context.Context
	r    io.Reader
	once sync.Once
	pipe *io.PipeReader
}

func (i *interruptible) Read(b []byte) (int, error) {
	i.once.Do(func() {
		r, w := io.Pipe()
		i.pipe = r
		go func() {
			_, err := io.Copy(w, i.r)
			w.CloseWithError(err)
		}()
		context.AfterFunc(i.ctx, func() { w.CloseWithError(context.Cause(i.ctx)) })
	})
	return i.pipe.Read(b)
}

// checked is a writer that keeps the first error: not every writer to standard
// output looks for it.
type checked struct {
	to     io.Writer
	mu     sync.Mutex
	failed error
}

func (c *checked) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil {
		c.failed = err
	}
	return n, err
}

func (c *checked) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}
