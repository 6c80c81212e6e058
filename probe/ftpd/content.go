package ftpd

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

// File is one of the made-up files.
type File struct {
	Name string
	Size int64 // bytes
}

// files are all that the directory holds.
var files = []File{
	{"0B.bin", 0},
	{"1KiB.bin", 1 << 10},
	{"1MiB.bin", 1 << 20},
	{"64MiB.bin", 64 << 20},
}

// Files returns the files that every server offers.
func Files() []File { return slices.Clone(files) }

// modified is every file's date.
var modified = time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)

// Checksum returns the SHA-256 of a file's content in hexadecimal digits, or
// an empty text when there is no such file.
func Checksum(name string) string {
	f, ok := find(name)
	if !ok {
		return ""
	}
	h := sha256.New()
	io.Copy(h, f.content())
	return hex.EncodeToString(h.Sum(nil))
}

// content returns the file's bytes: eight at a time a function of its name and
// their place, so that a byte lost, doubled or moved changes the checksum.
func (f File) content() io.Reader {
	h := fnv.New64a()
	h.Write([]byte(f.Name))
	return &pattern{seed: h.Sum64(), left: f.Size}
}

type pattern struct {
	seed  uint64
	block uint64 // the next one
	rest  []byte // of the last block
	left  int64
	buf   [8]byte
}

func (p *pattern) Read(b []byte) (n int, err error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	b = b[:min(int64(len(b)), p.left)]
	n = copy(b, p.rest)
	p.rest = p.rest[n:]
	for ; len(b)-n >= 8; n += 8 {
		binary.LittleEndian.PutUint64(b[n:], p.next())
	}
	if n < len(b) {
		binary.LittleEndian.PutUint64(p.buf[:], p.next())
		done := copy(b[n:], p.buf[:])
		p.rest = p.buf[done:]
		n += done
	}
	p.left -= int64(n)
	return n, nil
}

// next spreads the block's number over 64 bits by a multiplication and a shift.
func (p *pattern) next() uint64 {
	p.block++
	x := p.seed + p.block*0x9e3779b97f4a7c15
	return x ^ x>>29
}

// find returns the file that a path names.
func find(name string) (File, bool) {
	name = path.Clean("/" + name)
	for _, f := range files {
		if name == "/"+f.Name {
			return f, true
		}
	}
	return File{}, false
}

// isRoot reports whether a path names the one directory.
func isRoot(name string) bool { return path.Clean("/"+name) == "/" }

// lsLine describes f in the form of ls -l.
func (f File) lsLine() string {
	return fmt.Sprintf("-r--r--r--    1 ftp      ftp      %12d %s %s", f.Size, modified.Format("Jan 02  2006"), f.Name)
}

// lines describes each file.
func lines(describe func(File) string) []string {
	all := make([]string, len(files))
	for i, f := range files {
		all[i] = describe(f)
	}
	return all
}

// facts are those of an MLSD line, in its order (RFC 3659 7.5).
const facts = "type;size;modify;perm;"

// factLine describes f as MLST and MLSD do.
func (f File) factLine() string {
	return fmt.Sprintf("type=file;size=%d;modify=%s;perm=r; %s", f.Size, mdtmTime(), f.Name)
}

// rootFacts describes the directory; uploads may be created in it.
const rootFacts = "type=dir;modify=20260102030405;perm=ecl; /"

// mdtmTime is every file's date in the form of RFC 3659 2.3.
func mdtmTime() string { return modified.Format("20060102150405") }

// text returns lines as they go over a data connection.
func text(lines []string) io.Reader {
	if len(lines) == 0 {
		return strings.NewReader("")
	}
	return strings.NewReader(strings.Join(lines, "\r\n") + "\r\n")
}

// endless repeats one listing line for ever.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	line := files[0].lsLine() + "\r\n"
	n := 0
	for n < len(b) {
		n += copy(b[n:], line)
	}
	return n, nil
}
