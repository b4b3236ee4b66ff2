package clerktest

import "strings"

// target makes a request target that leads to a route, from its path in any of
// the frameworks' syntaxes: /:id, /:id?, /:id<int>, /*, /*rest, /+, \: for a colon,
// and those of net/http and chi: /{id}, /{rest...}, /{$}, /{id:[0-9]+}.
func (a *audit) target(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); {
		switch c := path[i]; c {
		case '\\':
			if i++; i < len(path) {
				escape(&b, path, i)
			}
			i++
		case '{':
			end := closingBrace(path, i)
			if end < 0 {
				escape(&b, path, i)
				i++
				break
			}
			name, _, _ := strings.Cut(strings.TrimSuffix(path[i+1:end], "..."), ":")
			if name != "$" { // The end of the path.
				b.WriteString(a.value(name, ""))
			}
			i = end + 1
		case ':', '*':
			end := i + 1
			for end < len(path) && isNameByte(path[end]) {
				end++
			}
			name, constraint := path[i+1:end], ""
			if c == ':' && end < len(path) && path[end] == '<' {
				if n := strings.IndexByte(path[end:], '>'); n > 0 {
					constraint, end = path[end+1:end+n], end+n+1
				}
			}
			if c == ':' && end < len(path) && path[end] == '?' {
				end++
			}
			b.WriteString(a.value(name, constraint))
			i = end
		default:
			escape(&b, path, i)
			i++
		}
	}
	if b.Len() == 0 || path[0] != '/' {
		return "/" + b.String()
	}
	return b.String()
}

// closingBrace returns the index of the brace that closes the one at path[i], or -1:
// expressions have braces too.
func closingBrace(path string, i int) int {
	for depth, end := 0, i; end < len(path); end++ {
		switch path[end] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return end
			}
		}
	}
	return -1
}

// value makes up a parameter's value.
func (a *audit) value(name, constraint string) string {
	if value, ok := a.values[name]; ok {
		return value
	}
	kind, _, _ := strings.Cut(constraint, "(")
	switch kind {
	case "alpha":
		return "a"
	case "bool":
		return "true"
	case "guid":
		return "7a3f1c1e-0c3b-4f0e-9c51-2f8f6a1d9b10"
	}
	return "1"
}

func isNameByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// escape writes the byte at path[i] as browsers do. What looks like an escape is
// one: some routers compare undecoded paths.
func escape(b *strings.Builder, path string, i int) {
	const hex = "0123456789ABCDEF"
	c := path[i]
	isEscape := c == '%' && i+2 < len(path) && isHex(path[i+1]) && isHex(path[i+2])
	if isEscape || c > ' ' && c < 0x7f && strings.IndexByte("\"#%<>?`{}", c) < 0 {
		b.WriteByte(c)
		return
	}
	b.Write([]byte{'%', hex[c>>4], hex[c&15]})
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
