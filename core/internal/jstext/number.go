package jstext

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// maxDigits is how many digits are read. A number with more is infinite in every base.
const maxDigits = 1100

// ParseInt is JavaScript's parseInt without a base: it reads a leading integer behind white space
// and a sign, hexadecimal after 0x, and ignores what follows it. Where JavaScript's answer is NaN,
// it is 0.
func ParseInt(s string) float64 {
	s = TrimLeft(s)
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
		d, ok := Unhex(s[n])
		if !ok || int(d) >= base {
			break
		}
		n++
	}
	if n == 0 {
		return 0
	}
	f, _ := parseDigits(s[:n], base) // They are digits.
	return sign * f
}

// Number is JavaScript's Number for strings: NaN for what is no number.
func Number(s string) float64 {
	s = Trim(s)
	if s == "" {
		return 0
	}
	if len(s) > 2 && s[0] == '0' {
		if base := baseOf(s[1]); base != 0 {
			f, ok := parseDigits(s[2:], base)
			if !ok {
				return math.NaN()
			}
			return f
		}
	}
	unsigned := s
	if s[0] == '+' || s[0] == '-' {
		unsigned = s[1:]
	}
	if unsigned != "Infinity" && !isDecimal(unsigned) {
		return math.NaN()
	}
	return ParseFloat(s)
}

// ParseFloat reads a decimal number, or Infinity. As in JavaScript, a number too large for a
// float64 is an infinity.
func ParseFloat(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64) // The only error is one of range, and then f is what JavaScript has, too.
	return f
}

// baseOf returns the base that the letter behind a zero names, 0 for other letters.
func baseOf(letter byte) int {
	switch letter | 0x20 {
	case 'x':
		return 16
	case 'o':
		return 8
	case 'b':
		return 2
	}
	return 0
}

// parseDigits reads a text of nothing but digits.
func parseDigits(s string, base int) (f float64, ok bool) {
	for i := range len(s) {
		if d, isHex := Unhex(s[i]); !isHex || int(d) >= base {
			return 0, false
		}
	}
	if v, err := strconv.ParseUint(s, base, 53); err == nil {
		return float64(v), true
	}
	if len(strings.TrimLeft(s, "0")) > maxDigits {
		return math.Inf(1), true
	}
	i, ok := new(big.Int).SetString(s, base)
	if !ok {
		return 0, false
	}
	f, _ = new(big.Float).SetInt(i).Float64()
	return f, true
}

// isDecimal reports whether s is digits with at most one point and an exponent, with a digit before
// or after the point.
func isDecimal(s string) bool {
	i := scanDigits(s, 0)
	digits := i
	if i < len(s) && s[i] == '.' {
		end := scanDigits(s, i+1)
		digits += end - i - 1
		i = end
	}
	if digits == 0 {
		return false
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		start := i
		if i = scanDigits(s, i); i == start {
			return false
		}
	}
	return i == len(s)
}

// scanDigits returns the end of the digits at s[i:].
func scanDigits(s string, i int) int {
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

// FormatNumber prints a number as JavaScript's String does.
func FormatNumber(f float64) string {
	switch abs := math.Abs(f); {
	case math.IsNaN(f):
		return "NaN"
	case f == 0:
		return "0" // Also for minus zero.
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case abs >= 1e-6 && abs < 1e21:
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	return mantissa + "e" + exponent[:1] + strings.TrimLeft(exponent[1:], "0") // Go writes e-07 where JavaScript writes e-7.
}
