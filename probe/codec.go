package probe

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Bounds of a recording that is read back: a run makes some hundred events of
// some hundred bytes.
const (
	maxEventBytes = 1 << 20
	maxEvents     = 1 << 18
)

// WriteEvent appends one event to a recording: one line of JSON.
func WriteEvent(w io.Writer, e Event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// ReadEvents yields the events of a recording. It ends at the first error,
// which names the line.
func ReadEvents(r io.Reader) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(make([]byte, 0, 4096), maxEventBytes)
		n := 0
		for lines.Scan() {
			n++
			if len(lines.Bytes()) == 0 {
				continue
			}
			var e Event
			err := json.Unmarshal(lines.Bytes(), &e)
			switch {
			case err != nil:
				err = fmt.Errorf("line %d is not an event: %w", n, err)
			case n == 1 && (e.Kind != KindStart || e.Start == nil):
				err = errors.New("line 1 is not the start of a recorded run")
			case n > maxEvents:
				err = fmt.Errorf("more than %d events", maxEvents)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
		err := lines.Err()
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("more than %d bytes are no event", maxEventBytes)
		}
		if err == nil && n == 0 {
			err = errors.New("the recording is empty")
		}
		if err != nil {
			yield(Event{}, fmt.Errorf("line %d: %w", n+1, err))
		}
	}
}
