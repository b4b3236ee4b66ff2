package guides

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func TestOutage(t *testing.T) {
	clerk := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{ID: "user_ada", FirstName: "Ada"}}})
	options := clerk.Options()
	options.Outage.ProbeInterval = time.Millisecond // How soon Clerk is asked again: in real time, 5 s by default.
	app := gin.New()
	app.Use(ginclerk.Middleware(options))
	app.GET("/dashboard", ginclerk.Protect(), func(c *gin.Context) { c.String(200, "hello") })
	app.GET("/profile", ginclerk.Protect(), profile) // Its CurrentUser asks Clerk; 502 where that fails.

	get := func(path string) int {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer "+clerk.SessionToken("user_ada"))
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		return w.Code
	}
	check := func(when, path string, want int) {
		t.Helper()
		if got := get(path); got != want {
			t.Errorf("%s, %s: got %d, want %d", when, path, got, want)
		}
	}
	check("before", "/dashboard", 200) // The application has the signing keys now.

	end := clerk.Inject("", clerktest.Fault{Status: 503}) // On every route; "GET /v1/users/{id}" is one.
	check("in the outage", "/dashboard", 200)             // A session needs no call, as long as its keys are known.
	check("in the outage", "/profile", 502)
	clerk.Clock().Advance(time.Hour) // Keys are asked for again after 5 minutes: in vain, so they are used on.
	check("an hour later", "/dashboard", 200)
	clerk.Clock().Advance(24 * time.Hour) // KeyRefresh.StaleIfError is over.
	check("a day later", "/dashboard", 503)

	end()
	for until := time.Now().Add(10 * time.Second); get("/profile") != 200 && time.Now().Before(until); {
		// Who finds Clerk away has it probed, and does not wait for that: one of the next is served.
	}
	check("after it", "/profile", 200)
	check("after it", "/dashboard", 200)
}
