package probe

import (
	"net/netip"
	"time"
)

// Target is the server to check and the account to do it with.
type Target struct {
	Host     string // name or literal address
	Port     uint16
	User     string
	Password string // never leaves the control session: not in events, not in recordings
	Path     string // directory to list, relative to the login directory (RFC 1738 3.2.2)
}

// Follow says whether an address that the server announced is dialled.
type Follow string

const (
	FollowAuto   Follow = "auto"   // the control host and private addresses, not third parties
	FollowAlways Follow = "always" // whatever is announced
	FollowNever  Follow = "never"  // the control host only
)

// TLSMode says whether and how the control connection is encrypted.
type TLSMode string

const (
	TLSAuto     TLSMode = "auto"     // explicit TLS when the server accepts AUTH TLS, else none
	TLSOff      TLSMode = "off"      // never
	TLSExplicit TLSMode = "explicit" // AUTH TLS, or no login (RFC 4217)
	TLSImplicit TLSMode = "implicit" // TLS from the first byte, usually on port 990
)

// PortRange is a range of TCP ports, both ends included. The zero value means any.
type PortRange struct {
	Low  uint16 `json:"low"`
	High uint16 `json:"high"`
}

// Options are the knobs of a run. Durations that are zero mean the default.
type Options struct {
	Family        int           `json:"family,omitzero"`           // 4, 6, or 0 for both
	Checks        []Check       `json:"checks,omitempty"`          // the checks to run, nil for the default ones
	Timeout       time.Duration `json:"timeout_ns,omitzero"`       // limit of one connection attempt, or of one wait for a data connection
	ReplyTimeout  time.Duration `json:"reply_timeout_ns,omitzero"` // limit of one wait for a greeting or a reply, and of one listing
	Parallel      int           `json:"parallel,omitzero"`         // control sessions at once
	Ports         int           `json:"ports,omitzero"`            // announcements to sample, those of the modes included; negative: none
	Follow        Follow        `json:"follow,omitzero"`
	ActiveAddress netip.Addr    `json:"active_address,omitzero"` // announced in active mode instead of the control connection's own
	ActivePorts   PortRange     `json:"active_ports,omitzero"`   // to listen on in active mode
	TLS           TLSMode       `json:"tls,omitzero"`
	Insecure      bool          `json:"insecure,omitzero"` // the password may cross an unverified TLS connection, or a plain one for a comparison
	Sweep         PortRange     `json:"sweep,omitzero"`    // ports of the control host to map; zero: none
	Download      string        `json:"download,omitzero"` // file that the transfer check downloads
	Upload        string        `json:"upload,omitzero"`   // directory in which the transfer check stores a file of ours, and removes it again
	Idle          time.Duration `json:"idle_ns,omitzero"`  // longest silence of the idle check; zero: it is not run
	Peer          bool          `json:"peer,omitzero"`     // the peer check was asked for: a server that does not offer it is asked, and why it is not run is told
}

// Defaults of Options, as documented on the command line.
const (
	DefaultTimeout      = 5 * time.Second
	DefaultReplyTimeout = 30 * time.Second
	DefaultParallel     = 4
	DefaultPorts        = 12
)

// DefaultChecks are the checks of a run in which none were chosen.
var DefaultChecks = []Check{
	CheckName, CheckControl, CheckSecure, CheckLogin,
	CheckEPSV, CheckPASV, CheckEPRT, CheckPORT, CheckPorts, CheckClient, CheckPath, CheckPeer,
}
