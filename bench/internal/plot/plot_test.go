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
	// Worked out by hand: the logarithms are 0, 1, 2 and 0, 1, 1, and the least squares' slope of those is 1/2.
	if got := Exponent([]float64{1, 10, 100}, []float64{1, 10, 10}); math.Abs(got-0.5) > 1e-9 {
		t.Errorf("points off the line have the exponent %v, want 0.5", got)
	}
	// What cannot be on a logarithmic axis is left out.
	if got := Exponent([]float64{0, 1, 10, 100}, []float64{5, 1, math.NaN(), 10000}); math.Abs(got-2) > 1e-9 {
		t.Errorf("got the exponent %v, want 2", got)
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

// TestBars reads the picture as XML, and looks how long the bars are: 1 to 100 take the whole axis.
func TestBars(t *testing.T) {
	t.Parallel()
	got := Bars("a < b", []Bar{{Name: "one", Value: 1, Ours: true}, {Name: "ten", Value: 10}, {Name: "more", Value: 100}, {Name: "none"}})
	if err := xml.Unmarshal([]byte(got), new(struct{})); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`class="l0 b" d="M130 50H132.0"`, `class="l6 b" d="M130 70H335.0"`, `class="l6 b" d="M130 90H540.0"`, ">none<", "a &lt; b"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
