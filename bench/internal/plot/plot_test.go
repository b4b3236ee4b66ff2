package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func TestExponent(t *testing.T) {
	t.Parallel()
	x := []float64{1, 10, 100, 1000}
	for _, k := range []float64{0, 0.5, 1, 2} {
		y := make([]float64, len(x))
		for i := range x {
			y[i] = 7 * math.Pow(x[i], k)
		}
		if got := Exponent(x, y); math.Abs(got-k) > 1e-9 {
			t.Errorf("got %v, want %v", got, k)
		}
	}
	if got := Exponent([]float64{1}, []float64{1}); !math.IsNaN(got) {
		t.Errorf("one point has the exponent %v", got)
	}
}

// TestSVG reads the picture as XML and looks where the points went.
func TestSVG(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		plot Plot
		want []string
	}{
		"linear":      {Plot{Title: "a < b", Lines: []Line{{Name: "x", X: []float64{0, 10}, Y: []float64{0, 5}}}}, []string{"M64.0 250.0 430.0 40.0", "a &lt; b", "dark"}},
		"logarithmic": {Plot{LogX: true, LogY: true, Lines: []Line{{X: []float64{1, 10, 100}, Y: []float64{1, 0, 100}}}}, []string{"M64.0 250.0 430.0 40.0"}},
		"nothing":     {Plot{}, []string{"</svg>"}},
	} {
		got := tt.plot.SVG()
		d := xml.NewDecoder(strings.NewReader(got))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", name, want, got)
			}
		}
	}
}
