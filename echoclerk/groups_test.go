package echoclerk_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echoclerk"
)

// TestGuardedGroups shows what the documents say of guards on groups: a catch-all route outside of
// the group opens files for paths that the group does not see.
func TestGuardedGroups(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "admin"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "admin", "x.txt"), []byte("a secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	clerk := core.Must(clerktest.New(t).Options())
	for _, byPath := range []bool{false, true} {
		e := echo.New()
		e.Use(echoclerk.With(clerk))
		if byPath {
			e.Use(echoclerk.ProtectRoutes(core.MustRouteMatcher("/admin/:path*")))
		}
		e.Group("/admin", echoclerk.Protect()).GET("/members", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
		e.GET("/*", echo.WrapHandler(http.FileServer(http.Dir(dir))))
		for target, escapes := range map[string]bool{
			"/admin/x.txt": false, "//admin/x.txt": true, "/%61dmin/x.txt": true, "/./admin/x.txt": true, "/admin%2fx.txt": true,
		} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+target, http.NoBody)
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			if got := w.Body.String() == "a secret"; got != (escapes && !byPath) {
				t.Errorf("%s, ProtectRoutes %t: got %d %q; the documents say otherwise", target, byPath, w.Code, w.Body)
			}
		}
	}
}
