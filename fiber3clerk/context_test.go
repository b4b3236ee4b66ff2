package fiber3clerk_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

// A fetch of keys goes on when the request that started it has been answered. In an application
// whose requests' context is Fiber's own, the values of that context are those of the next request:
// here they are written while the fetch asks for them, which the race detector sees too.
func TestAFetchOfKeysReadsNothingOfFibersContext(t *testing.T) {
	t.Parallel()
	clock := clerktest.NewClock(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
	s := clerktest.New(t, clerktest.Config{Clock: clock})
	o := s.Options()
	started, release, seen := make(chan struct{}), make(chan struct{}), make(chan any, 1)
	fetches := 0
	o.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if fetches++; fetches == 2 {
			close(started)
			<-release
			seen <- r.Context().Value("tenant")
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	app.Use(func(c fiber.Ctx) error {
		c.SetContext(c.Context())
		c.Locals("tenant", c.Get("X-Tenant"))
		return c.Next()
	})
	app.Use("/*", fiber3clerk.Middleware(o))
	app.Get("/", func(c fiber.Ctx) error { return c.SendString(fiber3clerk.Auth(c).UserID) })
	one := adaptertest.Dial(t, listen(t, app))
	token := s.SessionToken("user_ada", clerktest.Lifetime(time.Hour))
	get := func(tenant string) {
		if got := one.Get(t, "/", "Authorization: Bearer "+token, "X-Tenant: "+tenant); got != "user_ada" {
			t.Errorf("tenant %s: got user %q", tenant, got)
		}
	}

	get("first")
	clock.Advance(4*time.Minute + 30*time.Second) // Now a request renews the keys, and does not wait.
	get("second")
	<-started
	get("third")
	close(release)
	for range 20 {
		get("next")
	}
	if got := <-seen; got != nil {
		t.Errorf("the fetch of the second request's found the value %q of another one", got)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Fiber can keep the names of headers as they came.
func TestHeadersAreFoundInEverySpelling(t *testing.T) {
	t.Parallel()
	adaptertest.RunSpellings(t, func(t *testing.T, o core.Options, parse bool) string { //nolint:thelper // It makes an application.
		app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10, DisableHeaderNormalizing: true})
		app.Use(func(c fiber.Ctx) error {
			if parse {
				_ = c.Cookies("theme")
			}
			return c.Next()
		})
		app.Use("/*", fiber3clerk.Middleware(o))
		app.Get("/", func(c fiber.Ctx) error { return c.SendString("user:" + fiber3clerk.Auth(c).UserID) })
		return listen(t, app)
	})
}
