package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ftpcheck/tui"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newTUICommand is the interactive screen.
func newTUICommand(s *streams) *cobra.Command {
	var check checkFlags
	var judge viewFlags
	var demo bool
	cmd := &cobra.Command{
		Use:   "tui [flags] [TARGET]",
		Short: "Check a server on an interactive screen",
		Long: `Check a server on an interactive screen, and again while someone changes the
firewall. Without TARGET a form asks for it. The key ? lists the keys. When it
ends, the text report is printed, and the exit code is that of ftpcheck TARGET.`,
		Example: "  ftpcheck tui\n  ftpcheck tui -u alice ftp.example.com\n  ftpcheck tui --demo\n  ftpcheck tui --demo range-half-blocked",
		RunE: func(cmd *cobra.Command, args []string) error {
			if demo {
				return runDemoScreen(cmd, s, args, &check, &judge)
			}
			if len(args) > 1 {
				return usageError{fmt.Sprintf("one TARGET is needed, not %d", len(args)), ""}
			}
			return runScreen(cmd.Context(), s, args, &check, &judge)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if !demo {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeScenario(cmd, args, typed)
		},
	}
	cmd.Flags().SortFlags = false
	check.add(cmd.Flags())
	judge.addJudge(cmd.Flags())
	cmd.Flags().BoolVar(&demo, "demo", false, "run against a simulated network, offline; TARGET is the name of a scenario, see ftpcheck demo --list")
	completeCheck(cmd)
	completeList(cmd, "require", checkNames())
	return cmd
}

// onScreen reports whether the terminal can show the screen: error nil.
func onScreen(s *streams) error {
	kind := s.getenv("TERM")
	switch {
	case !s.inTerminal || !s.outTerminal:
		return usageError{"the screen needs a terminal as standard input and output", "without one: ftpcheck TARGET"}
	case kind == "" || kind == "dumb":
		return usageError{"the screen needs a terminal that can move the cursor, and TERM says that this one cannot", "without one: ftpcheck TARGET"}
	}
	return nil
}

// runScreen shows the screen for a real server.
func runScreen(ctx context.Context, s *streams, args []string, check *checkFlags, judge *viewFlags) error {
	if err := onScreen(s); err != nil {
		return err
	}
	if check.passwordFile == "-" {
		return usageError{"the screen and --password-file - both need standard input", "use a file, FTPCHECK_PASSWORD or the form"}
	}
	d, _, work, err := openDesk(s, check, judge)
	if err != nil {
		return err
	}
	o := tui.Options{ASCII: !utf8Locale(s)}
	if len(args) == 0 {
		o.Form = d.form("")
	} else {
		t, err := parseTarget(args[0])
		if err != nil {
			return err
		}
		switch {
		case t.HasPassword && check.passwordFile != "":
			return twoPasswords
		case t.User != "" && check.user != "" && t.User != check.user:
			return twoUsers
		}
		o.Form = d.form(args[0])
		o.Job, o.Say, err = work.Open(o.Form)
		if t.HasPassword {
			o.Say = append(o.Say, passwordInURL)
		}
		switch {
		case errors.Is(err, tui.ErrNoPassword):
			o.Say = append(o.Say, err.Error())
		case err != nil:
			return err
		}
	}
	return show(ctx, s, work, o, false)
}

// runDemoScreen shows the screen for a simulated network.
func runDemoScreen(cmd *cobra.Command, s *streams, args []string, given *checkFlags, judge *viewFlags) error {
	if err := onScreen(s); err != nil {
		return usageError{err.Error(), "without one: ftpcheck demo SCENARIO"}
	}
	if err := onlyDemoFlags(cmd.Flags()); err != nil {
		return err
	}
	if len(args) > 1 {
		return usageError{fmt.Sprintf("one scenario at a time, not %d", len(args)), "ftpcheck demo --list names them"}
	}
	scenario, err := findScenario(append(args, defaultScenario)[0])
	if err != nil {
		return err
	}
	check, err := scenarioFlags(scenario, judge)
	if err != nil {
		return fmt.Errorf("scenario %s: %w", scenario.Name, err)
	}
	if cmd.Flags().Changed("timeout") {
		check.timeout = given.timeout
	}
	_, options, work, err := openDesk(s, check, judge)
	if err != nil {
		return err
	}
	job, err := simulatedJob(scenario, options)
	if err != nil {
		return err
	}
	o := tui.Options{Job: job, Fixed: true, ASCII: !utf8Locale(s), Say: []string{"simulated network " + scenario.Name + ": " + scenario.About}}
	return show(cmd.Context(), s, work, o, true)
}

// onlyDemoFlags refuses flags that a scenario decides about.
func onlyDemoFlags(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		if !slices.Contains([]string{"demo", "timeout", "require", "strict"}, f.Name) {
			err = usageError{fmt.Sprintf("--%s and --demo exclude each other", f.Name), "the scenario decides about it"}
		}
	})
	return err
}

// utf8Locale reports whether the terminal takes characters outside ASCII
// (locale(7): the first of these that is set decides).
func utf8Locale(s *streams) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := s.getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}
