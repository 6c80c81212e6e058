package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	tea "charm.land/bubbletea/v2"
)

// Run shows the screen on standard input and output until the user quits or
// ctx is cancelled. It needs a terminal.
func Run(ctx context.Context, w Work, o Options) (Outcome, error) {
	in := &terminalInput{File: os.Stdin, gone: make(chan struct{})}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-in.gone:
			cancel()
		case <-ctx.Done():
		}
	}()
	return run(ctx, New(ctx, w, o), tea.WithInput(in))
}

// terminalInput tells when the terminal is gone: nobody looks at the screen any
// more. Bubble Tea goes on without input (v2.0.10).
type terminalInput struct {
	*os.File
	gone chan struct{}
	once sync.Once
}

func (in *terminalInput) Read(b []byte) (int, error) {
	n, err := in.File.Read(b)
	if errors.Is(err, io.EOF) {
		in.once.Do(func() { close(in.gone) })
	}
	return n, err
}

// run shows a model. Signals are the caller's: they cancel ctx.
func run(ctx context.Context, m *Model, options ...tea.ProgramOption) (Outcome, error) {
	p := tea.NewProgram(m, append(options, tea.WithoutSignalHandler(), tea.WithFPS(20))...)
	stop := context.AfterFunc(ctx, p.Quit)
	defer stop()
	_, err := p.Run()
	if errors.Is(err, tea.ErrProgramPanic) {
		return Outcome{}, fmt.Errorf("the screen failed: %w", err)
	}
	out := m.Close()
	if err != nil {
		return out, fmt.Errorf("cannot use the terminal: %w", err)
	}
	return out, nil
}
