// Package plot draws lines as an SVG that can be read on light and on dark pages.
package plot

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// Line is one curve, from left to right. A point that is not a number, or not above
// zero on a logarithmic axis, is left out.
type Line struct {
	Name string
	X, Y []float64
}

// Plot is a picture of lines on two axes.
type Plot struct {
	Title, XLabel, YLabel string
	LogX, LogY            bool
	Lines                 []Line
}

// The picture's size, and where the axes are in it.
const (
	width, height            = 640, 300
	left, right, top, bottom = 64, 430, 40, 250
)

// style has colours of its own for readers that prefer dark pages. The lines' hues can
// be told apart on both.
const style = `text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-weight:600}.g{stroke:#d0d7de}` +
	`.l0{stroke:#0969da}.l1{stroke:#bc4c00}.l2{stroke:#1a7f37}.l3{stroke:#8250df}.l4{stroke:#bf3989}.l5{stroke:#7d6500}.l6{stroke:#57606a}.l7{stroke:#cf222e}` +
	`path{fill:none;stroke-width:2}` +
	`@media(prefers-color-scheme:dark){text{fill:#e6edf3}.g{stroke:#3d444d}.l0{stroke:#58a6ff}.l1{stroke:#f0883e}.l2{stroke:#3fb950}` +
	`.l3{stroke:#bc8cff}.l4{stroke:#f778ba}.l5{stroke:#d29922}.l6{stroke:#9198a1}.l7{stroke:#ff7b72}}`

// axis maps values to the picture.
type axis struct {
	least, most float64 // after the logarithm
	from, to    float64
	log         bool
}

func (a axis) at(v float64) float64 {
	if a.log {
		v = math.Log10(v)
	}
	return a.from + (v-a.least)/(a.most-a.least)*(a.to-a.from)
}

func (a axis) has(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (!a.log || v > 0)
}

// newAxis spans all values; a linear axis begins at zero.
func newAxis(log bool, from, to float64, values [][]float64) axis {
	a := axis{least: math.Inf(1), most: math.Inf(-1), from: from, to: to, log: log}
	for _, vs := range values {
		for _, v := range vs {
			if !a.has(v) {
				continue
			}
			if log {
				v = math.Log10(v)
			}
			a.least, a.most = min(a.least, v), max(a.most, v)
		}
	}
	switch {
	case a.least > a.most:
		a.least, a.most = 0, 1
	case log:
		a.least, a.most = math.Floor(a.least), math.Ceil(a.most)
	default:
		a.least = min(0, a.least)
	}
	if a.least == a.most {
		a.most++
	}
	return a
}

// ticks are the values with a mark: powers of ten, or up to six round numbers.
func (a axis) ticks() []float64 {
	var all []float64
	if a.log {
		for e := a.least; e <= a.most; e++ {
			all = append(all, math.Pow(10, e))
		}
		return all
	}
	step := math.Pow(10, math.Floor(math.Log10((a.most-a.least)/2)))
	for (a.most-a.least)/step > 5 {
		step *= 2
	}
	for v := math.Ceil(a.least/step) * step; v <= a.most; v += step {
		all = append(all, v)
	}
	return all
}

// SVG returns the picture.
func (p Plot) SVG() string {
	xs, ys := make([][]float64, 0, len(p.Lines)), make([][]float64, 0, len(p.Lines))
	for _, l := range p.Lines {
		xs, ys = append(xs, l.X), append(ys, l.Y)
	}
	x, y := newAxis(p.LogX, left, right, xs), newAxis(p.LogY, bottom, top, ys)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img"><title>%s</title><style>%s</style>`+"\n", width, height, escape(p.Title), style)
	fmt.Fprintf(&b, `<text class="t" x="%d" y="20">%s</text>`+"\n", left, escape(p.Title))
	for _, v := range x.ticks() {
		fmt.Fprintf(&b, `<line class="g" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x.at(v), x.at(v), top, bottom, x.at(v), bottom+16, short(v))
	}
	for _, v := range y.ticks() {
		fmt.Fprintf(&b, `<line class="g" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", left, right, y.at(v), y.at(v), left-6, y.at(v)+4, short(v))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text><text transform="translate(14 %d)rotate(-90)" text-anchor="middle">%s</text>`+"\n",
		(left+right)/2, bottom+36, escape(p.XLabel), (top+bottom)/2, escape(p.YLabel))
	for i, l := range p.Lines {
		var path strings.Builder
		for j := range l.X {
			if x.has(l.X[j]) && y.has(l.Y[j]) {
				fmt.Fprintf(&path, "%.1f %.1f ", x.at(l.X[j]), y.at(l.Y[j]))
			}
		}
		legend := top + 10 + 18*i
		fmt.Fprintf(&b, `<path class="l%d" d="M%s"/><path class="l%d" d="M%d %dh16"/><text x="%d" y="%d">%s</text>`+"\n",
			i%8, strings.TrimSpace(path.String()), i%8, right+12, legend, right+34, legend+4, escape(l.Name))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// short writes a number for an axis.
func short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1e6:
		return fmt.Sprintf("%gM", v/1e6)
	case a >= 1e3:
		return fmt.Sprintf("%gk", v/1e3)
	}
	return fmt.Sprintf("%.3g", v)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // A builder takes everything.
	return b.String()
}

// Exponent fits y = a·x^k to the points by least squares of the logarithms, and returns
// k: 0 says that y does not grow with x, 1 that it grows as x does.
func Exponent(x, y []float64) float64 {
	var n, sx, sy, sxx, sxy float64
	for i := range x {
		if x[i] <= 0 || y[i] <= 0 || math.IsNaN(y[i]) {
			continue
		}
		lx, ly := math.Log(x[i]), math.Log(y[i])
		n, sx, sy, sxx, sxy = n+1, sx+lx, sy+ly, sxx+lx*lx, sxy+lx*ly
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

// Bar is one bar of [Bars].
type Bar struct {
	Name  string
	Value float64 // above zero
	Ours  bool    // it has the first colour, others the last but one
}

// Bars draws bars below each other, on a logarithmic axis, each with its value.
func Bars(title string, bars []Bar) string {
	const row, first = 20, 40
	values := make([][]float64, 0, len(bars))
	for _, v := range bars {
		values = append(values, []float64{v.Value})
	}
	x := newAxis(true, 130, 540, values)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img"><title>%s</title><style>%s.b{stroke-width:14}</style>`+"\n", width, first+row*len(bars)+10, escape(title), style)
	fmt.Fprintf(&b, `<text class="t" x="8" y="20">%s</text>`+"\n", escape(title))
	for i, v := range bars {
		y, class := first+row*i, 6
		if v.Ours {
			class = 0
		}
		fmt.Fprintf(&b, `<text x="122" y="%d" text-anchor="end">%s</text>`, y+14, escape(v.Name))
		if x.has(v.Value) {
			fmt.Fprintf(&b, `<path class="l%d b" d="M130 %dH%.1f"/><text x="%.1f" y="%d">%.3g</text>`, class, y+10, max(132, x.at(v.Value)), max(132, x.at(v.Value))+6, y+14, v.Value)
		}
		b.WriteString("\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}
