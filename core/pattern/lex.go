package pattern

import (
	"strings"
	"unicode/utf8"
)

// lexeme is what the scanner finds in a pattern. Its kinds are spelled as error texts name them.
type lexeme struct {
	kind   lexemeKind
	offset int    // in UTF-16 code units
	at     int    // of value, in bytes; only for kindPattern
	value  string // empty for an escape without a character
}

type lexemeKind string

const (
	kindChar     lexemeKind = "CHAR"
	kindEscaped  lexemeKind = "ESCAPED_CHAR"
	kindName     lexemeKind = "NAME"
	kindPattern  lexemeKind = "PATTERN"
	kindModifier lexemeKind = "MODIFIER"
	kindOpen     lexemeKind = "OPEN"
	kindClose    lexemeKind = "CLOSE"
	kindEnd      lexemeKind = "END"
)

// units returns the length of s in UTF-16 code units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// lex splits a pattern into lexemes; the last one is kindEnd.
func lex(pattern string) ([]lexeme, error) {
	lexemes := make([]lexeme, 0, len(pattern)+1)
	offset := 0
	for i := 0; i < len(pattern); {
		_, size := utf8.DecodeRuneInString(pattern[i:])
		found := lexeme{kind: kindChar, offset: offset, value: pattern[i : i+size]}
		end := i + size
		switch pattern[i] {
		case '*', '+', '?':
			found.kind = kindModifier
		case '{':
			found.kind = kindOpen
		case '}':
			found.kind = kindClose
		case '\\':
			_, escaped := utf8.DecodeRuneInString(pattern[end:])
			found.kind, found.value = kindEscaped, pattern[end:end+escaped]
			end += escaped
			if escaped == 0 {
				offset++ // The reference looks one character beyond the end.
			}
		case ':':
			for end < len(pattern) && isWordByte(pattern[end]) {
				end++
			}
			if end == i+1 {
				return nil, &Error{pattern, offset, at("Missing parameter name", offset)}
			}
			found.kind, found.value = kindName, pattern[i+1:end]
		case '(':
			length, err := scanExpression(pattern, i, offset)
			if err != nil {
				return nil, err
			}
			end = i + length
			found.kind, found.at, found.value = kindPattern, i+1, pattern[i+1:end-1]
		}
		lexemes = append(lexemes, found)
		offset += units(pattern[i:end])
		i = end
	}
	return append(lexemes, lexeme{kind: kindEnd, offset: offset}), nil
}

// scanExpression returns the length of the custom expression that starts with the parenthesis at i,
// parentheses included. It knows no character classes: a parenthesis in one counts.
func scanExpression(pattern string, i, offset int) (int, error) {
	body := pattern[i+1:]
	if strings.HasPrefix(body, "?") {
		return 0, &Error{pattern, offset + 1, at(`Pattern cannot start with "?"`, offset+1)}
	}
	depth := 1
	for k := 0; k < len(body); {
		switch body[k] {
		case '\\':
			_, size := utf8.DecodeRuneInString(body[k+1:])
			k += 1 + size
			continue
		case ')':
			depth--
			if depth > 0 {
				break
			}
			if k == 0 {
				return 0, &Error{pattern, offset, at("Missing pattern", offset)}
			}
			return k + 2, nil
		case '(':
			depth++
			if !strings.HasPrefix(body[k+1:], "?") {
				where := offset + 1 + units(body[:k])
				return 0, &Error{pattern, where, at("Capturing groups are not allowed", where)}
			}
		}
		k++
	}
	return 0, &Error{pattern, offset, at("Unbalanced pattern", offset)}
}

func isWordByte(b byte) bool {
	return '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z' || b == '_'
}
