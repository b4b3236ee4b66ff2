package core

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Two of Clerk's cookies hold numbers that the JavaScript SDK reads with
// parseInt and Number. Their values decide about redirects, so they are read
// here with the same rules.

// maxDigits is how many digits are read. A number with more is infinite in every
// base.
const maxDigits = 1100

// jsSpace are the characters that JavaScript trims from numeric text.
const jsSpace = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"

// parseIntPrefix reads a leading integer: white space, a sign, hexadecimal after
// 0x, and anything behind the digits is ignored. Without digits it answers 0.
func parseIntPrefix(s string) float64 {
	s = strings.TrimLeft(s, jsSpace)
	sign := 1.0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	base := 10
	if len(s) >= 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		base, s = 16, s[2:]
	}
	n := 0
	for n < len(s) {
		d, ok := unhex(s[n])
		if !ok || int(d) >= base {
			break
		}
		n++
	}
	if n == 0 {
		return 0
	}
	if v, err := strconv.ParseUint(s[:n], base, 53); err == nil {
		return sign * float64(v)
	}
	if len(strings.TrimLeft(s[:n], "0")) > maxDigits {
		return math.Inf(int(sign))
	}
	i, ok := new(big.Int).SetString(s[:n], base)
	if !ok {
		return 0
	}
	f, _ := new(big.Float).SetInt(i).Float64()
	return sign * f
}

// parseNumber reads a whole numeric literal. What is no number, and NaN, is 0.
func parseNumber(s string) float64 {
	s = strings.Trim(s, jsSpace)
	if s == "" {
		return 0
	}
	if len(s) > 2 && s[0] == '0' {
		base := 0
		switch s[1] {
		case 'x', 'X':
			base = 16
		case 'o', 'O':
			base = 8
		case 'b', 'B':
			base = 2
		}
		if base != 0 {
			if strings.ContainsAny(s[2:], "+-_") {
				return 0
			}
			if len(strings.TrimLeft(s[2:], "0")) > maxDigits {
				if strings.Trim(strings.ToLower(s[2:]), "0123456789abcdef"[:base]) != "" {
					return 0
				}
				return math.Inf(1)
			}
			i, ok := new(big.Int).SetString(s[2:], base)
			if !ok {
				return 0
			}
			f, _ := new(big.Float).SetInt(i).Float64()
			return f
		}
	}
	switch s {
	case "Infinity", "+Infinity":
		return math.Inf(1)
	case "-Infinity":
		return math.Inf(-1)
	}
	for _, c := range s {
		if !strings.ContainsRune("0123456789.eE+-", c) {
			return 0
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0
	}
	return f
}

// formatNumber prints a number as JavaScript does.
func formatNumber(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	case f == 0:
		return "0"
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(s, "e")
	sign := exponent[:1]
	return mantissa + "e" + sign + strings.TrimLeft(exponent[1:], "0")
}
