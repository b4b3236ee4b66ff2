package ginclerk_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// TestProtectRoutesBehindRewrite guards what Gin has routed by and what handlers read, where
// middleware in front of the guard changes the path.
func TestProtectRoutesBehindRewrite(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{ID: "user_ada"}}})
	attach := ginclerk.With(core.Must(clerk.Options()))
	change := func(copied bool, from, to string) gin.HandlerFunc {
		return func(c *gin.Context) {
			if copied {
				c.Request = c.Request.Clone(c.Request.Context())
			}
			c.Request.URL.Path, c.Request.URL.RawPath = strings.Replace(c.Request.URL.Path, from, to, 1), ""
		}
	}
	for _, test := range []struct {
		name, target, from, to string
		want                   int // for a stranger
		signedIn               int
	}{
		{name: "a language that is cut off", target: "/en/admin/users", from: "/en", want: 404, signedIn: 200},
		{name: "a file below a catch-all route", target: "/en/files/a/b", from: "/en/files", to: "/assets", want: 404, signedIn: 200},
		{name: "another parameter", target: "/en/id/identity", from: "identity", to: "1", want: 404, signedIn: 200},
		{name: "what is guarded when it is changed", target: "/open/x", from: "/open", to: "/de/admin", want: 404, signedIn: 200},
		{name: "nothing that is guarded", target: "/open/x", from: "/open", to: "/assets", want: 200, signedIn: 200},
		{name: "an escaped path", target: "/en/id/%69%64", want: 404, signedIn: 200},
		{name: "an escaped path elsewhere", target: "/open/%e2%82%ac", want: 200, signedIn: 200},
	} {
		for _, copied := range []bool{false, true} {
			for _, raw := range []bool{false, true} {
				r := gin.New()
				r.UseRawPath = raw
				r.Use(attach, change(copied, test.from, test.to), ginclerk.ProtectRoutes(
					core.MustRouteMatcher("/:lang/admin(.*)", "/:lang/files(.*)", "/:lang/id/:identity"), ginclerk.Router(r)))
				for _, route := range []string{"/:lang/admin/users", "/en/files/*path", "/:lang/id/:identity", "/open/:name"} {
					r.GET(route, func(c *gin.Context) { c.String(http.StatusOK, "shown") })
				}
				for token, want := range map[string]int{"": test.want, clerk.SessionToken("user_ada"): test.signedIn} {
					request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, test.target, http.NoBody)
					if token != "" {
						request.Header.Set("Authorization", "Bearer "+token)
					}
					w := httptest.NewRecorder()
					r.ServeHTTP(w, request)
					if w.Code != want {
						t.Errorf("%s, copied %t, raw %t, signed in %t: got %d %q, want %d", test.name, copied, raw, token != "", w.Code, w.Body, want)
					}
				}
			}
		}
	}
}
