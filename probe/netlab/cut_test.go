package netlab

import (
	"errors"
	"io"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// The first connection with the command ends there, and how it ends for either
// side; the second one passes.
func TestCut(t *testing.T) {
	for _, tt := range []struct {
		kind           string
		client, server error // of a read after the command
		speaks         error // of a read after the server has spoken, too
	}{
		{BoxCutReset, syscall.ECONNRESET, os.ErrDeadlineExceeded, syscall.ECONNRESET},
		{BoxCutSilent, os.ErrDeadlineExceeded, os.ErrDeadlineExceeded, os.ErrDeadlineExceeded},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, behindNAT(Box{At: "isp", Kind: tt.kind, Value: "SITE FTPCHECK SEEN"}))
				defer l.Close()
				client, server := dialThrough(t, l, "198.51.100.2:21")
				if got := say(t, client, server, "SITE FTPCHECK BEGIN 1\r\n"); got != "SITE FTPCHECK BEGIN 1\r\n" {
					t.Errorf("another command: %q", got)
				}
				read := func(c *conn) error {
					c.SetReadDeadline(time.Now().Add(time.Minute))
					_, err := c.Read(make([]byte, 1))
					return err
				}
				io.WriteString(client, "SITE FTPCHECK SEEN\r\n")
				if err := read(client); !errors.Is(err, tt.client) {
					t.Errorf("the client reads %v, want %v", err, tt.client)
				}
				if err := read(server); !errors.Is(err, tt.server) {
					t.Errorf("the server reads %v, want %v", err, tt.server)
				}
				client.Close()
				io.WriteString(server, "421 Timeout\r\n")
				if err := read(server); !errors.Is(err, tt.speaks) {
					t.Errorf("the server speaks, and reads %v, want %v", err, tt.speaks)
				}
				client, server = dialThrough(t, l, "198.51.100.2:21")
				if got := say(t, client, server, "SITE FTPCHECK SEEN\r\n"); got != "SITE FTPCHECK SEEN\r\n" {
					t.Errorf("the second connection: %q", got)
				}
			})
		})
	}
}
