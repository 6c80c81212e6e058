package main

import (
	"context"
	"fmt"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/report"

	"github.com/spf13/cobra"
)

const checkLong = `ftpcheck tells why an FTP transfer hangs, where the packets die, and who has to
change what. Run it on the machine whose transfers fail.

TARGET is HOST, HOST:PORT, [IPV6]:PORT or ftp://USER@HOST:PORT/PATH, with
ftps:// for implicit TLS and ftpes:// for explicit TLS. The path is relative to
the login directory; one that begins with %2F is not. A host that is named like
a command: ftp://serve

The password comes from the URL (do not), --password-file, FTPCHECK_PASSWORD,
the netrc file (~/.netrc or $NETRC) or a prompt; without a user the login is
anonymous. Proxies from the environment are not used: they would falsify the
measurement.

Exit codes: 0 pass, 1 fail, 2 wrong usage, 3 could not judge (no control
connection, no TLS, or the password was withheld), 4 login refused, 130 and 143
interrupted.`

const checkExample = `  ftpcheck ftp.example.com
  ftpcheck -u alice ftp.example.com:2121
  ftpcheck --require pasv,epsv -o report.xml ftp.example.com     JUnit, for CI
  ftpcheck                 the interactive screen, as ftpcheck tui
  ftpcheck demo            a simulated network, offline
  ftpcheck explain active-and-passive`

// newCheckCommand is the root command: it checks TARGET.
func newCheckCommand(s *streams) *cobra.Command {
	var check checkFlags
	var show viewFlags
	var recording string
	cmd := &cobra.Command{
		Use:     "ftpcheck [flags] TARGET",
		Short:   "Tell why an FTP transfer hangs, and who has to change what",
		Long:    checkLong,
		Example: checkExample,
		Version: version,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				if cmd.Flags().NFlag() == 0 && onScreen(s) == nil {
					return runScreen(cmd.Context(), s, nil, &check, &show)
				}
				if cmd.Flags().NFlag() > 0 {
					return usageError{"no TARGET is given", "TARGET is HOST, HOST:PORT or ftp://USER@HOST:PORT/PATH; see ftpcheck --help"}
				}
				fmt.Fprint(s.err, cmd.UsageString())
				return exitStatus(report.ExitUsage)
			}
			return runCheck(cmd, s, args, &check, &show, recording)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		SilenceUsage:      true,
		SilenceErrors:     true,
	}
	cmd.Flags().SortFlags = false
	check.add(cmd.Flags())
	show.add(cmd.Flags())
	cmd.Flags().StringVar(&recording, "record", "", "record the run into `FILE`, for ftpcheck replay")
	cmd.Flags().Bool("version", false, "print the version")
	cmd.SetVersionTemplate(versionText())
	completeView(cmd)
	completeCheck(cmd)
	return cmd
}

// runCheck checks a real server.
func runCheck(cmd *cobra.Command, s *streams, args []string, check *checkFlags, show *viewFlags, recording string) error {
	if err := oneTarget(cmd, args); err != nil {
		return err
	}
	parsed, err := parseTarget(args[0])
	if err != nil {
		return err
	}
	options, err := check.optionsFor(show.require)
	if err != nil {
		return err
	}
	v, err := show.open(s, options.Checks)
	if err != nil {
		return err
	}
	if err := parsed.settle(&options); err != nil {
		v.file.discard()
		return err
	}
	target, err := credentials(cmd.Context(), s, parsed, check.user, check.passwordFile)
	if err != nil {
		v.file.discard()
		return err
	}
	prober := probe.Prober{Network: s.network, Target: target, Options: options, Tool: version}
	return runProber(cmd.Context(), &prober, v, recording)
}

// runProber runs the checks and shows them.
func runProber(ctx context.Context, prober *probe.Prober, v *view, recording string) error {
	err := v.keeps(recording)
	if err != nil {
		v.file.discard()
		return err
	}
	events, err := record(recording, prober.Run(ctx))
	if err != nil {
		v.file.discard()
		return err
	}
	return v.show(ctx, events)
}

// oneTarget says what is wrong when there is not exactly one TARGET, or when
// it is a misspelt command.
func oneTarget(cmd *cobra.Command, args []string) error {
	near := nearest(args[0], commandNames(cmd))
	if len(args) > 1 {
		hint := "to check several servers, run it once for each"
		if near != "" {
			hint = fmt.Sprintf("did you mean ftpcheck %s?", near)
		}
		return usageError{fmt.Sprintf("one TARGET is needed, not %d", len(args)), hint}
	}
	// A single letter apart from a command, and not even a dot in it. A command
	// itself comes here only after --, which says that it is none.
	if near != "" && distance(args[0], near) == 1 && strings.Trim(args[0], "abcdefghijklmnopqrstuvwxyz") == "" {
		return usageError{fmt.Sprintf("there is no command %q", args[0]),
			fmt.Sprintf("did you mean ftpcheck %s? A host of this name: ftpcheck ftp://%s", near, args[0])}
	}
	return nil
}
