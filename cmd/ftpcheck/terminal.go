package main

import (
	"context"
	"errors"
	"io"
	"os"
)

// terminalInput is standard input for a screen. It tells when the terminal is
// gone, and with it everybody who looked: Bubble Tea goes on without input
// (v2.0.10), and nohup lets no signal through.
type terminalInput struct {
	*os.File
	gone context.CancelFunc
}

func (in terminalInput) Read(b []byte) (int, error) {
	n, err := in.File.Read(b)
	if errors.Is(err, io.EOF) {
		in.gone()
	}
	return n, err
}
