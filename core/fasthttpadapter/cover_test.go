package fasthttpadapter_test

import (
	"testing"

	"github.com/clerkgo/clerkgo/core/fasthttpadapter"
)

func TestMisses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		use, route string
		loose      bool // whether it does without StrictRouting
		strict     bool // and with it
	}{
		{use: "/", route: "/*", loose: true, strict: true},
		{use: "/", route: "/*/", loose: true, strict: true},
		{use: "/", route: `/\*`, loose: true, strict: true}, // Fiber takes it for /*.
		{use: "/", route: "/:page?", loose: true, strict: true},
		{use: "/", route: "/:a?/:b?", loose: true, strict: true},
		{use: "/", route: "/:a?/*", loose: true, strict: true},
		{use: "/", route: "//", loose: true}, // It is an empty path to Fiber.
		{use: "/", route: "/"},
		{use: "/", route: "/+"},
		{use: "/", route: "/:page"},
		{use: "/", route: "/:a/*"},
		{use: "/", route: "/:a/:b?"},
		{use: "/", route: "/files/*"},
		{use: "/", route: "/files*"},
		{use: "/*", route: "/*"},
		{use: "/*", route: "/:page?"},
		{use: "/files", route: "/files/*"},
		{use: "/files/", route: "/files/*", strict: true},
		{use: "/files/", route: "/files/:name?", strict: true},
		{use: "/files/", route: "/FILES/*", strict: true},
		{use: "/files/", route: "/files/"},
		{use: "/files/", route: "/files/:name"},
		{use: "/files/", route: "/other/*"},
		{use: "/files/*", route: "/files/*"},
	} {
		for strict, want := range map[bool]bool{false: tt.loose, true: tt.strict} {
			if got := fasthttpadapter.Misses(tt.use, tt.route, strict); got != want {
				t.Errorf("Use(%q) and %q, strict %t: got %t, want %t", tt.use, tt.route, strict, got, want)
			}
		}
	}
}

func TestNeverRuns(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		use    string
		params []string
		want   bool
	}{
		{use: "/", want: false},
		{use: "/files", want: false},
		{use: `/a\:b`, want: false},
		{use: "/:org", params: []string{"org"}, want: false},
		{use: "/:org/", want: true},
		{use: "/*", params: []string{"*1"}, want: false},
		{use: "/files*", want: true},
	} {
		if got := fasthttpadapter.NeverRuns(tt.use, tt.params); got != tt.want {
			t.Errorf("Use(%q) with the parameters %q: got %t, want %t", tt.use, tt.params, got, tt.want)
		}
	}
}
