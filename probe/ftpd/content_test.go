package ftpd

import (
	"io"
	"testing"
	"testing/iotest"
)

// TestContentDoesNotDependOnReads: whatever the sizes of the reads, the bytes
// are the same.
func TestContentDoesNotDependOnReads(t *testing.T) {
	f, _ := find("1KiB.bin")
	want, err := io.ReadAll(f.content())
	if err != nil || len(want) != 1024 {
		t.Fatalf("read %d bytes, %v", len(want), err)
	}
	if err := iotest.TestReader(f.content(), want); err != nil {
		t.Error(err)
	}
	if string(want[:512]) == string(want[512:]) {
		t.Error("the content repeats itself")
	}
	other, _ := find("1MiB.bin")
	head := make([]byte, 1024)
	if _, err := io.ReadFull(other.content(), head); err != nil || string(head) == string(want) {
		t.Errorf("another file begins with the same bytes (%v)", err)
	}
}

func TestChecksum(t *testing.T) {
	const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // of no bytes at all
	tests := []struct{ name, want string }{
		{"0B.bin", nothing},
		{"/0B.bin", nothing},
		{"x", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := Checksum(tt.name); got != tt.want {
			t.Errorf("Checksum(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}
