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
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return pageNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// pageNames are all that can be explained: topics, then codes.
func pageNames() []string {
	names := report.Topics()
	for _, c := range report.Codes() {
		names = append(names, c.Code)
	}
	return names
}

func listPages(s *streams) error {
	var b strings.Builder
	b.WriteString("Topics\n\n")
	for _, t := range report.Topics() {
		fmt.Fprintf(&b, "  %s\n", t)
	}
	b.WriteString("\nFindings\n\n")
	for _, c := range report.Codes() {
		fmt.Fprintf(&b, "  %-28s %s\n", c.Code, c.Title)
	}
	return printText(s, b.String())
}

func explainPage(s *streams, name string) error {
	page, ok := report.Explain(strings.ToLower(name))
	if !ok {
		hint := "ftpcheck explain lists all codes and topics"
		if near := nearest(name, pageNames()); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		return usageError{fmt.Sprintf("there is no page %q", name), hint}
	}
	return printText(s, page)
}

func printText(s *streams, text string) error {
	if _, err := fmt.Fprint(s.out, text); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	return nil
}
