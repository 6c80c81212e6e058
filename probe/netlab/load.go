package netlab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"slices"
	"strings"

	"ftpcheck/probe/ftpd"
)

// Load reads all the scenario files in fsys, sorted by name.
func Load(fsys fs.FS) ([]*Scenario, error) {
	files, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return nil, err
	}
	var all []*Scenario
	for _, file := range files {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		s, err := Parse(file, data)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Parse reads a scenario file. Fields that do not exist are errors, and all
// errors begin with the file's name.
func Parse(file string, data []byte) (*Scenario, error) {
	s := &Scenario{Name: strings.TrimSuffix(file, ".json")}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%s: something follows the scenario", file)
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// Validate says what is wrong with a scenario, field by field.
func (s *Scenario) Validate() error {
	checks := []func() error{s.validateScenario, s.validateClient, s.validateServer}
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	for i, r := range s.Rules {
		if err := r.validate(); err != nil {
			return fmt.Errorf("rule %d: %w", i+1, err)
		}
		if r.State == stateRelated && !slices.Contains(s.Helper, r.At) {
			return fmt.Errorf("rule %d: state: nothing is related at %s without a helper there", i+1, r.At)
		}
	}
	for i, b := range s.Boxes {
		if err := s.validateBox(b, s.Boxes[:i]); err != nil {
			return fmt.Errorf("box %d: %w", i+1, err)
		}
	}
	return nil
}

func (s *Scenario) validateScenario() error {
	if err := oneOf("only", s.Only, "", "simulation", "kernel"); err != nil {
		return err
	}
	if (s.Only == "") != (s.Why == "") {
		return errors.New("only and why belong together")
	}
	for _, h := range s.Helper {
		if err := oneOf("helper", h, "cgw", "isp", "sgw"); err != nil {
			return err
		}
	}
	return oneOf("run.target", s.Run.Target, "", "server", "name")
}

func (s *Scenario) validateClient() error {
	c := s.Client
	switch {
	case c.OnServer && (c.NAT || c.DataFrom != ""):
		return errors.New("client: nat and data_from are the client's gateway's, but it stands in the server's network")
	case c.IPv6Only && (c.NAT || c.DataFrom != ""):
		return errors.New("client: ipv6_only leaves nothing for nat and data_from to translate")
	case c.IPv6Only && !s.Server.IPv6:
		return errors.New("client: ipv6_only needs a server with ipv6")
	}
	return ipv4("client.data_from", c.DataFrom)
}

func (s *Scenario) validateServer() error {
	v := s.Server
	if !v.NAT && (v.Forward != nil || v.Hairpin) {
		return errors.New("server: forward and hairpin need nat")
	}
	for _, text := range v.Names {
		if _, err := netip.ParseAddr(text); err != nil {
			return fmt.Errorf("server.names: %q is no address", text)
		}
	}
	if slices.Contains(v.Software, softwarePeer) != v.Peer && v.Software != nil || v.Peer && len(v.Software) > 1 {
		return fmt.Errorf("server: peer and software %s belong together, and to no other", softwarePeer)
	}
	ranges := v.Forward
	if v.Passive != "" {
		ranges = append(slices.Clone(ranges), v.Passive)
	}
	for _, text := range ranges {
		if _, err := parseRange(text); err != nil {
			return fmt.Errorf("server: %w", err)
		}
	}
	if err := ipv4("server.announce", v.Announce); err != nil {
		return err
	}
	if err := v.TLS.validate(); err != nil {
		return fmt.Errorf("server.tls: %w", err)
	}
	if faults := s.faults(); slices.Contains(faults, faultNone) {
		if len(faults) > 1 {
			return errors.New("server.faults: none stands alone")
		}
		return nil
	}
	if _, err := ftpd.New(s.serverOptions(nil)); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

func (r Rule) validate() error {
	if err := oneOf("at", r.At, devices...); err != nil {
		return err
	}
	if err := oneOf("toward", r.Toward, "", towardServer, towardClient); err != nil {
		return err
	}
	if err := oneOf("state", r.State, "", stateNew, stateRelated); err != nil {
		return err
	}
	if r.OneIn < 0 || r.OneIn == 1 {
		return fmt.Errorf("one_in: %d is not 2 or more", r.OneIn)
	}
	for _, text := range []string{r.Ports, r.From} {
		if _, err := parseRange(text); text != "" && err != nil {
			return err
		}
	}
	return oneOf("do", r.Do, doAccept, doDrop, doReset, doAdminProhibited, doHostUnreachable, doPortUnreachable)
}

func oneOf(field, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	allowed = slices.DeleteFunc(slices.Clone(allowed), func(a string) bool { return a == "" })
	return fmt.Errorf("%s: %q is none of %s", field, value, strings.Join(allowed, ", "))
}

func ipv4(field, text string) error {
	if text == "" {
		return nil
	}
	if a, err := netip.ParseAddr(text); err != nil || !a.Is4() {
		return fmt.Errorf("%s: %q is no IPv4 address", field, text)
	}
	return nil
}
