package exchange

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds of a body.
const (
	maxText  = 1 << 20 // characters of a body as it is sent
	maxPlain = 4 << 20 // bytes of the JSON in it
	maxItems = 1 << 16 // commas in it: a short body can hold a list of millions, each of which takes memory when it is read
	checksum = 8       // bytes of SHA-256 of the deflated JSON, in front of it
	lineText = 72      // characters in one line of an encoded body
)

// alphabet is RFC 4648's base 32 in lower case, so that it holds no verb, and
// without padding.
var alphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Errors of Decode.
var (
	ErrChanged = errors.New("the body was changed or cut on the way")
	ErrTooLong = errors.New("the body is too long")
)

// Encode returns v as the text of a body, without line breaks.
func Encode(v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(plain); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	sum := sha256.Sum256(packed.Bytes())
	return alphabet.EncodeToString(append(sum[:checksum:checksum], packed.Bytes()...)), nil
}

// Lines breaks the text of a body into lines of a reply, each behind one space
// (RFC 959 4.2 asks for that where a line may begin with digits).
func Lines(text string) []string {
	var lines []string
	for len(text) > lineText {
		lines = append(lines, " "+text[:lineText])
		text = text[lineText:]
	}
	return append(lines, " "+text)
}

// Decode reads the text of a body into v. Blanks and line breaks in it do not
// count.
func Decode(text string, v any) error {
	if len(text) > maxText {
		return ErrTooLong
	}
	whole, err := alphabet.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || len(whole) < checksum {
		return ErrChanged
	}
	packed := whole[checksum:]
	if sum := sha256.Sum256(packed); !bytes.Equal(sum[:checksum], whole[:checksum]) {
		return ErrChanged
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxPlain+1))
	switch {
	case len(plain) > maxPlain:
		return ErrTooLong
	case err != nil:
		return ErrChanged
	case bytes.Count(plain, []byte{','}) > maxItems:
		return ErrTooLong
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("the body is not what was asked for: %w", err)
	}
	return nil
}
