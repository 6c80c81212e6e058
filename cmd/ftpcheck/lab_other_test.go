//go:build !linux

package main

import (
	"os"
	"testing"
)

func TestLab(t *testing.T) {
	const text = "the kernel lab needs Linux"
	if os.Getenv("FTPCHECK_LAB") == "require" {
		t.Fatal(text)
	}
	t.Skip(text)
}
