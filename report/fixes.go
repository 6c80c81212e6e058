package report

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
)

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
