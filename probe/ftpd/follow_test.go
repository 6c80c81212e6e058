package ftpd

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// TestPATH: loopback is one hop long, in plain text and over TLS, and the record
// has the latest search.
func TestPATH(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		r := serve(t, Options{Exchange: true, TLS: &TLS{}})
		c := r.connect(t)
		c.wants("220")
		if encrypted {
			encrypt(c, 0)
		}
		c.hold("> USER ftp\n< 331\n> PASS x\n< 230")
		c.begin()
		want := []exchange.Step{{TTL: 1, Outcome: hops.Open}}
		if !r.traces() {
			want = nil
		}
		for range 2 {
			var got exchange.Followed
			c.site(exchange.Path, "", &got)
			if bodyText(got.Steps) != bodyText(want) {
				t.Errorf("encrypted %v: %+v, want %+v", encrypted, got.Steps, want)
			}
		}
		if seen := c.seen(); bodyText(seen.Sessions[0].Path) != bodyText(want) {
			t.Errorf("encrypted %v: the record says %+v, want %+v", encrypted, seen.Sessions[0].Path, want)
		}
		if got := r.logged(WhatHop); r.traces() && got[0] != "replies at hop 1: open" {
			t.Errorf("logged %q", got)
		}
	}
}

// TestPATHIsBounded: each piece counts as an attempt of the visit's.
func TestPATHIsBounded(t *testing.T) {
	r := serve(t, Options{Exchange: true})
	if !r.traces() {
		t.Skip("this system cannot search")
	}
	c := r.login(t)
	v := r.server.visits.find(c.begin().Token)
	if !v.spend(exchange.MaxVisitDial - 1) {
		t.Fatal("no attempts are left")
	}
	c.site(exchange.Path, "", &exchange.Followed{})
	c.ask("SITE FTPCHECK PATH", noRoom)
	c.ask("NOOP", "200")
}

// TestPATHWhereItCannotBeSearched: the answer comes at once.
func TestPATHWhereItCannotBeSearched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := pipeTo(t, Options{Exchange: true})
		c := newClient(t, conn)
		c.hold("< 220\n> USER " + testUser + "\n< 331\n> PASS " + testPassword + "\n< 230")
		c.ask("SITE FTPCHECK PATH", noVisit)
		c.begin()
		began := time.Now()
		var got exchange.Followed
		c.site(exchange.Path, "", &got)
		if len(got.Steps) > 0 || time.Since(began) > 0 {
			t.Errorf("%+v after %v", got.Steps, time.Since(began))
		}
		if reply := c.ask("SITE FTPCHECK PATH", "211-FTPCHECK PATH\n"); strings.Contains(reply, "..") {
			t.Errorf("%q", reply)
		}
	})
}

// TestQuotersAreBounded: with no place left, an answer lacks quotes, and a place
// that was given back is there again.
func TestQuotersAreBounded(t *testing.T) {
	r := serve(t, Options{Exchange: true})
	c := r.login(t)
	if !c.begin().Quotes {
		t.Skip("this user may not read ICMP messages")
	}
	var all []func()
	for range maxQuoters {
		q, end := r.server.quoterOf(c.conn)
		if q == nil {
			t.Fatal("no place is left")
		}
		all = append(all, end)
	}
	if q, _ := r.server.quoterOf(c.conn); q != nil {
		t.Error("more than there are places")
	}
	for _, end := range all {
		end()
	}
	c.ask("EPSV", "229")
	for range 3 {
		c.ask("SITE FTPCHECK PATH "+bodyOf(t, exchange.PathRequest{Line: true}), "211-FTPCHECK PATH\n229 ")
	}
	if n := len(r.server.quoters); n != 0 {
		t.Errorf("%d are not given back", n)
	}
}
