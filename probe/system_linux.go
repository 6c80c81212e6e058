package probe

import (
	"bufio"
	"encoding/binary"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

var _ HalfOpens = System{}

// HalfOpen reads the kernel's tables of TCP connections (proc_net_tcp), those
// of the network namespace that this thread is in.
func (System) HalfOpen() (all []HalfOpening, ok bool) {
	for _, name := range []string{"/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"} {
		f, err := os.Open(name)
		if err != nil {
			continue // no IPv6, or no /proc
		}
		found, err := halfOpenings(f)
		f.Close()
		if err == nil {
			all, ok = append(all, found...), true
		}
	}
	return all, ok
}

// synReceived is TCP_SYN_RECV of the kernel's tcp_states.h as the tables show
// it.
const synReceived = "03"

// halfOpenings reads one of the tables: a line of titles, then lines of number,
// our end, the other end, state and more.
func halfOpenings(table io.Reader) ([]HalfOpening, error) {
	var all []HalfOpening
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || fields[3] != synReceived {
			continue
		}
		local, known := tableAddr(fields[1])
		from, too := tableAddr(fields[2])
		if known && too {
			all = append(all, HalfOpening{local, from})
		}
	}
	return all, lines.Err()
}

// tableAddr reads "0100007F:0016": 32 bits at a time in the byte order of the
// machine, and the port.
func tableAddr(text string) (netip.AddrPort, bool) {
	digits, port, _ := strings.Cut(text, ":")
	n, err := strconv.ParseUint(port, 16, 16)
	if err != nil || len(digits) != 8 && len(digits) != 32 {
		return netip.AddrPort{}, false
	}
	var b []byte
	for i := 0; i < len(digits); i += 8 {
		word, err := strconv.ParseUint(digits[i:i+8], 16, 32)
		if err != nil {
			return netip.AddrPort{}, false
		}
		b = binary.NativeEndian.AppendUint32(b, uint32(word))
	}
	addr, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), ok
}
