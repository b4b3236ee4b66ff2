// Package live_test runs other people's middleware and connections that outlive their request
// beside the adapters, over loopback.
package live_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"
	fiberwebsocket "github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"
	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echoclerk"
	"github.com/clerkgo/clerkgo/fiberclerk"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// who is what a connection says about the one who opened it, each time that it is asked.
func who(auth *core.Auth, ok bool) string {
	if !ok {
		return "nobody was asked"
	}
	return auth.UserID + " " + auth.OrgRole
}

// fromContext answers each message with who opened the connection, as the request's context knows
// it.
func fromContext(w http.ResponseWriter, r *http.Request) error {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }()
	for {
		kind, _, err := conn.Read(r.Context())
		if err != nil {
			return nil // the client has gone
		}
		if err := conn.Write(r.Context(), kind, []byte(who(core.FromContext(r.Context())))); err != nil {
			return nil // the client has gone
		}
	}
}

func serveGin(t *testing.T, clerk *core.Clerk) string {
	t.Helper()
	gin.SetMode(gin.TestMode)
	r := gin.New()
	r.Use(ginclerk.With(clerk))
	r.GET("/ws", ginclerk.Protect(), func(c *gin.Context) { _ = fromContext(c.Writer, c.Request) })
	return serveHTTP(t, r)
}

func serveEcho(t *testing.T, clerk *core.Clerk) string {
	t.Helper()
	e := echo.New()
	e.Use(echoclerk.With(clerk))
	e.GET("/ws", func(c echo.Context) error { return fromContext(c.Response(), c.Request()) }, echoclerk.Protect())
	return serveHTTP(t, e)
}

func serveHTTP(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func serveFiber(t *testing.T, clerk *core.Clerk) string {
	t.Helper()
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10, DisableStartupMessage: true})
	app.Use(fiberclerk.With(clerk))
	app.Get("/ws", fiberclerk.Protect(), fiberwebsocket.New(func(conn *fiberwebsocket.Conn) {
		auth, ok := fiberclerk.FromLocals(conn.Locals)
		for {
			kind, _, err := conn.ReadMessage()
			if err != nil {
				return // The client has gone.
			}
			if err := conn.WriteMessage(kind, []byte(who(auth, ok))); err != nil {
				return
			}
		}
	}))
	return listen(t, app)
}

func listen(t *testing.T, app *fiber.App) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = app.Listener(listener) // It ends with the test.
	}()
	t.Cleanup(func() {
		_ = app.Shutdown() // Nothing is left to serve.
		<-done
	})
	return listener.Addr().String()
}

// TestAuthOfAWebSocket opens connections, lets other requests overwrite the memory of the
// framework, and asks again.
func TestAuthOfAWebSocket(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{
		Users: []clerktest.User{{ID: "user_ada"}, {ID: "user_bob"}},
		Organizations: []clerktest.Organization{{ID: "org_acme", Slug: "acme", Members: []clerktest.Member{
			{UserID: "user_ada", Role: "org:admin"}, {UserID: "user_bob", Role: "org:member"},
		}}},
	})
	clerk, err := core.New(s.Options())
	if err != nil {
		t.Fatal(err)
	}
	for name, serve := range map[string]func(*testing.T, *core.Clerk) string{"gin": serveGin, "echo": serveEcho, "fiber": serveFiber} {
		t.Run(name, func(t *testing.T) {
			address := serve(t, clerk)
			ada := open(t, address, "Authorization", "Bearer "+s.SessionToken("user_ada", clerktest.InOrganization("org_acme")))
			if got, want := ask(t, ada), "user_ada org:admin"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			cookies := "__clerk_db_jwt=d; __client_uat=1; __session=" + s.SessionToken("user_bob", clerktest.InOrganization("org_acme"))
			for range 20 {
				bob := open(t, address, "Cookie", cookies)
				if got, want := ask(t, bob), "user_bob org:member"; got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				if err := bob.CloseNow(); err != nil {
					t.Error(err)
				}
			}
			if got, want := ask(t, ada), "user_ada org:admin"; got != want {
				t.Errorf("afterwards: got %q, want %q", got, want)
			}
			if err := ada.CloseNow(); err != nil {
				t.Error(err)
			}
			_, resp, err := websocket.Dial(t.Context(), "ws://"+address+"/ws", nil)
			if err == nil || resp == nil || resp.StatusCode != http.StatusNotFound {
				t.Errorf("signed out: got answer %v and error %v, want 404", resp, err)
			}
		})
	}
}

func open(t *testing.T, address, name, value string) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), "ws://"+address+"/ws", &websocket.DialOptions{HTTPHeader: http.Header{name: {value}}})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func ask(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	ctx := t.Context()
	if err := conn.Write(ctx, websocket.MessageText, []byte("who?")); err != nil {
		t.Fatal(err)
	}
	_, answer, err := conn.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}
