package netlab

import "testing"

func TestParseRefusesBoxes(t *testing.T) {
	for _, tt := range []struct{ more, box, want string }{
		{"", `"at": "srv", "kind": "idle", "value": "5s"`, `at: "srv" is none of cgw, isp, sgw`},
		{"", `"at": "isp", "kind": "nat"`, `kind: "nat" is none of proxy, false-open, idle, idle-first, black-hole, swallow, mask, rewrite, `},
		{"", `"at": "sgw", "kind": "proxy"`, "at: a proxy at sgw"},
		{"", `"at": "cgw", "kind": "proxy", "value": "21"`, "value: a box of kind proxy takes none"},
		{"", `"at": "cgw", "kind": "idle"`, `value: "" is no duration`},
		{"", `"at": "cgw", "kind": "idle", "value": "5ms"`, `value: "5ms" is no duration`},
		{"", `"at": "isp", "kind": "black-hole", "value": "1500"`, `value: "1500" is no size of packets, 576 to 1499`},
		{`"server": {"ipv6": true},`, `"at": "isp", "kind": "black-hole", "value": "1000"`, "1280 to 1499"},
		{"", `"at": "isp", "kind": "swallow"`, "1 to 32 bytes"},
		{"", `"at": "isp", "kind": "rewrite", "value": "2001:db8::1"`, "is no IPv4 address"},
		{"", `"at": "isp", "kind": "rewrite-active"`, "is no IPv4 address"},
		{"", `"at": "isp", "kind": "rewrite-port", "value": "65536"`, `value: "65536" is no port`},
		{"", `"at": "isp", "kind": "rewrite-active-port", "value": "0"`, `value: "0" is no port`},
		{"", `"at": "isp", "kind": "truncate", "value": "229"`, `value: "229" is neither 227 nor PORT`},
		{"", `"at": "isp", "kind": "alter", "value": "x"`, "value: a box of kind alter takes none"},
		{"", `"at": "isp", "kind": "mask"`, "1 to 32 bytes"},
		{"", `"at": "isp", "kind": "cut-reset"`, "1 to 32 bytes"},
		{"", `"at": "isp", "kind": "slow", "value": "10"`, `value: "10" is no number of bytes a second`},
		{"", `"at": "isp", "kind": "idle", "value": "5s", "toward": "client"`, "toward: only a black hole at isp has a direction"},
		{"", `"at": "cgw", "kind": "black-hole", "value": "1000", "toward": "client"`, "toward: only a black hole at isp has a direction"},
		{"", `"at": "isp", "kind": "black-hole", "value": "1000", "toward": "cli"`, `toward: "cli" is none of server, client`},
		{`"server": {"port": 2121},`, `"at": "cgw", "kind": "mask", "value": "SITE"`, "control port 21 only"},
		{`"server": {"port": 2121},`, `"at": "cgw", "kind": "proxy"`, "control port 21 only"},
		{`"client": {"on_server_net": true},`, `"at": "sgw", "kind": "false-open"`, "of one network"},
		{`"client": {"ipv6_only": true}, "server": {"ipv6": true},`, `"at": "sgw", "kind": "false-open"`, "is for IPv4"},
		{`"client": {"ipv6_only": true}, "server": {"ipv6": true},`, `"at": "sgw", "kind": "mute"`, "is for IPv4"},
		{"", `"at": "sgw", "kind": "mute", "value": "icmp"`, "value: a box of kind mute takes none"},
		{"", `"at": "sgw", "kind": "false-open"}, {"at": "sgw", "kind": "false-open"`, "a second false-open at sgw"},
	} {
		wantError(t, "{"+tt.more+`"boxes": [{`+tt.box+`}]}`, "box ", tt.want)
	}
}
