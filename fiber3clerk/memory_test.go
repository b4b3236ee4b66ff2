package fiber3clerk_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

// TestNothingRefersToMemoryThatFiberReuses sends many different requests over few
// connections, keeps everything that core hands out, and looks at it again when
// other requests have overwritten the memory.
func TestNothingRefersToMemoryThatFiberReuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name              string
		production, debug bool
		accepts           core.TokenChoice
	}{
		{name: "development"},
		{name: "production", production: true},
		{name: "debug logs in development", debug: true},
		{name: "debug logs in production", debug: true, production: true},
		{name: "any token", accepts: core.AnyToken()},
		{name: "any token in production", accepts: core.AnyToken(), production: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t, clerktest.Config{Production: tt.production})
			o := s.Options()
			o.Debug, o.AcceptsToken = tt.debug, tt.accepts
			testReusedMemory(t, s, o)
		})
	}
}

func testReusedMemory(t *testing.T, s *clerktest.Server, o core.Options) {
	t.Helper()
	var kept keeper
	o.Logger = slog.New(&queue{kept: &kept})
	app := keepingApp(o, &kept)
	address := listen(t, app)

	requests := differentRequests(t, s)
	var wg sync.WaitGroup
	for connection := range 3 {
		wg.Go(func() {
			c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			r := bufio.NewReader(c)
			for i := range 3 * len(requests) {
				// Each connection has an order of its own, so that neighbours differ.
				text := requests[(i*(2*connection+1)+connection)%len(requests)]
				if err := send(c, r, text); err != nil {
					t.Errorf("%q: %v", text[:40], err)
					return
				}
			}
		})
	}
	wg.Wait()
	kept.check(t, 3*len(requests))
}

// send makes one request and reads the answer away.
func send(c net.Conn, r *bufio.Reader, text string) error {
	if _, err := c.Write([]byte(text)); err != nil {
		return err
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = new(bytes.Buffer).ReadFrom(resp.Body)
	return err
}

// differentRequests are requests of similar length with everything that core
// reads.
func differentRequests(t *testing.T, s *clerktest.Server) []string {
	t.Helper()
	var requests []string
	methods := [...]string{http.MethodGet, http.MethodPut, http.MethodGet, http.MethodDelete}
	add := func(path string, headers ...string) {
		requests = append(requests, methods[len(requests)%len(methods)]+" "+path+" HTTP/1.1\r\nHost: app.example\r\n"+strings.Join(append(headers, "", ""), "\r\n"))
	}
	suffix := s.CookieSuffix()
	for i := range 6 {
		user := fmt.Sprintf("user_%026d", i)
		tok := s.SessionToken(user, clerktest.InOrganization(fmt.Sprint("org", i)), clerktest.Claim("custom", strings.Repeat(fmt.Sprint(i), 40)))
		add("/any", "Authorization: Bearer "+tok)
		add("/any", "Cookie: a=b; __client_uat=1; __session="+tok, "Referer: https://app.example/x"+fmt.Sprint(i))
		add("/any", "Cookie: __client_uat_"+suffix+"=1; __session_"+suffix+"="+tok+"; __clerk_db_jwt_"+suffix+"=dvb_"+fmt.Sprint(i))
		add("/any", "Authorization: Bearer "+tok[:len(tok)-8]+fmt.Sprintf("%08d", i))
		add("/any", "Authorization: Bearer "+strings.Repeat(fmt.Sprint(i), 500))
		add("/any", "Authorization: Bearer "+s.SessionToken(user, clerktest.Lifetime(-3600e9), clerktest.SessionID(fmt.Sprint("sess_", i))))
		add("/any?page="+fmt.Sprint(i)+"&__clerk_db_jwt=dvb_"+fmt.Sprint(i), "Accept: text/html", "X-Forwarded-Host: h"+fmt.Sprint(i)+".example",
			"Sec-Fetch-Dest: document", "Cookie: __client_uat="+fmt.Sprint(i))
		add("/any?__clerk_handshake=x"+fmt.Sprint(i), "Accept: text/html")
		add("/user?"+strings.Repeat(fmt.Sprint(i), 300), "Accept: text/html", "X-Forwarded-Proto: https")
		m := clerktest.MachineToken{Subject: fmt.Sprintf("mch_%026d", i)}
		add("/machine", "Authorization: Bearer "+s.M2MToken(m))
		add("/machine", "Authorization: Bearer "+s.M2MJWT(m))
		add("/machine", "Authorization: Bearer mt_"+strings.Repeat(fmt.Sprint(i), 60))
		add("/machine", "Authorization: Bearer "+s.APIKey(clerktest.MachineToken{Subject: user}))
	}
	return requests
}

func keepingApp(o core.Options, kept *keeper) *fiber.App {
	app := fiber.New(fiber.Config{
		ReadBufferSize: 8 << 10,
		ErrorHandler: func(c fiber.Ctx, err error) error {
			kept.keep(func() string { return err.Error() + fmt.Sprint(errors.Unwrap(err)) })
			return fiber.DefaultErrorHandler(c, err)
		},
	})
	app.Use(fiber3clerk.Middleware(o))
	handler := func(c fiber.Ctx) error {
		ctx := c.Context()
		state := fiber3clerk.State(c)
		kept.keep(func() string { return describe(state) })
		auth, ok := core.FromContext(ctx)
		kept.keep(func() string { return fmt.Sprint(ok, describeAuth(auth)) })
		pending := fiber3clerk.Auth(c, core.PendingAsSignedIn)
		kept.keep(func() string { return describeAuth(pending) })
		return c.SendStatus(http.StatusNoContent)
	}
	app.All("/any", handler)
	app.All("/user", fiber3clerk.Protect(), handler)
	app.All("/machine", fiber3clerk.Protect(core.AcceptTokens(core.M2MToken, core.APIKey)), handler)
	return app
}

func listen(t *testing.T, app *fiber.App) (address string) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- app.Listener(ln, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() {
		if err := errors.Join(app.Shutdown(), <-done); err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}

func describe(s *core.State) string {
	return fmt.Sprint(s.Status(), s.Reason(), s.Message(), s.TokenType(), s.Headers(), s.Location(), s.Token(), s.Err(), s.Unavailable(),
		core.Explain(s), describeAuth(s.Auth()))
}

func describeAuth(a *core.Auth) string {
	tok, err := a.Token(context.Background())
	return fmt.Sprint(a.TokenType, a.UserID, a.SessionID, a.OrgID, a.OrgRole, a.OrgSlug, a.OrgPermissions, a.ID, a.Subject, a.Scopes, a.Name,
		a.ClientID, a.MachineID, a.Reason(), string(a.Claims()), tok, err)
}

// keeper remembers what texts said, in memory of its own, and asks them again
// later.
type keeper struct {
	mu   sync.Mutex
	said []string
	ask  []func() string
}

func (k *keeper) keep(ask func() string) {
	said := strings.Clone(ask())
	k.mu.Lock()
	defer k.mu.Unlock()
	k.said, k.ask = append(k.said, said), append(k.ask, ask)
}

func (k *keeper) check(t *testing.T, atLeast int) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.said) < atLeast {
		t.Errorf("only %d texts were kept, want at least %d", len(k.said), atLeast)
	}
	for i, said := range k.said {
		if says := k.ask[i](); says != said {
			t.Fatalf("what was kept has changed\nfrom %s\n  to %s", said, says)
		}
	}
}

// queue is a log handler that writes later, as asynchronous ones do.
type queue struct {
	slog.Handler

	kept *keeper
}

func (q *queue) Enabled(context.Context, slog.Level) bool { return true }

func (q *queue) Handle(_ context.Context, r slog.Record) error {
	q.kept.keep(func() string {
		var b bytes.Buffer
		_ = slog.NewTextHandler(&b, nil).Handle(context.Background(), r)
		return b.String()
	})
	return nil
}
