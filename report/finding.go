// Package report judges evidence: findings by a table of rules, the state of
// each check, the result, and prints them in every format.
//
// It never touches the network; it is a pure function of probe.Evidence.
package report

import "ftpcheck/probe"

// Severity says how bad a finding is.
type Severity string

const (
	Problem Severity = "problem" // someone has to change something; exit 1
	Warning Severity = "warning" // it works, or is broken only because of where this client stands
	Note    Severity = "note"
)

// Certainty says how much the observations prove.
type Certainty string

const (
	Certain  Certainty = "certain"  // the look-alikes were ruled out by an observation
	Likely   Certainty = "likely"   // it explains all that was observed, but so does something rarer
	Possible Certainty = "possible" // one of several explanations
)

// Owner is the person who can fix it.
type Owner string

const (
	ClientUser    Owner = "client-user"
	ClientNetwork Owner = "client-network"
	PathOwner     Owner = "path" // a network between the two sides
	ServerNetwork Owner = "server-network"
	ServerAdmin   Owner = "server-admin"
	Nobody        Owner = "nobody"
)

// Side is the part of the way on which packets die.
type Side string

const (
	SideClient  Side = "client"
	SidePath    Side = "path"
	SideServer  Side = "server"
	SideUnknown Side = "unknown"
)

// Where locates a finding. AfterHop and Of count routers and the server from
// the client, as the hop search measured them; 0 is unknown (see HopKnown).
type Where struct {
	Side     Side
	HopKnown bool   // AfterHop was measured
	AfterHop int    // the last hop that still answered for the blocked port; 0: none did
	Of       int    // the server's hop distance on the control port; 0: unknown
	Address  string // of that hop or of the rejecting device, when known
}

// Finding is one cause.
type Finding struct {
	Code      string
	Severity  Severity
	Certainty Certainty
	Title     string
	Checks    []probe.Check
	Owner     Owner
	Where     *Where   // nil when it has no place on the way
	Story     []string // paragraphs; the quoted reply stands after the first one
	Quote     []Quote
	Effect    string
	RuledOut  []string // what was ruled out, and by which observation; also what could not be
	Fixes     []Fix
}

// Quote is one line of the transcript that the story rests on, with the part
// that matters underlined and labelled. From and To are byte offsets into
// Line.Text; equal offsets underline nothing.
type Quote struct {
	Line     probe.Line
	From, To int
	Label    string
}

// Fix is what one person can do.
type Fix struct {
	Who      Owner
	Do       string
	Examples []Example
}

// Example is a fix for one product, with this run's real values.
type Example struct {
	For  string // vsftpd, ProFTPD, nft, AWS, …
	Text string // one or more lines
}
