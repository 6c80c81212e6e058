// Package tui is the interactive screen of a run: a Bubble Tea model that
// folds the run's events into evidence, has package report judge it, and
// shows both.
//
// It never touches the network, the file system or the command line: what it
// needs of them it is given as the functions of Work. What a finding or a
// check says comes from package report, so that the screen and the text report
// cannot disagree.
package tui

import (
	"context"
	"errors"
	"io"
	"iter"

	"ftpcheck/probe"
	"ftpcheck/report"
)

// Form is what the user fills in. Texts are as typed.
type Form struct {
	Host     string // name, literal address, or all that a TARGET may be
	Port     string // empty: the usual one
	User     string // empty: anonymous, or as the netrc file says
	Password string // empty: from where the command line takes it
	TLS      probe.TLSMode
	Without  map[probe.Check]bool // modes that are not to be tried
}

// Job is a run that can be started any number of times.
type Job struct {
	Host   string
	Port   uint16
	User   string
	Checks []probe.Check // those of a whole run, in the order of probe.Checks

	// Run runs the given checks, which are some of Checks, and what they need.
	Run func(ctx context.Context, checks []probe.Check) iter.Seq[probe.Event]
}

// ErrNoPassword is the error of Work.Open when the user is known and no
// password is found for it.
var ErrNoPassword = errors.New("no password")

// ErrExists is the error of Work.Save when the file is there already.
var ErrExists = errors.New("the file exists")

// Work is what the screen has of the program around it.
type Work struct {
	// Check says, in the words of the command line's errors, what is wrong with
	// a form; nil: nothing. It is called on every key.
	Check func(Form) error

	// Open turns a form into a job. Warnings are for the status line.
	Open func(Form) (job *Job, warnings []string, err error)

	// Save writes a file and returns where it is. Unless told to overwrite, it
	// leaves a file that exists alone and returns ErrExists.
	Save func(name string, overwrite bool, write func(io.Writer) error) (path string, err error)

	// Judge says what counts as a failure.
	Judge report.Judge
}

// Options are the screen's own knobs.
type Options struct {
	Form  Form     // what the form holds at first
	Job   *Job     // to start at once; nil: the form is shown
	Fixed bool     // the target cannot be edited: it is a simulation
	Say   []string // warnings to show at first
	Plain bool     // no colours and no attributes at all
	ASCII bool     // rules of ASCII characters: the locale is not UTF-8

	Input io.Reader // the terminal that keys come from; nil: standard input
}
