package echo5clerk_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
)

func statusOf(e *echo.Echo, target string) int {
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, http.NoBody))
	return w.Code
}

func newClerk(t *testing.T, change func(*core.Options)) *core.Clerk {
	t.Helper()
	o := clerktest.New(t).Options()
	o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	if change != nil {
		change(&o)
	}
	clerk, err := core.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return clerk
}

func secret(c *echo.Context) error { return c.String(http.StatusOK, "secret") }

func TestOnRefuseThatWritesNothingStillRefuses(t *testing.T) {
	t.Parallel()
	e := echo.New()
	e.Use(echo5clerk.With(newClerk(t, nil)), echo5clerk.OnRefuse(func(*echo.Context, core.Refusal) error { return nil }))
	e.GET("/guarded", secret, echo5clerk.Protect())
	e.GET("/required", func(c *echo.Context) error {
		if err := echo5clerk.Require(c); err != nil {
			return err
		}
		return secret(c)
	})
	for _, path := range []string{"/guarded", "/required"} {
		if got := statusOf(e, path); got != http.StatusNotFound {
			t.Errorf("%s: got status %d, want 404", path, got)
		}
	}
}

func TestGuardsByPathHoldBeforeRouting(t *testing.T) {
	t.Parallel()
	e := echo.New()
	e.Pre(echo5clerk.With(newClerk(t, nil)), echo5clerk.ProtectRoutes(core.MustRouteMatcher("/admin/:id")))
	e.GET("/admin/:id", secret)
	e.GET("/open/:id", secret)
	for path, want := range map[string]int{"/admin/1": 404, "/admin/1/2": 400, "/open/1": 200, "/absent": 404} {
		if got := statusOf(e, path); got != want {
			t.Errorf("%s: got status %d, want %d", path, got, want)
		}
	}
}

func TestSkippedRequestsPassGuardsByPathThatDoNotCoverThem(t *testing.T) {
	t.Parallel()
	e := echo.New()
	e.Use(echo5clerk.With(newClerk(t, func(o *core.Options) { o.Skip = core.SkipStatic })))
	e.Use(echo5clerk.ProtectRoutes(core.MustRouteMatcher("/admin(.*)")))
	e.GET("/style.css", secret)
	e.GET("/admin/style.css", secret)
	for path, want := range map[string]int{"/style.css": 200, "/admin/style.css": 500, "/absent.css": 404} {
		if got := statusOf(e, path); got != want {
			t.Errorf("%s: got status %d, want %d", path, got, want)
		}
	}
}
