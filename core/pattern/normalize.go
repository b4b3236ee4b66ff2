package pattern

import (
	"strings"
	"unicode/utf8"
)

// reserved are the characters whose escapes stay as they are written.
const reserved = ";/?:@&=+$,#"

// Normalize returns the path as Clerk's route matchers look at it: percent escapes are decoded
// once, except those of ; / ? : @ & = + $ , and #, which stay as they are written, and every run of
// slashes becomes one. Dot segments, letter case and a slash at the end are left alone.
//
// A path with an invalid escape, or one that is not UTF-8 before or after decoding, is a
// [*MalformedPathError]. When nothing changes the result is path itself and nothing is allocated.
func Normalize(path string) (string, error) {
	if !utf8.ValidString(path) {
		return "", malformed(path)
	}
	var out []byte // nil as long as nothing has changed
	change := func(i int) {
		if out == nil {
			out = append(make([]byte, 0, len(path)), path[:i]...)
		}
	}
	for i := 0; i < len(path); {
		size := 1
		switch {
		case path[i] == '%':
			decoded, length, ok := unescape(path[i:])
			if !ok {
				return "", malformed(path)
			}
			size = length
			if strings.IndexByte(reserved, decoded[0]) < 0 {
				change(i)
				out = append(out, decoded[:length/3]...)
				i += size
				continue
			}
		case path[i] == '/' && i > 0 && path[i-1] == '/':
			change(i)
			i++
			continue
		}
		if out != nil {
			out = append(out, path[i:i+size]...)
		}
		i += size
	}
	if out == nil {
		return path, nil
	}
	return string(out), nil
}

// unescape decodes the escapes of one character at the start of s, and returns its bytes in UTF-8
// and the length of the escapes.
func unescape(s string) (decoded [utf8.UTFMax]byte, size int, ok bool) {
	b, ok := hexByte(s)
	if !ok {
		return decoded, 0, false
	}
	decoded[0] = b
	length := 1
	switch {
	case b < utf8.RuneSelf:
		return decoded, 3, true
	case b >= 0xF0:
		length = 4
	case b >= 0xE0:
		length = 3
	case b >= 0xC0:
		length = 2
	}
	for k := 1; k < length; k++ {
		if len(s) < 3*k {
			return decoded, 0, false
		}
		if decoded[k], ok = hexByte(s[3*k:]); !ok {
			return decoded, 0, false
		}
	}
	_, width := utf8.DecodeRune(decoded[:length])
	return decoded, 3 * length, length > 1 && width == length
}

// hexByte decodes the escape at the start of s.
func hexByte(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	high, ok1 := hexDigit(s[1])
	low, ok2 := hexDigit(s[2])
	return high<<4 | low, ok1 && ok2
}

func hexDigit(b byte) (byte, bool) {
	switch {
	case '0' <= b && b <= '9':
		return b - '0', true
	case 'a' <= b && b <= 'f':
		return b - 'a' + 10, true
	case 'A' <= b && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}
