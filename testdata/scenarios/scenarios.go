// Package scenarios holds the scenario files, so that the program carries them.
package scenarios

import "embed"

// Files are all the scenarios, one JSON file each.
//
//go:embed *.json
var Files embed.FS
