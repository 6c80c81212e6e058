package report

import "fmt"

// common are the servers shown when the one at hand was not recognised.
var common = []string{"vsftpd", "ProFTPD", "Pure-FTPd", "FileZilla Server"}

// settings are the configuration lines of one need, by server product. Each
// takes the values of the need, in order, as Sprintf verbs. A remark stands in
// brackets after three blanks; words that are no configuration line name the
// place in a dialog, or what to do.
//
// Sources: vsftpd.conf(5) of 3.0.3; the directives of ProFTPD 1.3.8; pure-ftpd(8)
// of 1.0.50; the attributes of pyftpdlib 1.5.7; sftpgo.json of SFTPGo 2.6; the
// IIS settings schema; the dialogs of FileZilla Server 1.9. The first four are
// also asked themselves, in a test.
type settings map[string]string

var (
	announceAddress = settings{ // %[1]s: the address
		"vsftpd":           "pasv_address=%[1]s",
		"ProFTPD":          "MasqueradeAddress %[1]s",
		"Pure-FTPd":        "-P %[1]s   (or ForcePassiveIP %[1]s)",
		"FileZilla Server": "Passive mode: public IP or hostname = %[1]s",
		"IIS":              "site FTP Firewall Support: External IP Address of Firewall = %[1]s",
		"pyftpdlib":        "handler.masquerade_address = \"%[1]s\"",
		"SFTPGo":           "ftpd.bindings[].force_passive_ip = \"%[1]s\"",
		"ftpcheck":         "ftpcheck serve --announce %[1]s",
	}
	passiveRange = settings{ // %[1]d-%[2]d: the range
		"vsftpd":           "pasv_min_port=%[1]d\npasv_max_port=%[2]d",
		"ProFTPD":          "PassivePorts %[1]d %[2]d",
		"Pure-FTPd":        "-p %[1]d:%[2]d   (or PassivePortRange %[1]d %[2]d)",
		"FileZilla Server": "Passive mode: use custom port range %[1]d to %[2]d",
		"IIS":              "server FTP Firewall Support: Data Channel Port Range = %[1]d-%[2]d, then restart ftpsvc",
		"pyftpdlib":        "handler.passive_ports = range(%[1]d, %[2]d + 1)",
		"SFTPGo":           "ftpd.passive_port_range: start %[1]d, end %[2]d",
		"ftpcheck":         "ftpcheck serve --passive %[1]d-%[2]d",
	}
	passiveOn = settings{
		"vsftpd":  "pasv_enable=YES",
		"ProFTPD": "remove PASV and EPSV from <Limit> sections",
	}
	passiveAllowed = settings{
		"vsftpd":  "take PASV out of cmds_denied, or put it into cmds_allowed",
		"ProFTPD": "remove PASV from <Limit> sections",
	}
	activeOn = settings{
		"vsftpd":  "port_enable=YES",
		"ProFTPD": "remove PORT and EPRT from <Limit> sections",
		"SFTPGo":  "ftpd.disable_active_mode = false",
	}
	quickGreeting = settings{
		"ProFTPD":   "UseReverseDNS off\nIdentLookups off   (only where mod_ident is loaded)",
		"Pure-FTPd": "-H   (or DontResolve yes)",
	}
	sessionLimits = settings{
		"vsftpd":           "max_per_ip=0\nmax_clients=0   (0: no limit)",
		"ProFTPD":          "MaxClientsPerHost 50\nMaxInstances 200",
		"Pure-FTPd":        "-C 50 -c 200   (per address, in all)",
		"FileZilla Server": "limits of the user, autoban",
		"IIS":              "FTP site, Advanced Settings: Max Connections",
		"pyftpdlib":        "server.max_cons_per_ip = 0\nserver.max_cons = 512   (0: no limit)",
		"SFTPGo":           "common.max_per_host_connections = 0\ncommon.max_total_connections = 0   (0: no limit)",
	}
	foreignData = settings{
		"vsftpd":    "pasv_promiscuous=YES",
		"ProFTPD":   "AllowForeignAddress on",
		"Pure-FTPd": "-w   (users; -W: anonymous, too)",
		"IIS":       "dataChannelSecurity: matchClientAddressForPasv = false",
		"pyftpdlib": "handler.permit_foreign_addresses = True",
		"SFTPGo":    "ftpd.bindings[].passive_connections_security = 1",
	}
	sourcePort20 = settings{
		"vsftpd":  "connect_from_port_20=YES",
		"ProFTPD": "RootRevoke off",
		"SFTPGo":  "ftpd.active_transfers_port_non_20 = false",
	}
	logOn = settings{
		"vsftpd":           "log_ftp_protocol=YES\nxferlog_std_format=NO   (to /var/log/vsftpd.log)",
		"ProFTPD":          "ExtendedLog /var/log/proftpd/commands.log ALL",
		"Pure-FTPd":        "-d   (each command, to the system's log)",
		"FileZilla Server": "put Logging, log level, to debug",
		"IIS":              "%SystemDrive%\\inetpub\\logs\\LogFiles\\FTPSVC...",
		"pyftpdlib":        "logging.basicConfig(level=logging.DEBUG)",
		"SFTPGo":           "ftpd.bindings[].debug = true",
	}
	accountRules = settings{
		"vsftpd":    "allow_writeable_chroot=YES   (for: writable root inside chroot)",
		"ProFTPD":   "RequireValidShell off",
		"Pure-FTPd": "list the account's shell in /etc/shells",
	}
)

// examples fills the need's settings in for the recognised server, or for the
// common ones.
func (s settings) examples(p product, values ...any) []Example {
	names := common
	if _, ok := s[p.Name]; ok {
		names = []string{p.Name}
	} else if p.Name != "" {
		return nil
	}
	var list []Example
	for _, n := range names {
		if format, ok := s[n]; ok {
			if len(values) > 0 {
				format = fmt.Sprintf(format, values...)
			}
			list = append(list, Example{For: n, Text: format})
		}
	}
	return list
}

func examplesAnnounce(v *view, address string) []Example {
	return announceAddress.examples(v.product, address)
}

// serverLog is how the recognised server is made to say what it does.
func (v *view) serverLog() []Example {
	if v.product.Name == "" {
		return nil
	}
	return logOn.examples(v.product)
}
