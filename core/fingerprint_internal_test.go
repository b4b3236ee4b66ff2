package core

import (
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/token"
)

// TestDecisive compares what is kept of Authorization headers with what the engine reads of them.
func TestDecisive(t *testing.T) {
	t.Parallel()
	most := strings.Repeat("a", token.MaxLength)
	var values []string
	for _, scheme := range []string{"", "Bearer ", "Basic ", "Bearer  ", most[3:] + " ", most + " ", most + "  ", most + "a "} {
		for _, text := range []string{most[:3], most[:len(most)-1], most, most + "a", "mt_" + most, "ak_" + most + most} {
			for _, end := range []string{"", "b", "c", " ", " b", " c", " " + most, " " + most + "b"} {
				values = append(values, scheme+text+end)
			}
		}
	}
	cut := 0
	for i, a := range values {
		if decisive(a) != a {
			cut++
		}
		for _, b := range values[:i] {
			x, y := engine.AuthorizationToken(a), engine.AuthorizationToken(b)
			isRead := func(s string) bool { return len(s) <= token.MaxLength || engine.OpaqueType(s) != "" }
			if x != y && (isRead(x) || isRead(y)) && decisive(a) == decisive(b) {
				t.Errorf("headers of %d and %d bytes count as equal, but name tokens of %d and %d bytes", len(a), len(b), len(x), len(y))
			}
		}
	}
	if cut < len(values)/10 {
		t.Errorf("got %d of %d headers cut, want more", cut, len(values))
	}
}
