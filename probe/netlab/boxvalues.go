package netlab

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// readers are the boxes that read what the ends say on an IPv4 control
// connection at the well-known port.
var readers = []string{
	BoxProxy, BoxMask, BoxRewrite, BoxRewritePort, BoxRewriteActive, BoxRewriteActivePort, BoxTruncate, BoxCutReset, BoxCutSilent,
}

// validateBox says what is wrong with a box that stands beside others.
func (s *Scenario) validateBox(b Box, others []Box) error {
	if err := oneOf("at", b.At, "cgw", "isp", "sgw"); err != nil {
		return err
	}
	if err := oneOf("kind", b.Kind, boxKinds...); err != nil {
		return err
	}
	if err := oneOf("toward", b.Toward, "", towardServer, towardClient); err != nil {
		return err
	}
	reads := slices.Contains(readers, b.Kind)
	switch {
	case s.Client.OnServer:
		return errors.New("no router stands between a client and a server of one network")
	case slices.ContainsFunc(others, func(o Box) bool { return o.At == b.At && o.Kind == b.Kind }):
		return fmt.Errorf("a second %s at %s", b.Kind, b.At)
	case b.Toward != "" && (b.Kind != BoxBlackHole || b.At != "isp"):
		return errors.New("toward: only a black hole at isp has a direction")
	case b.Kind == BoxProxy && b.At == "sgw":
		return errors.New("at: a proxy at sgw would be the server that is addressed, and not transparent")
	case reads && s.port() != helperPort:
		return fmt.Errorf("kind: a %s knows control port %d only", b.Kind, helperPort)
	case (reads || b.Kind == BoxFalseOpen || b.Kind == BoxMute) && s.Client.IPv6Only:
		return fmt.Errorf("kind: a %s is for IPv4, and the client has none", b.Kind)
	}
	if err := b.validateValue(s.Server.IPv6); err != nil {
		return fmt.Errorf("value: %w", err)
	}
	return nil
}

// Limits of values.
const (
	smallestLimit  = 576  // bytes that every IPv4 host must be able to receive (RFC 791 3.1)
	smallestLimit6 = 1280 // RFC 8200 5
	longestBegin   = 32   // bytes of a command
	slowest        = 1000 // bytes a second: a segment takes 1.5 s
	fastest        = 100_000_000
)

func (b Box) validateValue(ipv6 bool) error {
	switch b.Kind {
	case BoxIdle, BoxIdleFirst:
		if d, err := time.ParseDuration(b.Value); err != nil || d < time.Second {
			return fmt.Errorf("%q is no duration of a second or more", b.Value)
		}
	case BoxBlackHole:
		smallest := smallestLimit
		if ipv6 {
			smallest = smallestLimit6
		}
		if n, err := strconv.Atoi(b.Value); err != nil || n < smallest || n >= ethernet {
			return fmt.Errorf("%q is no size of packets, %d to %d", b.Value, smallest, ethernet-1)
		}
	case BoxSlow:
		if n, err := strconv.Atoi(b.Value); err != nil || n < slowest || n > fastest {
			return fmt.Errorf("%q is no number of bytes a second, %d to %d", b.Value, slowest, fastest)
		}
	case BoxSwallow, BoxMask, BoxCutReset, BoxCutSilent:
		if b.Value == "" || len(b.Value) > longestBegin {
			return fmt.Errorf("%q has not 1 to %d bytes", b.Value, longestBegin)
		}
	case BoxTruncate:
		if b.Value != "227" && b.Value != "PORT" {
			return fmt.Errorf("%q is neither 227 nor PORT", b.Value)
		}
	case BoxRewrite, BoxRewriteActive:
		if a, err := netip.ParseAddr(b.Value); err != nil || !a.Is4() {
			return fmt.Errorf("%q is no IPv4 address", b.Value)
		}
	case BoxRewritePort, BoxRewriteActivePort:
		if n, err := strconv.ParseUint(b.Value, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("%q is no port", b.Value)
		}
	default:
		if b.Value != "" {
			return fmt.Errorf("a box of kind %s takes none", b.Kind)
		}
	}
	return nil
}
