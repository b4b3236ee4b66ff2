package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/examples/internal/streaming/streamtest"
)

func TestEvents(t *testing.T) {
	gin.SetMode(gin.TestMode)
	s, clerk := streamtest.New(t)
	app := httptest.NewServer(newApp(clerk))
	defer app.Close()
	streamtest.Run(t, s, clerk, strings.TrimPrefix(app.URL, "http://"))
}

// TestSocket opens WebSockets, renews them, revokes them and lets them expire.
func TestSocket(t *testing.T) {
	gin.SetMode(gin.TestMode)
	s, clerk := streamtest.New(t)
	app := httptest.NewServer(newApp(clerk))
	defer app.Close()
	ada := func() string { return s.SessionToken("user_ada", clerktest.SessionID("sess_ada")) }
	open := func(token string) (*websocket.Conn, error) {
		conn, resp, err := websocket.Dial(t.Context(), app.URL+"/ws", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})
		if err == nil {
			t.Cleanup(func() { _ = conn.CloseNow() })
		} else if resp != nil && resp.Body != nil {
			_ = resp.Body.Close()
		}
		return conn, err
	}
	say := func(conn *websocket.Conn, text, want string) {
		t.Helper()
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := conn.Read(t.Context()); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	ended := func(conn *websocket.Conn, want string) {
		t.Helper()
		_, text, err := conn.Read(t.Context())
		if string(text) == "not renewed" { // It may come before the end.
			_, _, err = conn.Read(t.Context())
		}
		if websocket.CloseStatus(err) != websocket.StatusPolicyViolation || !strings.Contains(err.Error(), want) {
			t.Errorf("the connection ended with %v, want %s", err, want)
		}
	}

	if _, err := open("nobody"); err == nil {
		t.Error("somebody without a session got a connection")
	}
	conn, err := open(ada())
	if err != nil {
		t.Fatal(err)
	}
	for range 5 { // Far longer than a token lives.
		s.Clock().Advance(50 * time.Second)
		say(conn, "token "+ada(), "renewed")
		say(conn, "hello", "user_ada: hello")
	}
	say(conn, "token "+s.SessionToken("user_bob"), "not renewed")
	begin := time.Now()
	if err := clerk.RevokeSession(t.Context(), "sess_ada"); err != nil {
		t.Fatal(err)
	}
	ended(conn, "session-revoked")
	t.Logf("the client saw the end %v after the revocation", time.Since(begin).Round(time.Microsecond))

	s.Clock().Advance(time.Hour) // Nobody knows of the revocation any more.
	if conn, err = open(ada()); err != nil {
		t.Fatal(err)
	}
	s.Clock().Advance(80 * time.Second)
	if err := conn.Write(t.Context(), websocket.MessageText, []byte("token "+ada())); err != nil {
		t.Fatal(err)
	}
	ended(conn, "token-expired")
}
