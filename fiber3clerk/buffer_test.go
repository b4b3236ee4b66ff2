package fiber3clerk_test

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

// A session cookie of 4,200 bytes does not fit Fiber's default buffer. The application is told
// before the first user has one.
func TestReadBuffer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		size   int
		status int
		warned bool
	}{
		{name: "Fiber's default", size: 0, status: http.StatusRequestHeaderFieldsTooLarge, warned: true},
		{name: "too small by hand", size: 6 << 10, status: http.StatusOK, warned: true},
		{name: "as documented", size: 16 << 10, status: http.StatusOK, warned: false},
	} {
		for name, middleware := range map[string]func(core.Options) fiber.Handler{
			"Middleware": func(o core.Options) fiber.Handler { return fiber3clerk.Middleware(o) },
			"MiddlewareFunc": func(o core.Options) fiber.Handler {
				each := o
				each.Logger = nil
				return fiber3clerk.MiddlewareFunc(func(fiber.Ctx) (core.Options, error) { return each, nil }, core.Options{Logger: o.Logger})
			},
		} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				var log bytes.Buffer
				s := clerktest.New(t)
				app := fiber.New(fiber.Config{ReadBufferSize: test.size})
				app.Use(middleware(core.Options{
					PublishableKey: s.PublishableKey(), SecretKey: s.SecretKey(), APIURL: s.URL(),
					Logger: slog.New(slog.NewTextHandler(&log, nil)),
				}))
				app.Get("/", func(c fiber.Ctx) error { return c.SendStatus(http.StatusOK) })
				listener, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				done := make(chan error)
				go func() { done <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
				url := "http://" + listener.Addr().String() + "/"
				get := func(cookie string) int {
					r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
					if err != nil {
						t.Fatal(err)
					}
					r.Header.Set("Cookie", cookie)
					answer, err := http.DefaultClient.Do(r)
					if err != nil {
						t.Fatal(err)
					}
					_ = answer.Body.Close()
					return answer.StatusCode
				}
				for range 3 {
					if got := get("theme=dark"); got != http.StatusOK {
						t.Errorf("a small request: %d", got)
					}
				}
				if got := get("__session=" + strings.Repeat("a", 4200)); got != test.status {
					t.Errorf("a cookie of 4,200 bytes: got %d, want %d", got, test.status)
				}
				if err := app.Shutdown(); err != nil {
					t.Fatal(err)
				}
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				want := 0
				if test.warned {
					want = 1
				}
				if got := strings.Count(log.String(), "ReadBufferSize: 16 << 10"); got != want {
					t.Errorf("warned %d times, want %d: %s", got, want, log.String())
				}
			})
		}
	}
}
