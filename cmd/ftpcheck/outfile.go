package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"ftpcheck/tui"
)

// reportFile is a file that appears under its name only when it is complete,
// so that nobody reads half a report.
type reportFile struct {
	*os.File
	name string // final name; empty for a device, which is written to directly
}

// createReport opens name for writing.
func createReport(name string) (*reportFile, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return nil, usageError{fmt.Sprintf("cannot write the report: %s is a directory", name), ""}
	case err == nil && !info.Mode().IsRegular(): // a device or pipe must not be replaced
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return nil, usageError{"cannot write the report: " + err.Error(), ""}
		}
		return &reportFile{File: f}, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, usageError{"cannot write the report: " + err.Error(), ""}
	}
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real // replace the file, not the link to it
	}
	f, err := os.OpenFile(fmt.Sprintf("%s.%d.part", name, os.Getpid()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		var why *fs.PathError
		if errors.As(err, &why) { // its path is that of the temporary file
			err = fmt.Errorf("%s: %w", name, why.Err)
		}
		return nil, usageError{"cannot write the report: " + err.Error(), ""}
	}
	if info != nil {
		f.Chmod(info.Mode().Perm())
	}
	return &reportFile{File: f, name: name}, nil
}

// commit gives the file its name.
func (f *reportFile) commit() error {
	if f == nil {
		return nil
	}
	if err := f.Close(); err != nil || f.name == "" {
		return err
	}
	err := os.Rename(f.File.Name(), f.name)
	if err == nil {
		f.name = ""
	}
	return err
}

// discard removes the file unless it was committed.
func (f *reportFile) discard() {
	if f == nil || f.name == "" {
		return
	}
	f.Close()
	os.Remove(f.File.Name())
}

// saveReport writes a file that the screen saves.
func saveReport(name string, overwrite bool, write func(io.Writer) error) (string, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular(): // a pipe would make the screen wait for its reader
		return "", fmt.Errorf("cannot write the report: %s is no file", path)
	case err == nil && !overwrite:
		return "", tui.ErrExists
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("cannot write the report: %w", err)
	}
	f, err := createReport(path)
	if err != nil {
		return "", err
	}
	defer f.discard()
	if err := write(f); err != nil {
		return "", fmt.Errorf("cannot write the report: %w", err)
	}
	return path, f.commit()
}
