package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/report"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const planLong = `plan sizes a server's passive port range and prints the lines that configure it.

Each transfer and each listing takes one port while it runs, and a while longer:
the system keeps a closed connection in TIME-WAIT (60 s on Linux, up to 4 min on
Windows), and so does the state of a NAT device. The mean number of ports in use
is arrivals a second times seconds taken (Little's law); how many more are
needed, so that only a given share of transfers finds none, Erlang's formula B
tells. Clients open several connections at once and list before they transfer.

With a TARGET the plan is compared with the ports that this server announces.`

// planChecks are what it takes to see the ports that a server announces.
var planChecks = []probe.Check{
	probe.CheckName, probe.CheckControl, probe.CheckSecure, probe.CheckLogin,
	probe.CheckEPSV, probe.CheckPASV, probe.CheckPorts,
}

// planFormats are what --format takes.
var planFormats = []string{"text", "json"}

// newPlanCommand sizes a passive port range.
func newPlanCommand(s *streams) *cobra.Command {
	load := report.DefaultLoad
	var from, blocking, format string
	var check checkFlags
	cmd := &cobra.Command{
		Use:   "plan [flags] [TARGET]",
		Short: "Size a passive port range and print its configuration",
		Long:  planLong,
		Example: `  ftpcheck plan --clients 50 --connections 5 --files 600
  ftpcheck plan --clients 50 ftp.example.com`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(planFormats, format) {
				return unknownValue("--format", format, planFormats)
			}
			p, err := planOf(load, blocking, from)
			if err != nil {
				return err
			}
			var seen *report.Announced
			if len(args) > 0 {
				if seen, err = announcedBy(cmd, s, args, &check); err != nil {
					return err
				}
			}
			write := report.WritePlan
			if format == "json" {
				write = report.WritePlanJSON
			}
			if err := write(s.out, p, seen); err != nil {
				return fmt.Errorf("cannot write: %w", err)
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.IntVar(&load.Clients, "clients", load.Clients, "`N` clients at once")
	fs.IntVar(&load.Connections, "connections", load.Connections, "`N` connections of each client at once")
	fs.Float64Var(&load.Files, "files", load.Files, "`N` transfers and listings a minute, of all clients together")
	fs.DurationVar(&load.Transfer, "transfer", load.Transfer, "mean `DURATION` of a transfer")
	fs.DurationVar(&load.Linger, "linger", load.Linger, "a port stays taken for this `DURATION` after its use")
	fs.StringVar(&blocking, "blocking", "0.1%", "acceptable `SHARE` of transfers that find no port")
	fs.StringVar(&from, "from", "", "begin the range at this `PORT` instead of choosing one")
	fs.StringVar(&format, "format", "text", "`FORMAT` of the plan: text or json")
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	check.add(all)
	for _, name := range []string{"user", "password-file", "ipv4", "ipv6", "tls", "insecure", "timeout", "reply-timeout", "ports"} {
		if flag := all.Lookup(name); flag != nil {
			fs.AddFlag(flag)
		}
	}
	completeOne(cmd, "format", planFormats)
	completeOne(cmd, "tls", tlsModes)
	return cmd
}

func planOf(load report.Load, blocking, from string) (report.Plan, error) {
	share, isPercent := strings.CutSuffix(strings.TrimSpace(blocking), "%")
	value, err := strconv.ParseFloat(strings.TrimSpace(share), 64)
	if err != nil {
		return report.Plan{}, usageError{fmt.Sprintf("--blocking %q is not a share", blocking), "for example 0.1% or 0.001"}
	}
	if load.Blocking = value; isPercent {
		load.Blocking /= 100
	}
	if err := load.Validate(); err != nil {
		return report.Plan{}, usageError{err.Error(), "see ftpcheck plan --help"}
	}
	var first uint64
	if from != "" {
		if first, err = strconv.ParseUint(from, 10, 16); err != nil || first < 1024 {
			return report.Plan{}, usageError{fmt.Sprintf("--from %q is not a port from 1024 on", from), ""}
		}
	}
	p, err := report.NewPlan(load, uint16(first))
	if err != nil {
		hint := "a shorter --linger, a larger --blocking, or several servers"
		if first != 0 {
			hint = "a lower --from, " + hint
		}
		return p, usageError{err.Error(), hint}
	}
	return p, nil
}

// announcedBy asks a server for its passive ports.
func announcedBy(cmd *cobra.Command, s *streams, args []string, check *checkFlags) (*report.Announced, error) {
	if err := oneTarget(cmd, args); err != nil {
		return nil, err
	}
	parsed, err := parseTarget(args[0])
	if err != nil {
		return nil, err
	}
	options, err := check.options()
	if err != nil {
		return nil, err
	}
	if err := parsed.settle(&options); err != nil {
		return nil, err
	}
	options.Checks = slices.Clone(planChecks)
	target, err := credentials(cmd.Context(), s, parsed, check.user, check.passwordFile)
	if err != nil {
		return nil, err
	}
	prober := probe.Prober{Network: s.network, Target: target, Options: options, Tool: version}
	var ev probe.Evidence
	for e := range prober.Run(cmd.Context()) {
		ev.Add(e)
	}
	if err := context.Cause(cmd.Context()); err != nil {
		return nil, err
	}
	seen := report.AnnouncedBy(&ev)
	if seen.Range == nil {
		fmt.Fprintf(s.err, "ftpcheck: hint: %s announced no passive port: ftpcheck %[1]s tells why\n", report.Escape(parsed.again(args[0])))
	}
	return &seen, nil
}
