package ftpd

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe/exchange"
)

// verbs is what HELP shows.
const verbs = " ABOR ALLO CDUP CWD DELE EPRT EPSV FEAT HELP LIST MDTM MLSD MLST MODE NLST NOOP OPTS\r\n" +
	" PASS PASV PORT PWD QUIT RETR SITE SIZE STAT STOR STRU SYST TYPE USER XCUP XCWD\r\n XPWD"

// tlsVerbs are shown where there is TLS.
const tlsVerbs = " AUTH CCC PBSZ PROT"

func help(s *session, _ string) bool {
	lines := []string{"214-The following commands are recognized.", verbs}
	if s.server.tls != nil {
		lines = append(lines, tlsVerbs)
	}
	s.reply(append(lines, "214 Help OK.")...)
	return true
}

// features are the lines of FEAT (RFC 2389) and the verb that each is about.
var features = [][2]string{
	{"AUTH", "AUTH TLS"}, {"EPRT", "EPRT"}, {"EPSV", "EPSV"}, {"MDTM", "MDTM"}, {"MLSD", "MLST type*;size*;modify*;perm*;"},
	{"PASV", "PASV"}, {"PBSZ", "PBSZ"}, {"PROT", "PROT"}, {"SIZE", "SIZE"}, {"OPTS", "UTF8"},
}

// Keywords returns those that FEAT lists of a server with TLS and without
// faults.
func Keywords() []string {
	var all []string
	for _, f := range features {
		all = append(all, keyword(f[1]))
	}
	return all
}

// keyword is the first word of a line of FEAT.
func keyword(line string) string {
	word, _, _ := strings.Cut(line, " ")
	return word
}

// offers reports whether FEAT names a verb. What faults refuse is left out, as
// vsftpd does with what is disabled.
func (s *session) offers(verb string) bool {
	f := s.faults()
	_, refused := f.replies[verb]
	switch verb {
	case "AUTH":
		offered := s.server.tls != nil && !s.implicit() && !refused
		return f.stripped || offered && !f.unlisted
	case "PBSZ", "PROT":
		return s.server.tls != nil && !refused && !f.unlisted
	}
	return !refused
}

func feat(s *session, _ string) bool {
	lines := []string{"211-Features:"}
	chosen := s.server.opt.Features
	for _, f := range features {
		if s.offers(f[0]) && (chosen == nil || slices.Contains(chosen, keyword(f[1]))) {
			lines = append(lines, " "+f[1])
		}
	}
	if s.server.opt.Exchange {
		lines = append(lines, fmt.Sprintf(" %s %d", exchange.Feature, exchange.Version))
	}
	s.reply(append(lines, "211 End")...)
	return true
}
