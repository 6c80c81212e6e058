package tui

import (
	"context"
	"errors"
	"fmt"
	"io"

	tea "charm.land/bubbletea/v2"
)

// Run shows the screen on standard output until the user quits or ctx is
// cancelled. It needs a terminal.
func Run(ctx context.Context, w Work, o Options) (Outcome, error) {
	return run(ctx, New(ctx, w, o), from(o.Input)...)
}

// from reads keys from a terminal; nil: standard input.
func from(in io.Reader) []tea.ProgramOption {
	if in == nil {
		return nil
	}
	return []tea.ProgramOption{tea.WithInput(in)}
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
