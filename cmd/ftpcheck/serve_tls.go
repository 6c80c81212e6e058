package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe/ftpd"

	"github.com/spf13/pflag"
)

// serveTLSFlags are the flags of the opposite end's TLS.
type serveTLSFlags struct {
	mode             string
	certificate, key string
	reuse            bool
	min, max         string
}

const noTLS = "off"

// serveTLSModes are what --tls takes.
var serveTLSModes = []string{
	noTLS, string(ftpd.TLSExplicit), string(ftpd.TLSRequired), string(ftpd.TLSRequiredData), string(ftpd.TLSImplicit),
}

// tlsVersions are what --tls-min and --tls-max take.
var tlsVersions = map[string]uint16{
	"": 0, "1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

func (f *serveTLSFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.mode, "tls", noTLS, "`MODE` of TLS: off, explicit (AUTH TLS is offered), required (no login without it), required-data (nor plain data), implicit (from the first byte)")
	fs.StringVar(&f.certificate, "certificate", "", "use the certificate chain in this PEM `FILE` (default one made in memory)")
	fs.StringVar(&f.key, "key", "", "use the private key in this PEM `FILE`")
	fs.BoolVar(&f.reuse, "require-session-reuse", false, "demand that data connections resume the TLS session of their own control connection")
	fs.StringVar(&f.min, "tls-min", "", "speak no `VERSION` of TLS below this one, 1.0 to 1.3 (default 1.2)")
	fs.StringVar(&f.max, "tls-max", "", "speak no `VERSION` of TLS above this one (default 1.3)")
}

// options turns the flags into those of the server; nil is no TLS.
func (f *serveTLSFlags) options() (*ftpd.TLS, error) {
	low, lowKnown := tlsVersions[f.min]
	high, highKnown := tlsVersions[f.max]
	switch {
	case !slices.Contains(serveTLSModes, f.mode):
		return nil, usageError{fmt.Sprintf("--tls %q is none of %s", f.mode, strings.Join(serveTLSModes, ", ")), "--tls explicit is what most servers do"}
	case f.mode == noTLS && *f != (serveTLSFlags{mode: noTLS}):
		return nil, usageError{"the other flags of TLS are given, but TLS is off", "add --tls explicit"}
	case f.mode == noTLS:
		return nil, nil
	case (f.certificate == "") != (f.key == ""):
		return nil, usageError{"--certificate and --key belong together", "both are PEM files; without them a certificate is made in memory"}
	case !lowKnown || !highKnown:
		return nil, usageError{"--tls-min and --tls-max are versions of TLS: 1.0, 1.1, 1.2 or 1.3", ""}
	case low != 0 && high != 0 && high < low:
		return nil, usageError{fmt.Sprintf("--tls-max %s is below --tls-min %s", f.max, f.min), ""}
	}
	t := &ftpd.TLS{Mode: ftpd.TLSMode(f.mode), Min: low, Max: high, Reuse: f.reuse}
	if f.certificate == "" {
		return t, nil
	}
	pair, err := tls.LoadX509KeyPair(f.certificate, f.key)
	if err != nil {
		return nil, usageError{"cannot use the certificate and its key: " + err.Error(), "both are PEM files, the server's own certificate first"}
	}
	t.Certificate = &pair
	return t, nil
}

// implicit reports whether TLS begins before the greeting.
func (f *serveTLSFlags) implicit() bool { return f.mode == string(ftpd.TLSImplicit) }

// tlsWords say what the modes mean to a client.
var tlsWords = map[ftpd.TLSMode]string{
	ftpd.TLSExplicit:     "explicit: AUTH TLS is offered",
	ftpd.TLSRequired:     "required: no login before AUTH TLS",
	ftpd.TLSRequiredData: "required: no login before AUTH TLS, no data before PROT P",
	ftpd.TLSImplicit:     "implicit: from the first byte",
}

// describe prints what a client has to know of the server's TLS.
func (f *serveTLSFlags) describe(line func(name, text string), t *ftpd.TLS, cert *x509.Certificate) {
	if t == nil {
		return
	}
	line("tls", tlsWords[t.Mode])
	if t.Reuse {
		line("reuse", "data connections must resume the control connection's session")
	}
	if f.certificate == "" {
		line("cert", "made in memory: nobody vouches for it")
	} else {
		line("cert", f.certificate)
	}
	sum := sha256.Sum256(cert.Raw)
	line("sha256", hex.EncodeToString(sum[:]))
}

// command is how the other side begins a check of this server. A password is
// not sent over a connection that nobody vouches for, unless it is allowed.
func (f *serveTLSFlags) command(t *ftpd.TLS, account bool) string {
	switch {
	case t == nil:
		return "ftpcheck ftp://"
	case t.Certificate == nil && account:
		return "ftpcheck --insecure " + tlsScheme(t)
	}
	return "ftpcheck " + tlsScheme(t)
}

func tlsScheme(t *ftpd.TLS) string {
	if t.Mode == ftpd.TLSImplicit {
		return "ftps://"
	}
	return "ftpes://"
}
