package report

import "fmt"

// Settings about TLS. Keys were held against: vsftpd.conf(5) of 3.0.3, the
// directives in mod_tls of ProFTPD 1.3.8, the options of Pure-FTPd 1.0.50.
var (
	tlsOn = settings{
		"vsftpd":           "ssl_enable=YES\nrsa_cert_file=/path/fullchain.pem\nrsa_private_key_file=/path/privkey.pem",
		"ProFTPD":          "TLSEngine on\nTLSRSACertificateFile /path/cert.pem\nTLSRSACertificateKeyFile /path/privkey.pem",
		"Pure-FTPd":        "--tls=1   (or TLS 1), with CertFile /path/pure-ftpd.pem",
		"FileZilla Server": "Protocols settings: explicit FTP over TLS and insecure plain FTP",
		"pyftpdlib":        "TLS_FTPHandler in place of FTPHandler, with handler.certfile",
	}
	certificateFile = settings{
		"vsftpd":           "rsa_cert_file=/path/fullchain.pem\nrsa_private_key_file=/path/privkey.pem",
		"ProFTPD":          "TLSRSACertificateFile /path/cert.pem\nTLSRSACertificateKeyFile /path/privkey.pem\nTLSCertificateChainFile /path/chain.pem",
		"Pure-FTPd":        "CertFile /path/pure-ftpd.pem   (key, certificate, chain in one file)",
		"FileZilla Server": "FTP and FTP over TLS: Connection security, TLS certificate",
		"pyftpdlib":        "handler.certfile = \"/path/fullchain-and-key.pem\"",
	}
	tlsVersions = settings{
		"vsftpd":    "update vsftpd and OpenSSL; ssl_ciphers=HIGH",
		"ProFTPD":   "TLSProtocol TLSv1.2 TLSv1.3",
		"Pure-FTPd": "update Pure-FTPd and OpenSSL; no old --tlsciphersuite",
	}
	clientCertificate = settings{
		"vsftpd":  "require_cert=NO",
		"ProFTPD": "TLSVerifyClient off",
	}
	reuseOptional = settings{
		"vsftpd":           "require_ssl_reuse=NO",
		"ProFTPD":          "TLSOptions NoSessionReuseRequired",
		"FileZilla Server": "require TLS session resumption on data connection: off",
	}
	clearData = settings{
		"vsftpd":    "force_local_data_ssl=NO\nforce_anon_data_ssl=NO",
		"ProFTPD":   "TLSRequired auth",
		"Pure-FTPd": "--tls=2   (or TLS 2)",
		"pyftpdlib": "handler.tls_data_required = False",
	}
)

// useExplicitTLS are the settings of clients for explicit TLS.
func useExplicitTLS(host string) []Example {
	return []Example{
		{"curl", "curl --ssl-reqd ftp://" + host},
		{"lftp", "set ftp:ssl-force yes"},
		{"FileZilla", "Encryption: require explicit FTP over TLS"},
	}
}

// useImplicitTLS are the settings of clients for TLS from the first byte.
func useImplicitTLS(host string, port uint16) []Example {
	at := HostPort(host, port)
	return []Example{
		{"ftpcheck", "--tls implicit"},
		{"curl", "curl ftps://" + at},
		{"lftp", "lftp ftps://" + at},
		{"FileZilla", "Encryption: require implicit FTP over TLS"},
	}
}

// encryptData are the settings of clients that protect data connections.
func encryptData(host string) []Example {
	return []Example{
		{"curl", "curl --ssl-reqd ftp://" + host},
		{"lftp", "set ftp:ssl-protect-data yes; set ftp:ssl-protect-list yes"},
		{"other", "PBSZ 0, then PROT P"},
	}
}

// resumeSessions are the settings of clients that resume the control
// connection's TLS session. Go's cache is keyed by the server's name where one
// is set, else by address and port, which a data connection does not share.
var resumeSessions = []Example{
	{"WinSCP", "TLS/SSL: reuse TLS/SSL session ID for data connections"},
	{"lftp", "resumes by itself; set ftp:ssl-copy-sid yes"},
	{"Go", "tls.Config: ClientSessionCache and ServerName, both"},
	{"FileZilla", "resumes by itself; update it"},
	{"curl", "resumes by itself; leave --no-sessionid out"},
}

// announceFixed is how a server does without a helper.
func (v *view) announceFixed(r portRange) []Fix {
	if r.low == 0 {
		return []Fix{{Who: ServerNetwork, Do: "Open the server's passive range by its numbers, and do not count on the FTP helper."}}
	}
	r, source := v.wholeRange(r)
	return []Fix{
		{Who: ServerNetwork, Do: fmt.Sprintf("Open or forward the server's whole passive range by its numbers, and do not count on the FTP helper (%s).", source), Examples: openRange(r)},
		{Who: ServerAdmin, Do: "Give the server a fixed passive range, the one that the firewall opens.", Examples: examplesRange(v, r)},
	}
}
