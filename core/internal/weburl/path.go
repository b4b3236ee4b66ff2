package weburl

import (
	"bytes"
	"strings"
)

// resolvePath appends the segments of s, which starts with a slash or is empty, to the path base,
// and resolves dot segments. It escapes nothing.
func resolvePath(base, s, scheme string) string {
	special := isSpecial(scheme)
	if base == "" && !mayChange(s, special, scheme == "file") {
		return s
	}
	b := make([]byte, len(base), len(base)+len(s)+1)
	copy(b, base)
	for s != "" {
		s = s[1:] // the slash
		end := 0
		for end < len(s) && s[end] != '/' && (s[end] != '\\' || !special) {
			end++
		}
		segment, last := s[:end], end == len(s)
		s = s[end:]
		switch n := dots(segment); {
		case n > 0:
			if n == 2 {
				b = b[:shortened(b, scheme)]
			}
			if last {
				b = append(b, '/')
			}
		case scheme == "file" && len(b) == 0 && isDrive(segment):
			b = append(b, '/', segment[0], ':')
		default:
			b = append(append(b, '/'), segment...)
		}
	}
	return string(b)
}

// mayChange reports whether a path may be other than it is written.
func mayChange(s string, special, file bool) bool {
	if file {
		return true // It may name a drive.
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\' && special, c == '/' && i+1 < len(s) && (s[i+1] == '.' || s[i+1] == '%'):
			return true
		}
	}
	return false
}

// shortened returns the length of a path without its last segment. The drive of a file stays.
func shortened(path []byte, scheme string) int {
	if scheme == "file" && len(path) == len("/C:") && isLetter(path[1]) && path[2] == ':' {
		return len(path)
	}
	return max(bytes.LastIndexByte(path, '/'), 0)
}

// dots returns 1 for a segment that means this directory, 2 for its parent, else 0.
func dots(segment string) int {
	n := 0
	for segment != "" {
		switch {
		case segment[0] == '.':
			segment = segment[1:]
		case len(segment) >= 3 && segment[0] == '%' && segment[1] == '2' && segment[2]|0x20 == 'e':
			segment = segment[3:]
		default:
			return 0
		}
		if n++; n > 2 {
			return 0
		}
	}
	return n
}

// isDrive reports whether s is a drive letter of Windows with its colon, or what some write instead
// of that.
func isDrive(s string) bool {
	return len(s) == 2 && isLetter(s[0]) && (s[1] == ':' || s[1] == '|')
}

// startsWithDrive reports whether s is a drive, or a path on one.
func startsWithDrive(s string) bool {
	return len(s) >= 2 && isDrive(s[:2]) && (len(s) == 2 || strings.IndexByte(`/\?#`, s[2]) >= 0)
}

// drive returns the drive with which a path starts, with its slash, or "".
func drive(path string) string {
	if len(path) >= 3 && isDrive(path[1:3]) && path[2] == ':' && (len(path) == 3 || path[3] == '/') {
		return path[:3]
	}
	return ""
}
