package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// newHelpCommand is cobra's, except that it refuses what is no command.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print the help of a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), strings.Join(args, " "))
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if found, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
				for _, c := range found.Commands() {
					if !c.IsAvailableCommand() {
						continue // cobra's own
					}
					names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		DisableFlagsInUseLine: true,
	}
}

func unknownCommand(root *cobra.Command, name string) error {
	hint := "ftpcheck --help lists the commands; ftpcheck explain has pages on codes and topics"
	if near := nearest(name, commandNames(root)); near != "" {
		hint = fmt.Sprintf("did you mean ftpcheck help %s?", near)
	}
	return usageError{fmt.Sprintf("there is no command %q", name), hint}
}

func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return names
}

// refuseOtherShells lets the command for completion fail, instead of printing
// its help where a script is expected, unless it is asked for a known shell.
func refuseOtherShells(completion *cobra.Command) {
	known := commandNames(completion)
	completion.Use = "completion SHELL"
	completion.DisableFlagsInUseLine = true
	completion.Args = cobra.ArbitraryArgs
	completion.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError{"a SHELL is needed: " + strings.Join(known, ", "), "ftpcheck completion --help"}
		}
		return unknownValue("completion", args[0], known)
	}
}
