package results

import (
	"math"
	"testing"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		samples []float64
		want    float64
	}{
		{samples: []float64{3}, want: 3},
		{samples: []float64{9, 1}, want: 5},
		{samples: []float64{9, 1, 2}, want: 2},
	} {
		if got := median(tt.samples); got != tt.want {
			t.Errorf("median of %v: got %v, want %v", tt.samples, got, tt.want)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing: got %v", got)
	}
}
