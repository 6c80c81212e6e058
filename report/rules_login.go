package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// From the greeting to the account.
var loginRules = []rule{
	{Code: Code{"connection-limit", Problem, ServerAdmin, "The server does not accept another session",
		"The server limits how many sessions it keeps at once, in total, per address or per user."},
		when: connectionLimit},
	{Code: Code{"address-denied", Problem, ServerAdmin, "The server refuses this client's address",
		"The server turns this client away before it knows who logs in."},
		when: addressDenied, hides: []string{"login-rejected", "control-closed", "control-stalled"}},
	{Code: Code{"tls-required", Problem, ClientUser, "The server demands TLS",
		"The server refuses a login without encryption."},
		when: tlsRequired, hides: []string{"login-rejected", "account-unusable", "address-denied", "connection-limit", "control-stalled"}},
	{Code: Code{"account-unusable", Problem, ServerAdmin, "The account exists but cannot be used",
		"The server takes the login in and then fails because of the account's directory, shell or rights."},
		when: accountUnusable, hides: []string{"login-rejected"}},
	{Code: Code{"login-rejected", Problem, ClientUser, "The server refuses the user or the password",
		"The server answers USER or PASS with a refusal."},
		when: loginRejected},
}

var (
	tlsText = regexp.MustCompile(`(?i)must use encryption|(ssl|tls)[^.]{0,20} (is )?required|requires? (explicit |implicit )?(ssl|tls)|` +
		`cleartext sessions|use auth (tls )?first|reconnect using tls|encryption (is )?required|must be encrypted`)
	manyText    = regexp.MustCompile(`(?i)too many|maximum|max(imum)? (number|clients)|limit (reached|exceeded)|more than \d+ connections|connection limit|users? (are )?(already )?connected|try (again )?later|overload`)
	deniedText  = regexp.MustCompile(`(?i)(access|connection|host|address|ip)\b.{0,40}(denied|refused|not allowed|not permitted|banned|blocked|forbidden)|(banned|blocked|not allowed|refused)\b.{0,40}(host|address|ip)\b`)
	accountText = regexp.MustCompile(`(?i)500 OOPS|home directory|chroot|can(no|')t change (to )?directory|unable to (change|set) .*directory|user directory`)
)

// loginReply is a refusal on the way in: greeting, USER, PASS.
type loginReply struct {
	check   probe.Check
	command string // empty: the greeting
	reply   *probe.Reply
}

func (r loginReply) all() string { return strings.Join(r.reply.Lines, "\n") }

// turnedAway is the last reply of the login session when it refuses us, or nil.
func (v *view) turnedAway() *loginReply {
	s := v.login
	if s == nil || s.LoggedIn || !v.ran(s.Check) {
		return nil
	}
	var last *loginReply
	if s.Greeting != nil {
		last = &loginReply{s.Check, "", s.Greeting}
	}
	for _, x := range s.Exchanges {
		verb, _, _ := strings.Cut(x.Command, " ")
		r := x.Final()
		if r == nil || verb == "AUTH" && r.Code != 421 { // a server without TLS refuses AUTH and serves on
			continue
		}
		if slices.Contains([]string{"USER", "PASS", "AUTH"}, verb) {
			last = &loginReply{x.Check, verb, r}
		}
	}
	if last == nil || last.reply.Code < 400 && last.reply.Code != 332 {
		return nil
	}
	return last
}

func (v *view) loginFinding(r *loginReply) *Finding {
	return &Finding{Certainty: Likely, Checks: []probe.Check{r.check}, Quote: v.quoteReply(r.check, r.reply),
		Effect: "Nobody can work with the server in this way; nothing behind the login was checked."}
}

func connectionLimit(v *view) *Finding {
	if r := v.turnedAway(); r != nil && (r.reply.Code == 421 || r.reply.Code == 530) && manyText.MatchString(r.all()) {
		f := v.loginFinding(r)
		f.Certainty = sure(r.reply.Code == 421)
		f.Story = []string{"The server turned us away because of its number of sessions:", "Sessions that were not closed, of this client or of others behind the same address, count too."}
		f.Effect = "Further clients are turned away until others leave."
		f.Fixes = fixLimit(v)
		return f
	}
	var limits []probe.Limit
	for _, l := range v.ev.Limits {
		// Where large packets get lost, no answer is not for the number of sessions.
		if l.Others > 0 && (l.Code != 0 || l.Outcome != hops.Timeout || !v.largeVanish()) {
			limits = append(limits, l)
		}
	}
	if len(limits) == 0 || v.login == nil || !v.login.LoggedIn {
		return nil
	}
	l := limits[0]
	f := &Finding{Severity: Warning, Certainty: sure(l.Code == 421 || manyText.MatchString(l.Text)), Checks: []probe.Check{probe.CheckLogin}}
	for _, l := range limits {
		f.Checks = append(f.Checks, l.Check)
	}
	said := "It closed the connection without a word."
	switch {
	case l.Code != 0 && l.Text != "":
		said = "It said: " + sentence(l.Text)
	case l.Outcome != probe.OutcomeClosed && l.Outcome != "":
		said = fmt.Sprintf("The attempt ended: %s.", l.Outcome)
	}
	f.Story = []string{fmt.Sprintf("With %s open, the server did not accept another one. %s", count(l.Others, "session"), said), "The checks went on with one session at a time."}
	f.Effect = "Clients that open several connections, as most do for transfers, fail in part. Users behind one address share the limit."
	f.Fixes = fixLimit(v)
	return f
}

func fixLimit(v *view) []Fix {
	return []Fix{
		{Who: ServerAdmin, Do: "Raise the limit of sessions, or find sessions that are never closed.", Examples: sessionLimits.examples(v.product)},
		{Who: ClientUser, Do: "Let the client use fewer connections at once."},
	}
}

func addressDenied(v *view) *Finding {
	if f := v.deniedByGreeting(); f != nil {
		return f
	}
	r := v.turnedAway()
	if r == nil {
		return nil
	}
	line := r.all()
	wrapped := r.command == "" && r.reply.Code == 421 && strings.TrimSpace(text(r.reply)) == "421 Service not available."
	firm := r.command == "" && deniedText.MatchString(line)
	early := r.command == "USER" && r.reply.Code == 530 && strings.Contains(strings.ToLower(line), "access denied")
	if !wrapped && !firm && !early {
		return nil
	}
	f := v.loginFinding(r)
	f.Certainty = sure(firm)
	f.Story = []string{"The server refuses us before it has seen a password:"}
	if early {
		f.Certainty = Possible
		f.RuledOut = []string{"Not ruled out: it refuses only this user. Another user name would tell."}
	}
	if wrapped {
		f.Story = append(f.Story, "These are the words of vsftpd when its access list (tcp_wrappers) denies an address; it says something else when it is full.")
	}
	f.Effect = "No user can log in from here; from other addresses they can."
	f.Fixes = fixDenied(v)
	return f
}

// deniedByGreeting: FileZilla Server 1.x puts the refusal into a 220 greeting
// and then closes.
func (v *view) deniedByGreeting() *Finding {
	s := v.login
	if s == nil || s.LoggedIn || s.Greeting == nil || s.Greeting.Code != 220 || s.Lost == nil || !v.ran(s.Check) {
		return nil
	}
	// A legal notice speaks of unauthorized access in similar words.
	words := strings.ToLower(strings.Join(s.Greeting.Lines, "\n"))
	if o := s.Lost.Outcome; o != probe.OutcomeClosed && o != "reset" || !deniedText.MatchString(words) || strings.Contains(words, "unauthori") {
		return nil
	}
	f := v.loginFinding(&loginReply{s.Check, "", s.Greeting})
	for _, o := range v.sessions() { // one may have asked for TLS meanwhile
		if o.Lost != nil && o.Lost.Outcome == s.Lost.Outcome && o.Greeting != nil && slices.Equal(o.Greeting.Lines, s.Greeting.Lines) && !slices.Contains(f.Checks, o.Lost.Check) {
			f.Checks = append(f.Checks, o.Lost.Check)
		}
	}
	f.Story = []string{"The greeting has the code of a welcome, but its words are a refusal, and the server then closed the connection:"}
	f.Effect = "No user can log in from here; from other addresses they can."
	f.Fixes = fixDenied(v)
	return f
}

func fixDenied(v *view) []Fix {
	me := "this client's address"
	if public(v.local) {
		me = v.local.String()
	}
	return []Fix{{Who: ServerAdmin, Do: fmt.Sprintf("Look for %s in the server's access and ban lists.", me), Examples: []Example{
		{"vsftpd", "/etc/hosts.deny, /etc/hosts.allow"}, {"ProFTPD", "<Limit LOGIN>, mod_wrap2, mod_ban (ftpdctl ban info)"},
		{"FileZilla Server", "IP filters, autoban"}, {"fail2ban", "fail2ban-client status vsftpd"}}}}
}

func tlsRequired(v *view) *Finding {
	r, s := v.turnedAway(), v.secured()
	if r == nil || !tlsText.MatchString(r.all()) || s.stalled() != nil || v.login.TLS.OK() {
		return nil
	}
	f := v.loginFinding(r)
	f.Certainty = Certain
	f.Story = []string{"The server does not take a login over an unencrypted connection:"}
	if s.mode == probe.TLSOff {
		f.Story = append(f.Story, "TLS was switched off by --tls off.")
	}
	f.Effect = "Clients set to plain FTP cannot log in. Clients set to explicit TLS can."
	f.Fixes = []Fix{{Who: ClientUser, Do: "Set the client to explicit TLS (FTPES, AUTH TLS) on this port.", Examples: useExplicitTLS(v.site())}}
	return f
}

// site is the target as it stands in a URL.
func (v *view) site() string {
	s := v.ev.Start
	if s == nil || s.Host == "" {
		return v.peer.String()
	}
	if s.Port == 21 || s.Port == 0 {
		return s.Host
	}
	return HostPort(s.Host, s.Port)
}

// host is the target as the user gave it.
func (v *view) host() string {
	if v.ev.Start != nil && v.ev.Start.Host != "" {
		return v.ev.Start.Host
	}
	return v.peer.String()
}

func accountUnusable(v *view) *Finding {
	r := v.turnedAway()
	if r == nil || r.command == "" || !accountText.MatchString(r.all()) {
		return nil
	}
	f := v.loginFinding(r)
	f.Certainty = Certain
	f.Story = []string{"The server took the login in and then failed:", "It is not the password: the words are about the account on the server."}
	f.Effect = "This account cannot be used by any client."
	f.Fixes = []Fix{{Who: ServerAdmin, Do: "Correct the account's directory, its rights or its shell.", Examples: accountRules.examples(v.product)}}
	if strings.Contains(r.all(), "writable root inside chroot") {
		f.Fixes[0].Do = "Take the write permission from the account's root directory, or allow a writable one."
	}
	return f
}

var hostnameText = regexp.MustCompile(`(?i)valid hostname is expected`)

func loginRejected(v *view) *Finding {
	r := v.turnedAway()
	if r == nil || r.command != "USER" && r.command != "PASS" {
		return nil
	}
	code := r.reply.Code
	if tlsText.MatchString(r.all()) && !v.login.TLS.OK() && v.secured().stalled() != nil {
		return nil // it follows from AUTH, which got no answer
	}
	if code != 530 && code != 430 && code != 532 && code != 332 && code != 331 && (code < 500 || notUnderstood(r.reply)) {
		return nil
	}
	f := v.loginFinding(r)
	f.Story = []string{fmt.Sprintf("The server refused the login at %s:", r.command)}
	f.Effect = "Nothing behind the login was checked."
	fix := "Check user name and password, also for blanks at their ends."
	f.RuledOut = []string{"Not ruled out: the account is right but not allowed to log in (shell, user list), which servers answer with the same words."}
	if s := v.ev.Start; s != nil && (s.User == "anonymous" || s.User == "ftp" || s.User == "") {
		f.Title = "The server does not allow anonymous login"
		fix = "Give a user: ftpcheck --user NAME, with the password in FTPCHECK_PASSWORD or a file."
		f.RuledOut = nil
	}
	if hostnameText.MatchString(r.all()) {
		fix = "Write the user as host|user: this IIS serves several sites and has to know which one."
	}
	f.Fixes = []Fix{{Who: ClientUser, Do: fix}}
	if code == 332 || code == 532 {
		f.Story = append(f.Story, "It asks for an account (ACCT) besides user and password.")
	}
	return f
}
