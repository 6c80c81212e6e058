package main

import (
	"slices"

	"ftpcheck/report"
)

// formatNames are what --format takes.
func formatNames() []string {
	var names []string
	for _, f := range report.Formats {
		names = append(names, f.Name)
	}
	return names
}

// chosen is the format that --format names, or else the extension of -o FILE.
func (f *viewFlags) chosen() (report.Format, error) {
	if f.format == "" {
		if format, ok := report.FormatOf(f.output); ok {
			return format, nil
		}
		return report.Formats[0], nil
	}
	at := slices.Index(formatNames(), f.format)
	if at < 0 {
		return report.Format{}, unknownValue("--format", f.format, formatNames())
	}
	return report.Formats[at], nil
}
