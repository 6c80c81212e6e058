package main

import (
	"fmt"
	"runtime"
)

// version is that of the program, as in reports and recordings.
const version = "0.1.0"

func versionText() string {
	return fmt.Sprintf("ftpcheck %s\n%s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
