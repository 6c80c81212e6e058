//go:build linux

package main

import (
	"fmt"
	"strconv"
	"strings"

	"ftpcheck/probe/netlab"
)

// nftReaders returns the rules of a box that reads what passes. server and
// client match what comes in toward that end. What is written takes the place
// of as many bytes: see the kinds of netlab.
func nftReaders(s *netlab.Scenario, b netlab.Box, server, client string) []string {
	command := fmt.Sprintf("%s tcp dport %d ", server, controlPort(s))
	reply := fmt.Sprintf("%s tcp sport %d ", client, controlPort(s))
	own, _, _ := strings.Cut(newLabAddresses(s).server, "/")
	from, _, _ := strings.Cut(newLabAddresses(s).client, "/")
	const pasv, epsv, port, eprt = "227 Entering Passive Mode (", "229 Entering Extended Passive Mode (|||", "PORT ", "EPRT |1|"
	once := nftText(0, b.Value) + " limit rate 1/day burst 1 packets "
	switch b.Kind {
	case netlab.BoxRewrite:
		return []string{reply + nftText(0, pasv[:4]) + " " + nftText(len(pasv), commas(own)) + " " + nftWrite(len(pasv), commas(b.Value))}
	case netlab.BoxRewritePort:
		return []string{
			reply + nftText(0, pasv[:4]) + " " + nftWrite(len(pasv+own+","), portCommas(b.Value)),
			reply + nftText(0, epsv[:4]) + " " + nftWrite(len(epsv), b.Value),
		}
	case netlab.BoxRewriteActive:
		return []string{
			command + nftText(0, port) + " " + nftWrite(len(port), commas(b.Value)),
			command + nftText(0, eprt) + " " + nftWrite(len(eprt), b.Value),
		}
	case netlab.BoxRewriteActivePort:
		return []string{
			command + nftText(0, port) + " " + nftWrite(len(port+from+","), portCommas(b.Value)),
			command + nftText(0, eprt) + " " + nftWrite(len(eprt+from+"|"), b.Value),
		}
	case netlab.BoxTruncate:
		if b.Value == "227" {
			return []string{reply + nftText(0, pasv[:4]) + " " + nftWrite(len(pasv+own+","), strings.Repeat(" ", len("195,100).")))}
		}
		return []string{command + nftText(0, port) + " " + nftWrite(len(port+from+","), strings.Repeat(" ", len("195,100")))}
	case netlab.BoxMask:
		return []string{command + nftText(0, b.Value) + " " + nftWrite(0, strings.Repeat("X", len(b.Value)))}
	case netlab.BoxAlter:
		// nft 1.0.6 makes one comparison of "tcp sport != 21 tcp dport != 21".
		return []string{fmt.Sprintf("meta l4proto tcp ct original proto-dst != %d %s", controlPort(s), nftWrite(15, "X"))}
	case netlab.BoxCutReset:
		return []string{command + once + "reject with tcp reset"}
	case netlab.BoxCutSilent:
		return []string{command + once + "ct mark set 1", "ct mark 1 drop"}
	}
	return nil
}

// nftText matches bytes of a segment, nftWrite replaces them.
func nftText(at int, text string) string  { return nftBytes(at, text, "") }
func nftWrite(at int, text string) string { return nftBytes(at, text, "set ") }

// nftBytes names 16 bytes at a time, which is what nft takes at once.
func nftBytes(at int, text, verb string) string {
	var words []string
	for len(text) > 0 {
		part := text[:min(16, len(text))]
		words = append(words, fmt.Sprintf("@ih,%d,%d %s%#x", 8*at, 8*len(part), verb, part))
		at, text = at+len(part), text[len(part):]
	}
	return strings.Join(words, " ")
}

func commas(addr string) string { return strings.ReplaceAll(addr, ".", ",") }

// portCommas is a port as PORT and 227 write it.
func portCommas(port string) string {
	n, err := strconv.Atoi(port)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d,%d", n>>8, n&255)
}
