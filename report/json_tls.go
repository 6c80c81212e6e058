package report

import (
	"time"

	"ftpcheck/probe"
)

// Wire types of TLS. Verified is there for the control connection alone: a
// data connection that resumes shows no certificate.
type (
	wireTLS struct {
		Outcome      probe.Outcome     `json:"outcome"`
		Version      string            `json:"version,omitempty"`
		Cipher       string            `json:"cipher,omitempty"`
		Presented    bool              `json:"presented"` // a session to resume
		Resumed      bool              `json:"resumed"`   // the server took it
		Verified     *bool             `json:"verified,omitempty"`
		Expired      string            `json:"expired,omitempty"`       // why the time does not fit
		NameMismatch string            `json:"name_mismatch,omitempty"` // why the name does not
		Untrusted    string            `json:"untrusted,omitempty"`     // why the chain leads nowhere
		ServerName   string            `json:"server_name,omitempty"`
		Alert        string            `json:"alert,omitempty"`
		WantsClient  bool              `json:"wants_client_certificate,omitempty"`
		Text         string            `json:"text,omitempty"` // why it failed
		Certificates []wireCertificate `json:"certificates,omitempty"`
	}
	wireCertificate struct {
		Subject   string   `json:"subject"`
		Issuer    string   `json:"issuer"`
		Names     []string `json:"names"`
		NotBefore string   `json:"not_before"`
		NotAfter  string   `json:"not_after"`
		Key       string   `json:"key"`
		SHA256    string   `json:"sha256"`
	}
	wireTrial struct {
		As      probe.As      `json:"as"`
		Offer   string        `json:"offer,omitempty"` // the only version that was offered
		Outcome probe.Outcome `json:"outcome"`
		Version string        `json:"version,omitempty"`
		Alert   string        `json:"alert,omitempty"`
	}
)

func wireTLSOf(h *probe.Handshake) *wireTLS {
	if h == nil || h.Outcome == "" {
		return nil
	}
	t := &h.TLS
	return &wireTLS{
		Outcome: h.Outcome, Version: utf(t.Version), Cipher: utf(t.Cipher), Presented: t.Presented, Resumed: t.Resumed,
		Expired: utf(t.Expired), NameMismatch: utf(t.NameMismatch), Untrusted: utf(t.Untrusted),
		ServerName: utf(t.ServerName), Alert: utf(t.Alert), WantsClient: t.WantsClient, Text: utf(h.Text),
		Certificates: each(t.Certificates, wireCertificateOf),
	}
}

// wireSecured is the TLS of a check itself, and the trials at the control port.
func wireSecured(l CheckLine) (w *wireTLS, trials []wireTrial) {
	w = wireTLSOf(l.TLS)
	if w != nil && l.TLS.OK() && l.Check == probe.CheckSecure {
		verified := l.TLS.TLS.Verified()
		w.Verified = &verified
	}
	for _, t := range l.Trials {
		if t.Outcome != "" {
			trials = append(trials, wireTrial{As: t.As, Offer: utf(t.TLS.Offer), Outcome: t.Outcome, Version: utf(t.TLS.Version), Alert: utf(t.TLS.Alert)})
		}
	}
	return w, trials
}

func wireCertificateOf(c probe.Certificate) wireCertificate {
	return wireCertificate{
		Subject: utf(c.Subject), Issuer: utf(c.Issuer), Names: each(c.Names, utf),
		NotBefore: c.NotBefore.UTC().Format(time.RFC3339), NotAfter: c.NotAfter.UTC().Format(time.RFC3339),
		Key: utf(c.Key), SHA256: utf(c.SHA256),
	}
}
