package fiber3clerk_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

// client sends requests over one connection.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dial(t *testing.T, address string) *client {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &client{conn, bufio.NewReader(conn)}
}

// get sends header lines as they are, and returns the body of the answer.
func (c *client) get(t *testing.T, path string, lines ...string) string {
	t.Helper()
	text := "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + strings.Join(append(lines, "", ""), "\r\n")
	if _, err := io.WriteString(c.conn, text); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // It was read.
	return string(body)
}

// A fetch of keys goes on when the request that started it has been answered. In
// an application whose requests' context is Fiber's own, the values of that context
// are those of the next request: here they are written while the fetch asks for
// them, which the race detector sees too.
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
	app.Use(fiber3clerk.Middleware(o))
	app.Get("/", func(c fiber.Ctx) error { return c.SendString(fiber3clerk.Auth(c).UserID) })
	one := dial(t, listen(t, app))
	token := s.SessionToken("user_ada", clerktest.Lifetime(time.Hour))
	get := func(tenant string) {
		if got := one.get(t, "/", "Authorization: Bearer "+token, "X-Tenant: "+tenant); got != "user_ada" {
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
	s := clerktest.New(t, clerktest.Config{Production: true})
	for _, tt := range []struct {
		name  string
		parse bool // The application reads the cookies first.
	}{{name: "as they came", parse: false}, {name: "parsed before", parse: true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10, DisableHeaderNormalizing: true})
			app.Use(func(c fiber.Ctx) error {
				if tt.parse {
					_ = c.Cookies("theme")
				}
				return c.Next()
			})
			app.Use(fiber3clerk.Middleware(s.Options()))
			app.Get("/", func(c fiber.Ctx) error { return c.SendString("user:" + fiber3clerk.Auth(c).UserID) })
			one := dial(t, listen(t, app))
			ada, bob := s.SessionToken("user_ada"), s.SessionToken("user_bob")
			for _, c := range []struct {
				lines []string
				want  string
			}{
				{lines: []string{"Authorization: Bearer " + ada}, want: "user_ada"},
				{lines: []string{"authorization: Bearer " + ada}, want: "user_ada"},
				{lines: []string{"AUTHORIZATION: Bearer " + ada}, want: "user_ada"},
				{lines: []string{"authorization: Bearer " + ada, "Authorization: Bearer " + bob}}, // Two are one that is none.
				{lines: []string{"Authorization: Bearer " + ada, "authorization: Bearer " + bob}},
				{lines: []string{"cookie: __client_uat=1; __session=" + ada}, want: "user_ada"},
				{lines: []string{"COOKIE: __client_uat=1; __session=" + ada}, want: "user_ada"},
				{lines: []string{"cookie: __client_uat=1; __session=" + ada, "Cookie: __session=" + bob}, want: "user_ada"},
				{lines: []string{"Cookie: __client_uat=1; __session=" + bob, "cookie: __session=" + ada}, want: "user_bob"},
				{lines: []string{`cookie: theme="a b"; __client_uat=1; __session="` + ada + `"`}}, // Quotation marks belong to a value.
				{want: ""},
			} {
				if got := one.get(t, "/", c.lines...); got != "user:"+c.want {
					t.Errorf("%.40q: got %q, want user %q", c.lines, got, c.want)
				}
			}
		})
	}
}
