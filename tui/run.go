package tui

import (
	"context"
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"
)

// Run shows the screen on standard input and output until the user quits or
// ctx is cancelled. It needs a terminal.
func Run(ctx context.Context, w Work, o Options) (Outcome, error) {
	m := New(ctx, w, o)
	p := tea.NewProgram(m, tea.WithoutSignalHandler(), tea.WithFPS(20))
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
