package wire

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// lineReader reads bounded lines and knows when their bytes arrived. A line
// that is cut short by an error is kept, and the next call goes on with it.
type lineReader struct {
	stamp *stampReader
	buf   *bufio.Reader
	part  []byte // of the line being read
}

func newLineReader(r io.Reader) lineReader {
	s := &stampReader{r: r}
	return lineReader{stamp: s, buf: bufio.NewReader(s)}
}

// readLine reads up to LF. It takes every byte read from budget.
func (l *lineReader) readLine(limit int, budget *int) (Line, error) {
	for {
		if *budget <= 0 {
			return Line{}, ErrTooLarge
		}
		b, err := l.buf.ReadByte()
		if err != nil {
			return Line{}, err
		}
		*budget--
		if b == '\n' {
			line := Line{Raw: trimCR(l.part), At: l.stamp.at}
			l.part = nil
			return line, nil
		}
		l.part = append(l.part, b)
		if n := len(l.part); n > limit+1 || n == limit+1 && b != '\r' {
			return Line{}, ErrLineTooLong
		}
	}
}

// head returns the bytes that came but were not read yet.
func (l *lineReader) head() []byte {
	b, _ := l.buf.Peek(l.buf.Buffered())
	return b
}

func (l *lineReader) buffered() int { return l.buf.Buffered() + len(l.part) }

// stampReader notes when the last bytes came. As the buffer above it reads
// only when it lacks a line end, this is when the line's last byte came.
type stampReader struct {
	r  io.Reader
	at time.Time
}

func (s *stampReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if n > 0 {
		s.at = time.Now()
	}
	return n, err
}

func trimCR(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &ne) && ne.Timeout()
}
