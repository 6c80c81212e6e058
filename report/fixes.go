package report

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ftpcheck/probe"
)

// common are the servers shown when the one at hand was not recognised.
var common = []string{"vsftpd", "ProFTPD", "Pure-FTPd", "FileZilla Server"}

// settings are the configuration lines of one need, by server product. Each
// takes the values of the need, in order, as Sprintf verbs.
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
		"vsftpd":           "pasv_enable=YES",
		"ProFTPD":          "remove PASV and EPSV from <Limit> sections",
		"FileZilla Server": "look for a passive mode that is restricted for this user",
	}
	passiveAllowed = settings{
		"vsftpd":  "take PASV out of cmds_denied, or put it into cmds_allowed",
		"ProFTPD": "remove PASV from <Limit> sections",
	}
	activeOn = settings{
		"vsftpd":    "port_enable=YES",
		"ProFTPD":   "remove PORT and EPRT from <Limit> sections",
		"Pure-FTPd": "remove -S where it forbids active mode",
		"SFTPGo":    "ftpd.disable_active_mode = false",
	}
	quickGreeting = settings{
		"ProFTPD":   "UseReverseDNS off\nIdentLookups off",
		"Pure-FTPd": "-H   (or DontResolve yes)",
	}
	sessionLimits = settings{
		"vsftpd":           "max_per_ip=0\nmax_clients=0   (0: no limit)",
		"ProFTPD":          "MaxClientsPerHost\nMaxInstances",
		"Pure-FTPd":        "-C (per address)   -c (in all)",
		"FileZilla Server": "limits of the user, autoban",
		"pyftpdlib":        "server.max_cons_per_ip\nserver.max_cons",
		"SFTPGo":           "max_per_host_connections\nmax_total_connections",
	}
	foreignData = settings{
		"vsftpd":    "pasv_promiscuous=YES",
		"ProFTPD":   "AllowForeignAddress on",
		"Pure-FTPd": "-w   (FXP for users)",
		"pyftpdlib": "handler.permit_foreign_addresses = True",
		"SFTPGo":    "ftpd.bindings[].passive_connections_security = 1",
	}
	sourcePort20 = settings{
		"vsftpd":  "connect_from_port_20=YES",
		"ProFTPD": "RootRevoke off",
		"SFTPGo":  "ftpd.active_transfers_port_non_20 = false",
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

// portRange is the range of ports that the server was seen to announce.
type portRange struct{ low, high uint16 }

func (r portRange) String() string {
	if r.low == r.high {
		return fmt.Sprint(r.low)
	}
	return fmt.Sprintf("%d-%d", r.low, r.high)
}

// colon is the range as iptables and ufw write it.
func (r portRange) colon() string { return strings.ReplaceAll(r.String(), "-", ":") }

// announcedRange is the range of all announced ports of this run.
func (v *view) announcedRange() portRange {
	var ports []uint16
	for _, p := range v.passive {
		if p.Announced.Port() != 0 {
			ports = append(ports, p.Announced.Port())
		}
	}
	if v.ran(probe.CheckPorts) {
		for _, s := range v.ev.Samples {
			if s.Announced.Port() != 0 {
				ports = append(ports, s.Announced.Port())
			}
		}
	}
	if len(ports) == 0 {
		return portRange{}
	}
	return portRange{slices.Min(ports), slices.Max(ports)}
}

func examplesRange(v *view, r portRange) []Example {
	if r.low == 0 {
		return nil
	}
	return passiveRange.examples(v.product, r.low, r.high)
}

func fixAnnounce(v *view, p *passive) []Fix {
	to := announceable(p.peer)
	fix := Fix{Who: ServerAdmin, Do: fmt.Sprintf("Announce %s in passive mode, the address under which clients reach the server.", to), Examples: examplesAnnounce(v, to)}
	if !public(p.peer) {
		fix.Do = fmt.Sprintf("Announce the address under which all clients reach the server. %s may be right for some of them only.", p.peer)
	}
	return append([]Fix{fix}, v.untilAnnounced(p)...)
}

// announceable is the address that a server reached at peer should announce. An
// address of one network or machine is not one: clients outside have another.
func announceable(peer netip.Addr) string {
	if public(peer) {
		return peer.String()
	}
	return "ADDRESS"
}

// untilAnnounced names what worked in this run in spite of a wrong address.
func (v *view) untilAnnounced(p *passive) []Fix {
	fix := Fix{Who: ClientUser}
	if v.epsvWord() != "" {
		fix.Do = "Until then: use EPSV."
	}
	if p.Listed() && opened(p.host) {
		fix.Do = strings.TrimSuffix(cmp.Or(fix.Do, "Until then: use"), ".")
		if v.epsvWord() != "" {
			fix.Do += ", or"
		}
		fix.Do += " a client that ignores the announced address."
		fix.Examples = []Example{{For: "curl", Text: "curl --ftp-skip-pasv-ip"}, {For: "lftp", Text: "set ftp:fix-pasv-address yes"}}
	}
	if fix.Do == "" {
		return nil
	}
	return []Fix{fix}
}

func fixHairpin(v *view, p *passive) []Fix {
	return append([]Fix{
		{Who: ServerAdmin, Do: "Announce the local address to clients of the own network.",
			Examples: []Example{
				{For: "FileZilla Server", Text: "Passive mode: use local IP for local connections"},
				{For: "ProFTPD", Text: fmt.Sprintf("a <VirtualHost %s> without MasqueradeAddress", p.peer)},
			}},
		{Who: ServerNetwork, Do: fmt.Sprintf("Or let the router lead connections from inside to %s back in (NAT loopback).", p.Announced.Addr().Unmap())},
	}, v.untilAnnounced(p)...)
}

// listedPassive names the passive modes that gave a listing at the very address
// that the server announced.
func (v *view) listedPassive() []string {
	var names []string
	for _, p := range v.passive {
		if p.Listed() && (!p.differs || opened(p.announced)) {
			names = append(names, strings.ToUpper(string(p.Check)))
		}
	}
	return names
}

func (v *view) passiveHint() string {
	if len(v.listedPassive()) > 0 {
		return " Passive mode works."
	}
	return ""
}

// usePassive is the advice to use passive mode, if that worked or was not tried.
func (v *view) usePassive() []Fix {
	names := v.listedPassive()
	switch {
	case len(v.passive) == 0:
		return []Fix{{Who: ClientUser, Do: "Try passive mode, which was not tested."}}
	case len(names) == 0:
		return nil
	}
	return []Fix{{Who: ClientUser, Do: fmt.Sprintf("Use passive mode (%s).", strings.Join(names, " or "))}}
}

// passiveOr is the advice to use passive mode, and another way to go.
func (v *view) passiveOr(other Fix) []Fix {
	fixes := v.usePassive()
	if len(fixes) > 0 {
		other.Do = "Or " + strings.ToLower(other.Do[:1]) + other.Do[1:]
	}
	return append(fixes, other)
}

func fixPassiveOn(v *view, reply string) []Fix {
	fix := Fix{Who: ServerAdmin, Do: "Allow passive mode.", Examples: passiveOn.examples(v.product)}
	if deniedByOS.MatchString(reply) && len(reply) > 0 && reply[0] == '4' {
		fix.Do = "Let the system allow the server to open passive ports."
		fix.Examples = []Example{{For: "SELinux", Text: "setsebool -P ftpd_use_passive_mode on"}}
	}
	return []Fix{fix}
}

// openRange are the lines that let the port range through a firewall in front
// of the server, or on it.
func openRange(r portRange) []Example {
	dash, colon := r.String(), r.colon()
	return []Example{
		{"nft", fmt.Sprintf("nft add rule inet filter input tcp dport %s accept", dash)},
		{"iptables", fmt.Sprintf("iptables -I INPUT -p tcp --dport %s -j ACCEPT", colon)},
		{"ufw", fmt.Sprintf("ufw allow %s/tcp", colon)},
		{"firewalld", fmt.Sprintf("firewall-cmd --permanent --add-port=%s/tcp && firewall-cmd --reload", dash)},
		{"Windows", fmt.Sprintf("netsh advfirewall firewall add rule name=\"FTP passive\" dir=in action=allow protocol=TCP localport=%s", dash)},
		{"AWS", fmt.Sprintf("security group: inbound TCP %s from the clients", dash)},
		{"Azure", fmt.Sprintf("network security group: inbound allow TCP %s", dash)},
	}
}

// forwardRange are the lines that lead the port range on to the server. inside
// is the server's own address; "" when it is not known.
func forwardRange(r portRange, inside string) []Example {
	if inside == "" {
		inside = "SERVER"
	}
	dash, colon := r.String(), r.colon()
	return []Example{
		{"nft", fmt.Sprintf("nft add rule ip nat prerouting iifname \"wan\" tcp dport %s dnat to %s", dash, inside)},
		{"iptables", fmt.Sprintf("iptables -t nat -A PREROUTING -i wan -p tcp --dport %s -j DNAT --to %s", colon, inside)},
		{"home router", fmt.Sprintf("port forwarding: TCP %s to %s, same ports", dash, inside)},
		{"Docker", fmt.Sprintf("docker run -p 21:21 -p %s:%s ...", dash, dash)},
		{"Kubernetes", fmt.Sprintf("list every port of %s in the Service, or use hostNetwork; externalTrafficPolicy: Local", dash)},
	}
}

// openOut are the lines that let a client's network connect to the range.
func openOut(r portRange, server string) []Example {
	dash, colon := r.String(), r.colon()
	return []Example{
		{"nft", fmt.Sprintf("nft add rule inet filter forward ip daddr %s tcp dport %s accept", server, dash)},
		{"iptables", fmt.Sprintf("iptables -I FORWARD -d %s -p tcp --dport %s -j ACCEPT", server, colon)},
		{"Windows", fmt.Sprintf("netsh advfirewall firewall add rule name=\"FTP data\" dir=out action=allow protocol=TCP remoteip=%s remoteport=%s", server, dash)},
	}
}
