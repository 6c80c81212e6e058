package main

import (
	"maps"
	"slices"
	"strings"

	"ftpcheck/probe/ftpd"
	"ftpcheck/report"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completeCheck offers the values of a run's flags to the shell.
func completeCheck(cmd *cobra.Command) {
	completeOne(cmd, "tls", tlsModes)
	completeOne(cmd, "follow", follows)
	completeList(cmd, "checks", checkNames())
}

// completeView offers the values of the flags that judge and show a run.
func completeView(cmd *cobra.Command) {
	completeOne(cmd, "format", formatNames())
	completeOne(cmd, "color", colors)
	completeList(cmd, "require", checkNames())
}

// completeServe offers the values of the opposite end's flags.
func completeServe(cmd *cobra.Command) {
	completeOne(cmd, "tls", serveTLSModes)
	completeOne(cmd, "format", serveFormats)
	versions := slices.DeleteFunc(slices.Sorted(maps.Keys(tlsVersions)), func(v string) bool { return v == "" })
	completeOne(cmd, "tls-min", versions)
	completeOne(cmd, "tls-max", versions)
	faults := []string{cobra.CompletionWithDesc("help", "list the faults")}
	for _, f := range ftpd.Faults() {
		name := f.Name
		if f.Arg != "" {
			name += "="
		}
		faults = append(faults, cobra.CompletionWithDesc(name, f.About))
	}
	completeOne(cmd, "fault", faults)
}

// completeOne completes the value of a flag.
func completeOne(cmd *cobra.Command, flag string, values []string) {
	cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// completeList completes the last name of a comma-separated list.
func completeList(cmd *cobra.Command, flag string, names []string) {
	cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		done := typed[:strings.LastIndexByte(typed, ',')+1]
		var all []string
		for _, name := range names {
			all = append(all, done+name)
		}
		return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}

// completeScenario completes the one argument of a simulation.
func completeScenario(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	all, err := simulations()
	if len(args) > 0 || err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, s := range all {
		names = append(names, cobra.CompletionWithDesc(s.Name, s.About))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completePage completes what can be explained.
func completePage(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, t := range report.Topics() {
		names = append(names, cobra.CompletionWithDesc(t.Name, t.Line))
	}
	if len(args) > 0 {
		names = nil
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// offerFilesOnly keeps the shell from offering file names for the values of
// flags that take no FILE. Flags with values of their own are left alone.
func offerFilesOnly(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		kind, _ := pflag.UnquoteUsage(f)
		if _, known := cmd.GetFlagCompletionFunc(f.Name); !known && kind != "FILE" {
			cmd.RegisterFlagCompletionFunc(f.Name, cobra.NoFileCompletions)
		}
	})
	for _, sub := range cmd.Commands() {
		offerFilesOnly(sub)
	}
}
