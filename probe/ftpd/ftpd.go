// Package ftpd is the opposite end: a minimal FTP server (RFC 959, 2428,
// 3659) with one made-up directory, for real clients, for tests and for the
// simulation. Faults make it misbehave in the ways that ftpcheck diagnoses.
//
// It never touches a disk, never keeps what is uploaded, and never opens a
// connection to any address but that of the client that asked for it.
package ftpd

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"ftpcheck/probe"
)

// Options are the knobs of a Server. A zero value means the default.
type Options struct {
	Listen   []netip.AddrPort // control addresses to listen on; at least one
	Passive  probe.PortRange  // ports for passive data connections; zero: any the system gives
	Announce netip.Addr       // IPv4 address in 227 replies instead of the control connection's own

	Anonymous bool   // admit "anonymous" and "ftp" with any password
	User      string // the one named account; empty: there is none
	Password  string // its password

	MaxSessions   int // sessions at once, in all
	MaxPerAddress int // sessions at once of one client address

	Idle         time.Duration // a silent session ends after this
	LoginTimeout time.Duration // a session that has not logged in ends after this
	DataTimeout  time.Duration // limit of one wait for a data connection, passive or active
	Life         time.Duration // the server stops after this; zero: when its context ends

	TLS *TLS // nil: the server speaks plain FTP only

	Exchange bool // tell clients that are ftpcheck's own what was seen of them (package exchange)

	ActiveFrom netip.Addr // source address of active data connections instead of the control connection's own
	Faults     []string   // names of Faults, "NAME" or "NAME=ARGUMENT"
	Product    string     // text of the greeting after "220 ", of one or more lines
	Features   []string   // keywords that FEAT lists, of those that Keywords returns; nil: all of them
	Tool       string     // version of ftpcheck, for clients that are ftpcheck's own
	Seed       uint64     // makes the choice of passive ports repeatable; zero: random

	Ready func([]netip.AddrPort) // called once, with the control addresses, when all of them listen
	Log   func(Entry)            // called for each thing worth telling, one call at a time
}

// TLS is how a server encrypts (RFC 4217).
type TLS struct {
	Mode        TLSMode
	Certificate *tls.Certificate // nil: one made in memory
	Min, Max    uint16           // versions of crypto/tls; zero: 1.2 and 1.3
	Reuse       bool             // a data connection must resume the TLS session of its own control connection
	ClientCert  bool             // a client certificate is demanded
}

// TLSMode says where encryption begins and what works without it.
type TLSMode string

const (
	TLSExplicit     TLSMode = "explicit"      // AUTH TLS is offered
	TLSRequired     TLSMode = "required"      // no login without it
	TLSRequiredData TLSMode = "required-data" // nor a plain data connection
	TLSImplicit     TLSMode = "implicit"      // from the first byte
)

// Defaults of Options.
const (
	DefaultMaxSessions   = 200
	DefaultMaxPerAddress = 50
	DefaultIdle          = 10 * time.Minute
	DefaultLoginTimeout  = time.Minute
	DefaultDataTimeout   = 30 * time.Second
	DefaultProduct       = "(ftpcheck)"
)

// Server is one server. It serves once.
type Server struct {
	opt      Options
	faults   atomic.Pointer[behaviour]
	tls      *secrecy   // nil: plain FTP only
	random   *rand.Rand // guarded by ports.mu
	ports    ports
	guests   guests
	watch    watch
	visits   visits
	quoters  chan struct{} // a place for each of maxQuoters
	sessions atomic.Int64  // that have come so far
	logs     chan struct{} // a token that makes Log calls come one at a time
}

// New returns a server, or an error when the options contradict each other.
func New(opt Options) (*Server, error) {
	if len(opt.Listen) == 0 {
		return nil, errors.New("no address to listen on")
	}
	if !opt.Anonymous && opt.User == "" {
		return nil, errors.New("neither anonymous nor a user may log in")
	}
	if opt.User != "" && opt.Password == "" {
		return nil, errors.New("the user has no password")
	}
	if opt.Announce.IsValid() && !opt.Announce.Unmap().Is4() {
		return nil, errors.New("the announced address must be IPv4: EPSV announces none")
	}
	if opt.Passive.High < opt.Passive.Low {
		return nil, errors.New("the passive range ends before it begins")
	}
	opt = opt.withDefaults()
	faults, err := newBehaviour(opt.Faults, opt)
	if err != nil {
		return nil, err
	}
	secrecy, err := newSecrecy(opt)
	if err != nil {
		return nil, err
	}
	seed := opt.Seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	s := &Server{
		opt:     opt,
		tls:     secrecy,
		random:  rand.New(rand.NewPCG(seed, 0)),
		guests:  guests{total: opt.MaxSessions, each: opt.MaxPerAddress},
		logs:    make(chan struct{}, 1),
		visits:  visits{answers: make(chan struct{}, maxAnswers)},
		quoters: make(chan struct{}, maxQuoters),
	}
	s.faults.Store(faults)
	return s, nil
}

// SetFaults makes the server misbehave as the names say, instead of as before.
// A session that lives follows from its next command on.
func (s *Server) SetFaults(names []string) error {
	faults, err := newBehaviour(names, s.opt)
	if err != nil {
		return err
	}
	s.faults.Store(faults)
	s.log(Entry{What: WhatFaults, Text: strings.Join(names, " ")})
	return nil
}

func (o Options) withDefaults() Options {
	positive(&o.MaxSessions, DefaultMaxSessions)
	positive(&o.MaxPerAddress, DefaultMaxPerAddress)
	positive(&o.Idle, DefaultIdle)
	positive(&o.LoginTimeout, DefaultLoginTimeout)
	positive(&o.DataTimeout, DefaultDataTimeout)
	if o.Product == "" {
		o.Product = DefaultProduct
	}
	return o
}

func positive[T int | time.Duration](v *T, otherwise T) {
	if *v <= 0 {
		*v = otherwise
	}
}

// admits reports whether user and password may log in. It takes the same time
// whether the password is nearly right or not.
func (s *Server) admits(user, password string) bool {
	if isAnonymous(user) {
		return s.opt.Anonymous
	}
	given, want := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(s.opt.Password))
	same := subtle.ConstantTimeCompare(given[:], want[:]) == 1
	return s.opt.User != "" && user == s.opt.User && same
}
