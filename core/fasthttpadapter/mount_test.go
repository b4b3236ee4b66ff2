package fasthttpadapter_test

import (
	"testing"

	"github.com/clerkgo/clerkgo/core/fasthttpadapter"
)

func TestMount(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, route, path string
		caseSensitive     bool
		want              string // "" for no reading
	}{
		{name: "a path within the last segment", route: "/files", path: "/filesadmin/x", want: "/files/admin/x"},
		{name: "the mount itself", route: "/files", path: "/files"},
		{name: "a path below", route: "/files", path: "/files/admin"},
		{name: "another path", route: "/files", path: "/fileadmin"},
		{name: "another letter case", route: "/files", path: "/FILESadmin", want: "/FILES/admin"},
		{name: "another letter case, where it counts", route: "/files", path: "/FILESadmin", caseSensitive: true},
		{name: "a wildcard", route: "/files*", path: "/filesadmin", want: "/files/admin"},
		{name: "a parameter in front", route: "/:v/files", path: "/1/filesadmin", want: "/1/files/admin"},
		{name: "a parameter at the end", route: "/files/:id", path: "/files/admin"},
		{name: "an escaped character", route: `/a\+b/files*`, path: "/a+b/filesadmin", want: "/a+b/files/admin"},
		{name: "an escaped character at the end", route: `/a\:b`, path: "/a:badmin", want: "/a:b/admin"},
		{name: "a path with fewer segments", route: "/a/b/files", path: "/a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := fasthttpadapter.NewMount(tt.route)
			got, ok := m.Reading(tt.path, tt.caseSensitive)
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("%s on %s: got %q, %t, want %q", tt.path, tt.route, got, ok, tt.want)
			}
		})
	}
}
