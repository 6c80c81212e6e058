package ftpd

import (
	"crypto/tls"
	"net/netip"
	"time"

	"ftpcheck/probe"
)

// behaviour is what faults change. The zero value is a server without faults.
type behaviour struct {
	greeting    string            // whole greeting line instead of ours
	leaves      bool              // the session ends after the greeting
	delay       time.Duration     // before the greeting
	flood       string            // sent without end after the greeting's place
	silent      bool              // never a byte, though it reads
	closes      bool              // closes as soon as it has accepted
	oneSession  bool              // no second session of one address
	replies     map[string]string // verb to the reply that it gets instead of being obeyed; empty: the connection closes
	last        map[string]bool   // verbs whose reply of replies ends the session
	announce    netip.Addr        // Options.Announce
	activeFrom  netip.Addr        // Options.ActiveFrom
	closedPort  bool              // announced ports do not listen
	closedFrom  uint16            // those from this one on; 0: none
	closedOneIn int               // one in so many, at random; 0: none
	badEPSV     bool              // 229 without bars
	neverDials  bool              // active data connections are not even tried
	exhausted   bool              // one passive port for all sessions
	badPASV     bool              // 227 with numbers over 255
	stranger    bool              // every data peer counts as somebody else
	resets      bool              // data connections end in a RST
	highPort    bool              // active data comes from an ephemeral port
	never226    bool              // transfers are never confirmed
	silentData  bool              // data connections open and never carry a byte
	longList    bool              // listings are long
	endlessList bool              // listings have no end
	drip        bool              // replies come one byte a second
	escapes     bool              // replies carry terminal escape sequences
	swallowed   map[string]bool   // verbs that get no reply
	laterFail   int               // the transfer of a session that fails, counted from 1
	stallAfter  int               // bytes after which data connections stop; 0: they do not
	spill       probe.PortRange   // passive ports beyond Options.Passive
	idle421     time.Duration     // Options.Idle of the control connection
	idleDrop    time.Duration     // silence after which nothing is answered

	stripped        bool             // FEAT lists AUTH TLS although AUTH is refused
	unlisted        bool             // FEAT lists nothing of TLS
	noCloseNotify   bool             // encrypted data connections end with a bare FIN
	reuse425        bool             // demands session reuse as ProFTPD does
	reuseForgets    bool             // resumes only the first data connections of a session
	certificate     Kind             // of the server's certificate, made for the fault
	made            *tls.Certificate // it
	noCipher        bool             // offers no cipher suite that a client has
	wantsClient     bool             // demands a client certificate
	clearRefused    bool             // demands encrypted data, not an encrypted login
	dataCertificate *tls.Certificate // of data connections, where it is another one
	dataPlain       bool             // data connections are plain after PROT P
	dataTLSReset    bool             // encrypted data connections are reset
}

// newBehaviour returns what the named faults do together at a server with
// these options.
func newBehaviour(names []string, opt Options) (*behaviour, error) {
	b, err := parseFaults(names)
	if err == nil && opt.TLS == nil {
		err = lackingTLS(names)
	}
	if err == nil && b.certificate != "" {
		b.made, err = badCertificate(b.certificate, opt)
	}
	return &b, err
}
