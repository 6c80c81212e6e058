//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

func vsftpd(s *labServer) ([]string, error) {
	// vsftpd creates none of the folders that it needs.
	if err := os.MkdirAll("/var/run/vsftpd/empty", 0o755); err != nil {
		return nil, err
	}
	config := "background=NO\nseccomp_sandbox=NO\nisolate=NO\nisolate_network=NO\n" +
		"secure_chroot_dir=/var/run/vsftpd/empty\nftp_username=ftp\n" +
		"anonymous_enable=YES\nno_anon_password=YES\nlocal_enable=NO\n" +
		"connect_from_port_20=YES\nxferlog_enable=YES\nxferlog_std_format=NO\nlog_ftp_protocol=YES\n" +
		"anon_root=" + s.files + "\nvsftpd_log_file=" + filepath.Join(s.dir, "vsftpd.log") + "\n" +
		"listen_port=" + s.port + "\npasv_min_port=" + s.low + "\npasv_max_port=" + s.high + "\n"
	if s.scenario.Server.IPv6 {
		config += "listen=NO\nlisten_ipv6=YES\n" // serves both families
	} else {
		config += "listen=YES\n"
	}
	if a := s.scenario.Server.Announce; a != "" {
		config += "pasv_address=" + a + "\n"
	}
	path, err := s.write("vsftpd.conf", config+s.vsftpdAccount()+s.vsftpdTLS()+s.extra)
	return []string{"vsftpd", path}, err
}

func proftpd(s *labServer) ([]string, error) {
	config := "ServerType standalone\nServerName lab\nUseReverseDNS off\nDelayEngine off\nWtmpLog off\n" +
		"User nobody\nGroup nogroup\nRequireValidShell off\nAuthOrder mod_auth_file.c mod_auth_unix.c\n" +
		"ModulePath " + filepath.Join(serverFolder(), "usr/lib/proftpd") + "\n" +
		"PidFile " + filepath.Join(s.dir, "pid") + "\nScoreboardFile " + filepath.Join(s.dir, "scoreboard") + "\n" +
		"SystemLog " + filepath.Join(s.dir, "system.log") + "\nTransferLog none\n" +
		"LogFormat lab \"%h %m %J: %s %S\"\nExtendedLog " + filepath.Join(s.dir, "commands.log") + " ALL lab\n" +
		"Port " + s.port + "\nPassivePorts " + s.low + " " + s.high + "\n"
	if s.scenario.Server.IPv6 {
		config += "UseIPv6 on\n"
	} else {
		config += "UseIPv6 off\n"
	}
	if a := s.scenario.Server.Announce; a != "" {
		config += "MasqueradeAddress " + a + "\n"
	}
	accounts, err := s.proftpdAccount()
	if err != nil {
		return nil, err
	}
	config += accounts + s.proftpdTLS()
	config += "<Anonymous " + s.files + ">\n  User ftp\n  Group ftp\n  UserAlias anonymous ftp\n  RequireValidShell off\n</Anonymous>\n"
	path, err := s.write("proftpd.conf", config+s.extra)
	return append(unpacked("proftpd"), "-n", "-c", path), err
}

func pureFTPd(s *labServer) ([]string, error) {
	args := append(unpacked("pure-ftpd"), "-S", s.port, "-p", s.low+":"+s.high, "-e", "-H", "-A", "-g", filepath.Join(s.dir, "pid"))
	if !s.scenario.Server.IPv6 {
		args = append(args, "-4")
	}
	if a := s.scenario.Server.Announce; a != "" {
		args = append(args, "-P", a)
	}
	secure, err := s.pureFTPdTLS()
	// Its configuration is its command line: one argument a line.
	return slices.Concat(args, secure, s.scenario.Server.Config["pure-ftpd"]), err
}

func pyftpdlib(s *labServer) ([]string, error) {
	host := "0.0.0.0"
	secure, err := s.pyftpdlibTLS()
	if err != nil {
		return nil, err
	}
	if s.scenario.Server.IPv6 {
		host = "::"
	}
	script := fmt.Sprintf(`import logging
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler as handler
from pyftpdlib.servers import FTPServer
%s
logging.basicConfig(level=logging.DEBUG)
authorizer = DummyAuthorizer()
authorizer.add_anonymous(%q)
handler.authorizer = authorizer
handler.passive_ports = range(%s, %s + 1)
handler.masquerade_address = %q or None
server = FTPServer((%q, %s), handler)
`, secure, s.files, s.low, s.high, s.scenario.Server.Announce, host, s.port)
	path, err := s.write("server.py", script+s.pyftpdlibAccount()+s.extra+"server.serve_forever()\n")
	return []string{"/usr/bin/python3", path}, err
}
