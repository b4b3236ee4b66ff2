package adaptertest

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// Connection sends requests, as they are written, over one connection.
type Connection struct {
	conn   net.Conn
	reader *bufio.Reader
}

// Dial returns a connection to a server, which ends with the test.
func Dial(tb testing.TB, address string) *Connection {
	tb.Helper()
	c, err := connect(tb.Context(), address)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.close)
	return c
}

func connect(ctx context.Context, address string) (*Connection, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &Connection{conn: conn, reader: bufio.NewReader(conn)}, nil
}

func (c *Connection) close() { _ = c.conn.Close() }

// Get sends header lines as they are, and returns the body of the answer.
func (c *Connection) Get(tb testing.TB, path string, lines ...string) string {
	tb.Helper()
	body, err := c.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + strings.Join(append(lines, "", ""), "\r\n"))
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// send makes one request and returns the body of the answer.
func (c *Connection) send(text string) (body string, err error) {
	if _, err := io.WriteString(c.conn, text); err != nil {
		return "", err
	}
	resp, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }() // It is read.
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// RunSpellings checks, for a framework that can keep the names of headers as they came, that they
// are found. newApp serves, at the address that it returns, the middleware with o and the page /,
// which says user: and the user's ID; where parse is set, something has read a cookie before.
func RunSpellings(t *testing.T, newApp func(t *testing.T, o core.Options, parse bool) (address string)) {
	t.Helper()
	s := clerktest.New(t, clerktest.Config{Production: true})
	for _, tt := range []struct {
		name  string
		parse bool // The application reads the cookies first.
	}{{name: "as they came", parse: false}, {name: "parsed before", parse: true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one := Dial(t, newApp(t, s.Options(), tt.parse))
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
				if got := one.Get(t, "/", c.lines...); got != "user:"+c.want {
					t.Errorf("%.40q: got %q, want user %q", c.lines, got, c.want)
				}
			}
		})
	}
}
