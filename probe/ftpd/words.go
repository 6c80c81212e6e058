package ftpd

import (
	"fmt"
	"strconv"
	"strings"

	"ftpcheck/probe/exchange"
)

// words says in a few words what e tells. The peer, the time and What stand
// beside them.
func (e Entry) words() string {
	switch e.What {
	case WhatListen:
		return e.Local.String()
	case WhatCome:
		return fmt.Sprintf("connected to %v", e.Local)
	case WhatGreet:
		return quoted(e.Raw)
	case WhatSecure:
		return e.secureWords()
	case WhatLogin:
		return e.loginWords()
	case WhatHear:
		if e.Command == "" && e.Raw != nil {
			return quoted(e.Raw) + ", a command crossed out on the way"
		}
		return e.Command
	case WhatAnnounce:
		return e.announceWords()
	case WhatOpen, WhatArrive, WhatHalf, WhatAbsent, WhatShut:
		return e.portWords()
	case WhatDial, WhatHop:
		return e.dialWords()
	case WhatTransfer:
		return e.transferWords()
	case WhatVisit:
		return e.visitWords()
	case WhatStop:
		return "stopped"
	}
	return e.Command
}

func (e Entry) visitWords() string {
	switch exchange.Verb(e.Command) {
	case exchange.Begin:
		return "ftpcheck at the other end begins a visit"
	case exchange.Edge:
		return "searches how far packets get to a client that went silent"
	case exchange.Join:
		return "belongs to a visit"
	case exchange.Listen:
		return fmt.Sprintf("asks to listen on %d ports", e.Count)
	case exchange.Dial:
		return fmt.Sprintf("asks for %d connections to itself", e.Count)
	case exchange.Path:
		return "asks how far the replies get"
	case exchange.Ask:
		return "asks what was seen"
	}
	return "ends the visit"
}

func quoted(raw []byte) string { return strconv.QuoteToASCII(clip(string(raw))) }

func (e Entry) secureWords() string {
	which := "control"
	if e.Data {
		which = "data"
	}
	switch {
	case e.Err != "":
		return which + ": no TLS: " + e.Err
	case !e.Data:
		return which + ": " + e.TLS
	case e.Resumed:
		return which + ": " + e.TLS + ", resumed"
	}
	return which + ": " + e.TLS + ", not resumed"
}

func (e Entry) loginWords() string {
	switch {
	case e.User == "":
		return "refused"
	case isAnonymous(e.User):
		return "logged in as anonymous"
	}
	return "logged in as the named user"
}

func (e Entry) announceWords() string {
	if e.Command == "PASV" || e.Command == "EPSV" {
		return string(e.Raw)
	}
	_, arg, _ := strings.Cut(string(e.Raw), " ")
	text := e.Command + " " + quoted([]byte(arg))
	if e.Code >= 400 {
		text += fmt.Sprintf(", refused: %d", e.Code)
	}
	return text
}

func (e Entry) portWords() string {
	switch e.What {
	case WhatArrive:
		text := fmt.Sprintf("%v at port %d", e.Remote, e.Local.Port())
		if e.Refused {
			text += ", not the client's address: closed"
		}
		return text
	case WhatHalf:
		return fmt.Sprintf("a SYN from %v to port %d was answered, the client never sent the third packet", e.Remote, e.Local.Port())
	case WhatAbsent:
		return fmt.Sprintf("nothing arrived at port %d", e.Local.Port())
	case WhatShut:
		return fmt.Sprintf("port %d is closed", e.Local.Port())
	}
	if e.Err != "" {
		return fmt.Sprintf("%s: no port to listen on: %s", e.Command, e.Err)
	}
	text := fmt.Sprintf("%s: listens on port %d", e.Command, e.Local.Port())
	if e.TTL > 0 {
		text += fmt.Sprintf(", its answers get to hop %d", e.TTL)
	}
	return text
}

func (e Entry) dialWords() string {
	if e.Command == string(exchange.Path) {
		return fmt.Sprintf("replies at hop %d: %s", e.TTL, e.Outcome)
	}
	text := fmt.Sprintf("%v from %v: %s", e.Remote, e.Local, e.Outcome)
	if e.Outcome == "" {
		text = fmt.Sprintf("%v: no outcome: %s", e.Remote, e.Err)
	}
	switch {
	case e.TTL > 0 && e.What == WhatHop:
		text = fmt.Sprintf("%v at hop %d: %s", e.Remote, e.TTL, e.Outcome)
	case e.TTL > 0:
		text += fmt.Sprintf(", no farther than hop %d", e.TTL)
	}
	if e.ICMP != nil {
		text += fmt.Sprintf(", ICMP %d/%d from %v", e.ICMP.Type, e.ICMP.Code, e.ICMP.From)
	}
	return text
}

func (e Entry) transferWords() string {
	name := e.Command
	if e.Command == "STOR" {
		name += " " + quoted([]byte(e.Path))
	} else if e.Path != "" {
		name += " " + e.Path
	}
	switch n := e.Sent + e.Received; {
	case !e.Remote.IsValid():
		return name + ": no data connection"
	case e.Err != "":
		return name + ": no TLS on the data connection"
	case e.Code == 426 && e.How == exchange.EndOurs:
		return fmt.Sprintf("%s: aborted after %d bytes", name, n)
	case e.Code == 426:
		return fmt.Sprintf("%s: broke after %d bytes", name, n)
	case e.SendTTL > 0:
		return fmt.Sprintf("%s: %d bytes as far as hop %d: %s", name, n, e.SendTTL, e.Outcome)
	case e.Command == cmdSend || e.Command == cmdSink:
		return fmt.Sprintf("%s: %d bytes, %s", name, n, e.How)
	case e.Code == 0:
		return fmt.Sprintf("%s: %d bytes, no reply", name, n)
	default:
		return fmt.Sprintf("%s: %d bytes", name, n)
	}
}
