package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"ftpcheck/probe"
)

func main() {
	p := probe.Prober{Network: probe.System{}, Target: probe.Target{Host: os.Args[1], Port: 2121, User: "anonymous", Password: "x@y"}, Options: probe.Options{Timeout: 2 * time.Second}}
	var ev probe.Evidence
	for e := range p.Run(context.Background()) {
		ev.Add(e)
		fmt.Printf("%8.3f %-9s %-8s s%d %-12s %v %s %s\n", e.At.Seconds()*1000, e.Kind, e.Check, e.Session, e.As, e.Addr, e.Outcome, e.Text)
	}
	for c, m := range ev.Modes {
		fmt.Println(c, m.Listed(), m.Announced)
	}
	fmt.Println(len(ev.Samples), ev.Client)
}
