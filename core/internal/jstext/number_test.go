package jstext

import "testing"

func TestFormatNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "3": "3", "-1": "-1", "1.5": "1.5", "1e20": "100000000000000000000", "1e21": "1e+21", "1e-7": "1e-7",
		"1e300": "1e+300", "1e-10": "1e-10", "": "0", "\x20\u00a07\ufeff": "7", "0x1F": "31", "0b101": "5", "0o17": "15",
		"0x": "NaN", "0x-1": "NaN", "3abc": "NaN", ".": "NaN", "+.5": "0.5", "1_0": "NaN", "+Infinity": "Infinity", "infinity": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity", "1e999": "Infinity", "0.000001": "0.000001",
	} {
		if got := FormatNumber(Number(text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestParseInt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		"": 0, "12abc": 12, "0x1F": 31, "1e3": 1, "-5": -5, "+7": 7, "\x20\u00a012": 12, "1717490192.9": 1717490192, "abc": 0, "0x": 0, "-": 0,
		"9007199254740993": 9007199254740992, "18446744073709551616": 18446744073709551616,
	} {
		if got := ParseInt(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
