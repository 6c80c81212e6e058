package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
	"ftpcheck/report"
	"ftpcheck/testdata/scenarios"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const defaultScenario = "private-address"

// newDemoCommand runs the checks over a simulated network.
func newDemoCommand(s *streams) *cobra.Command {
	var show viewFlags
	var list bool
	var timeout time.Duration
	var recording string
	cmd := &cobra.Command{
		Use:   "demo [flags] [SCENARIO]",
		Short: "Run against a simulated network, offline",
		Long: `Run the checks against a simulated network with one fault in it, offline and
without privileges. The report is that of a real run over such a network. The
exit code is 0 when the simulation ran, whatever it showed. Without SCENARIO it
is ` + defaultScenario + `.`,
		Example: "  ftpcheck demo\n  ftpcheck demo --list",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Sprintf("one scenario at a time, not %d", len(args)), "ftpcheck demo --list names them"}
			}
			if list {
				return listScenarios(s)
			}
			scenario, err := findScenario(append(args, defaultScenario)[0])
			if err != nil {
				return err
			}
			check, err := scenarioFlags(scenario, &show)
			if err != nil {
				return fmt.Errorf("scenario %s: %w", scenario.Name, err)
			}
			if cmd.Flags().Changed("timeout") {
				check.timeout = timeout
			}
			return runDemo(cmd.Context(), s, scenario, check, &show, recording)
		},
		ValidArgsFunction: completeScenario,
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&list, "list", false, "list the scenarios")
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "`LIMIT` of each connection attempt, instead of the scenario's")
	show.add(cmd.Flags())
	cmd.Flags().StringVar(&recording, "record", "", "record the run into `FILE`, for ftpcheck replay")
	completeView(cmd)
	return cmd
}

// simulations are the scenarios that the simulated network can express.
func simulations() ([]*netlab.Scenario, error) {
	all, err := netlab.Load(scenarios.Files)
	all = slices.DeleteFunc(all, func(s *netlab.Scenario) bool { return s.Only == "kernel" })
	slices.SortFunc(all, func(a, b *netlab.Scenario) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

func scenarioNames(all []*netlab.Scenario) []string {
	var names []string
	for _, scenario := range all {
		names = append(names, scenario.Name)
	}
	return names
}

func listScenarios(s *streams) error {
	all, err := simulations()
	if err != nil {
		return err
	}
	width := 0
	for _, scenario := range all {
		width = max(width, len(scenario.Name))
	}
	var b strings.Builder
	for _, scenario := range all {
		fmt.Fprintf(&b, "%-*s  %s\n", width, scenario.Name, scenario.About)
	}
	return printText(s, b.String())
}

func findScenario(name string) (*netlab.Scenario, error) {
	all, err := simulations()
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(s *netlab.Scenario) bool { return s.Name == name })
	if at >= 0 {
		return all[at], nil
	}
	hint := "ftpcheck demo --list names them"
	if near := nearest(name, scenarioNames(all)); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return nil, usageError{fmt.Sprintf("there is no scenario %q", name), hint}
}

// scenarioFlags are those that the scenario's file asks for.
func scenarioFlags(scenario *netlab.Scenario, show *viewFlags) (*checkFlags, error) {
	var check checkFlags
	var view viewFlags
	flags := pflag.NewFlagSet(scenario.Name, pflag.ContinueOnError)
	check.add(flags)
	view.add(flags)
	err := flags.Parse(scenario.Run.Args)
	show.require = append(show.require, view.require...)
	show.strict = show.strict || view.strict
	return &check, err
}

// runDemo runs the checks in the scenario's network.
func runDemo(ctx context.Context, s *streams, scenario *netlab.Scenario, check *checkFlags, show *viewFlags, recording string) error {
	options, err := check.optionsFor(show.require)
	if err != nil {
		return err
	}
	v, err := show.open(s, options.Checks)
	if err != nil {
		return err
	}
	lab, err := netlab.Build(scenario)
	if err != nil {
		v.file.discard()
		return err
	}
	defer lab.Close()
	fmt.Fprintf(s.err, "ftpcheck: simulated network %s: %s\n", scenario.Name, scenario.About)
	prober := probe.Prober{Network: lab.Client(), Target: lab.Target(), Options: options, Tool: version + "-demo", Roots: lab.Roots()}
	err = runProber(ctx, &prober, v, recording)
	var result exitStatus
	if errors.As(err, &result) && result <= report.ExitLogin {
		return nil // the simulation worked, and that is what was asked for
	}
	return err
}
