package hops

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// A listener of IPv4 gets the TTL, and what it accepts goes as far as it has to
// once it is set back.
func TestLimitAnswers(t *testing.T) {
	l := listen(t, "127.0.0.1")
	if !LimitAnswers(l, 3) || LimitAnswers(l, 0) || LimitAnswers(l, MaxHops+1) {
		t.Fatal("3 is a TTL, 0 and more than MaxHops are none")
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if ttl := option(t, got, unix.SOL_IP, unix.IP_TTL); ttl != 3 {
		t.Errorf("accepted with TTL %d", ttl)
	}
	if err := SenderOf(got).SetTTL(0); err != nil {
		t.Fatal(err)
	}
	if ttl, want := option(t, got, unix.SOL_IP, unix.IP_TTL), option(t, c, unix.SOL_IP, unix.IP_TTL); ttl != want {
		t.Errorf("TTL %d, want %d", ttl, want)
	}
	if LimitAnswers(listen(t, "::1"), 3) {
		t.Error("Linux takes no notice of it over IPv6")
	}
}
