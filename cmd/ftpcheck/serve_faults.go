package main

import (
	"fmt"
	"strings"

	"ftpcheck/probe/ftpd"
)

// flagCauses are the causes that flags of serve make, without a fault.
var flagCauses = [][2]string{
	{"connection-limit", "--max-sessions 1, or --max-per-address 1"},
	{"tls-unavailable", "--tls off, and a client that asks for TLS"},
	{"tls-required", "--tls required, and a client without TLS"},
	{"tls-mode-mismatch", "--tls implicit, and a client that begins in plain text"},
	{"tls-outdated", "--tls explicit --tls-min 1.0 --tls-max 1.1"},
	{"certificate-untrusted", "--tls explicit"},
	{"password-in-clear", "--tls off, and a named user"},
	{"pasv-on-ipv6", "--listen [::]:21"},
	{"passive-range-wide", "--passive 1024-65535"},
	{"passive-address-foreign", "--announce with an address that is not the server's"},
	{"tls-session-reuse-required", "--tls explicit --require-session-reuse"},
	{"control-idle-timeout", "--idle 30s"},
}

// listFaults prints what --fault takes, with the cause that each makes.
func listFaults(s *streams) error {
	var b strings.Builder
	row := func(name, code, about string) { fmt.Fprintf(&b, "%-24s %-27s %s\n", name, code, about) }
	for _, f := range ftpd.Faults() {
		name, code := f.Name, f.Code
		if f.Arg != "" {
			name += "=" + f.Arg
		}
		if code == "" {
			code = "-"
		}
		row(name, code, f.About)
	}
	b.WriteString("\nThe second column is what ftpcheck finds then; ftpcheck explain tells more of it.\nThese need no fault:\n\n")
	for _, c := range flagCauses {
		fmt.Fprintf(&b, "%-27s %s\n", c[0], c[1])
	}
	return printText(s, b.String())
}
