package main

import (
	"fmt"
	"strings"

	"ftpcheck/report"

	"github.com/spf13/cobra"
)

// newExplainCommand prints the pages behind the codes.
func newExplainCommand(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:     "explain [CODE|TOPIC]",
		Short:   "Explain a finding or a topic; without one, list them",
		Example: "  ftpcheck explain passive-address-private\n  ftpcheck explain nat",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return listPages(s)
			case 1:
				return explainPage(s, args[0])
			}
			return usageError{fmt.Sprintf("one code or topic is needed, not %d", len(args)), "ftpcheck explain lists them"}
		},
		ValidArgsFunction:     completePage,
		DisableFlagsInUseLine: true,
	}
}

// pageNames are all that can be explained: subjects, then codes.
func pageNames() []string {
	var names []string
	for _, t := range report.Topics() {
		names = append(names, t.Name)
	}
	return names
}

func listPages(s *streams) error {
	width := 0
	for _, t := range report.Topics() {
		width = max(width, len(t.Name))
	}
	var topics, codes strings.Builder
	for _, t := range report.Topics() {
		b := &topics
		if t.Code {
			b = &codes
		}
		fmt.Fprintf(b, "%-*s  %s\n", width, t.Name, t.Line)
	}
	return printText(s, "Topics:\n"+topics.String()+"\nFindings:\n"+codes.String())
}

func explainPage(s *streams, name string) error {
	page, err := report.Explain(name)
	if err == nil {
		return printText(s, page)
	}
	hint := "ftpcheck explain lists all codes and topics"
	if near := nearest(name, pageNames()); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return usageError{fmt.Sprintf("there is no page %q", name), hint}
}

func printText(s *streams, text string) error {
	if _, err := fmt.Fprint(s.out, text); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	return nil
}
