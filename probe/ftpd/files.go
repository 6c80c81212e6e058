package ftpd

import (
	"fmt"
	"net"
	"strings"
)

const noFile = "550 No such file."

// moreLines make a listing that does not fit into one packet.
const moreLines = 200

// list, nlst and mlsd send the directory, or one file's line of it.
func list(s *session, arg string) bool {
	return s.directory("LIST", arg, File.lsLine)
}

func nlst(s *session, arg string) bool {
	return s.directory("NLST", arg, func(f File) string { return f.Name })
}

func mlsd(s *session, arg string) bool {
	return s.directory("MLSD", arg, File.factLine)
}

// directory sends one line for each file that arg means. LIST takes the flags
// of ls, which clients send and RFC 959 does not know.
func (s *session) directory(verb, arg string, line func(File) string) bool {
	if strings.HasPrefix(arg, "-") {
		_, arg, _ = strings.Cut(arg, " ")
	}
	var shown []string
	if f, ok := find(arg); ok && verb != "MLSD" {
		shown = []string{line(f)}
	} else if isRoot(arg) {
		shown = lines(line)
	} else {
		s.reply("550 No such directory.")
		return true
	}
	if s.faults().longList {
		for i := range moreLines {
			shown = append(shown, line(File{Name: fmt.Sprintf("one-of-many-%03d.txt", i)}))
		}
	}
	content := text(shown)
	if s.faults().endlessList {
		content = endless{}
	}
	s.start(job{
		command: verb, move: sendFrom(content),
		begin: "150 Here comes the directory listing.", end: "226 Directory send OK.",
	})
	return true
}

func retr(s *session, arg string) bool {
	f, ok := find(arg)
	if !ok {
		s.reply(noFile)
		return true
	}
	s.start(job{
		command: "RETR", path: f.Name, move: sendFrom(f.content()), end: "226 Transfer complete.",
		begin: fmt.Sprintf("150 Opening BINARY mode data connection for %s (%d bytes).", f.Name, f.Size),
	})
	return true
}

// stor takes any name in the directory. What comes is measured and dropped.
func stor(s *session, arg string) bool {
	if uploadName(arg) == "" {
		s.reply("553 Could not create file.")
		return true
	}
	s.start(job{
		command: "STOR", path: clip(arg),
		move: func(conn net.Conn) error {
			n, err := receive(conn)
			s.uploads.add(File{uploadName(arg), n})
			return err
		},
		begin: "150 Ok to send data.", end: "226 Transfer complete.",
	})
	return true
}

func mlst(s *session, arg string) bool {
	f, ok := find(arg)
	switch {
	case ok:
		s.reply("250-Listing "+f.Name, " "+f.factLine(), "250 End")
	case isRoot(arg):
		s.reply("250-Listing /", " "+rootFacts, "250 End")
	default:
		s.reply(noFile)
	}
	return true
}

func size(s *session, arg string) bool {
	if f, ok := find(arg); ok {
		s.reply(fmt.Sprintf("213 %d", f.Size))
	} else if f, ok := s.uploads.find(uploadName(arg)); ok {
		s.reply(fmt.Sprintf("213 %d", f.Size))
	} else {
		s.reply("550 Could not get file size.")
	}
	return true
}

func mdtm(s *session, arg string) bool {
	if _, ok := find(arg); ok {
		s.reply("213 " + mdtmTime())
	} else {
		s.reply("550 Could not get file modification time.")
	}
	return true
}

// clip shortens a client's words for the log.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most]
	}
	return s
}
