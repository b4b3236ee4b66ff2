package httpclerk_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// newClerk starts a Clerk instance with a user, and returns her token.
func newClerk(t *testing.T) (clerk *core.Clerk, token string) {
	t.Helper()
	s := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{ID: "user_ada"}}})
	clerk, err := core.New(s.Options())
	if err != nil {
		t.Fatal(err)
	}
	return clerk, s.SessionToken("user_ada")
}

// says is a handler that answers with a text.
func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

// ask sends a raw request to a server and returns the answer.
func ask(t *testing.T, s *httptest.Server, method, target string, headers ...string) (status int, header http.Header, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // It was read.
	text := method + " " + target + " HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n"
	for i := 0; i+1 < len(headers); i += 2 {
		text += headers[i] + ": " + headers[i+1] + "\r\n"
	}
	if _, err := io.WriteString(conn, text+"\r\n"); err != nil {
		t.Fatal(err)
	}
	if method == http.MethodConnect {
		method = http.MethodGet // Answers to CONNECT would count as tunnels.
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(content)
}

func newServer(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// TestServeMux has guards by path in front of a mux, and guards in it: what the mux reads into a
// path, and only that, is guarded, and its own answers stay what they are.
func TestServeMux(t *testing.T) {
	t.Parallel()
	clerk, token := newClerk(t)
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", says("home"))
	mux.Handle("GET /items/{id}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "item "+r.PathValue("id")+" of "+r.Pattern)
	}))
	mux.Handle("/admin/", says("admin"))
	mux.Handle("/open/", says("open"))
	mux.Handle("GET /own/{name}", httpclerk.Protect()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, httpclerk.Auth(r).UserID+" "+r.PathValue("name"))
	})))
	s := newServer(t, wrap(mux, httpclerk.With(clerk), httpclerk.ProtectRoutes(core.MustRouteMatcher("/admin(.*)"))))
	bearer := []string{"Authorization", "Bearer " + token}
	for _, tt := range []struct {
		method, target string
		headers        []string
		status         int
		want           string // the body, or where a redirect leads
	}{
		{method: "GET", target: "/", status: 200, want: "home"},
		{method: "GET", target: "/items/a%20b", status: 200, want: "item a b of GET /items/{id}"},
		{method: "HEAD", target: "/items/1", status: 200},
		{method: "POST", target: "/items/1", status: 405, want: "Method Not Allowed\n"},
		{method: "GET", target: "/nowhere", status: 404, want: "404 page not found\n"},
		{method: "GET", target: "/own/x", status: 404, want: "404 page not found\n"},
		{method: "GET", target: "/own/x", headers: bearer, status: 200, want: "user_ada x"},
		{method: "GET", target: "/open", status: 307, want: "/open/"},
		{method: "GET", target: "/open//x", status: 400},
		{method: "GET", target: "/open/./x", status: 307, want: "/open/x"},
		{method: "GET", target: "/admin/x", status: 404, want: "404 page not found\n"},
		{method: "GET", target: "/admin/x", headers: bearer, status: 200, want: "admin"},
		{method: "GET", target: "/admin", headers: bearer, status: 307, want: "/admin/"},
		{method: "GET", target: "/open/../admin/x", status: 400},
		{method: "GET", target: "//admin/x", status: 400},
		{method: "GET", target: "/%61dmin/x", status: 400},
		{method: "GET", target: "/admin%2Fx", status: 404, want: "404 page not found\n"},
		// A mux does not clean the paths of CONNECT.
		{method: "CONNECT", target: "/admin/x", status: 404, want: "404 page not found\n"},
		{method: "CONNECT", target: "/open/../admin/x", status: 400},
		{method: "CONNECT", target: "//admin/x", status: 400},
		{method: "CONNECT", target: "admin.example:443", status: 400},
		{method: "CONNECT", target: "/open/x", status: 200, want: "open"},
	} {
		status, header, body := ask(t, s, tt.method, tt.target, tt.headers...)
		if location := header.Get("Location"); location != "" {
			body = location
		}
		if status != tt.status || body != tt.want {
			t.Errorf("%s %s: got %d %q, want %d %q", tt.method, tt.target, status, body, tt.status, tt.want)
		}
	}
}

// TestStripPrefix has the middleware and guards on either side of StripPrefix.
func TestStripPrefix(t *testing.T) {
	t.Parallel()
	clerk, token := newClerk(t)
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "served "+r.URL.Path) })
	inner := httpclerk.ProtectRoutes(core.MustRouteMatcher("/admin(.*)"))
	outer := httpclerk.ProtectRoutes(core.MustRouteMatcher("/files/admin(.*)"))
	public := httpclerk.ProtectRoutes(core.MustRouteMatcher("/", "/open(.*)").Not())
	with := httpclerk.With(clerk)
	for _, tt := range []struct {
		name    string
		handler http.Handler
		want    map[string]int // statuses for who is signed out
	}{
		{name: "a guard in front", handler: wrap(http.StripPrefix("/files", echo), with, outer), want: map[string]int{
			"/files/admin/x": 404, "/files/open": 200, "/files/open/../admin": 400, "/files//admin": 400, "/files/%61dmin": 400, "/files": 200,
		}},
		{name: "a guard behind", handler: wrap(http.StripPrefix("/files", inner(echo)), with), want: map[string]int{
			"/files/admin/x": 404, "/files/open": 200, "/files/open/../admin": 400, "/files//admin": 400, "/files/%61dmin": 400, "/files": 200, "/files/": 200,
			"/files/%2561dmin": 400, "/files/x%2F..%2Fadmin": 400, "/files/.%2Fadmin": 400, "/files/admin?x=/open": 404, "/files/a/admin": 200,
		}},
		{name: "a guard behind that gets no slash", handler: wrap(http.StripPrefix("/files/", inner(echo)), with), want: map[string]int{
			"/files/admin/x": 404, "/files/open": 200, "/files/open/../admin": 400, "/files//admin": 404, "/files/%61dmin": 400, "/files/": 200, "/files": 404, "/files/..": 400,
			"/files/%2Fadmin": 400, `/files/\admin`: 400,
		}},
		{name: "the middleware behind too", handler: http.StripPrefix("/files/", wrap(echo, with, inner)), want: map[string]int{"/files/admin": 404, "/files/open": 200}},
		{name: "all but public routes, behind", handler: wrap(http.StripPrefix("/files/", public(echo)), with), want: map[string]int{
			"/files/": 200, "/files/open": 200, "/files/x": 404, "/files/open/../x": 400, "/files/OPEN": 404,
		}},
	} {
		s := newServer(t, tt.handler)
		for target, want := range tt.want {
			status, _, body := ask(t, s, http.MethodGet, target)
			if status != want {
				t.Errorf("%s: %s: got %d %q, want %d", tt.name, target, status, body, want)
			}
		}
		if status, _, body := ask(t, s, http.MethodGet, "/files/admin/x", "Authorization", "Bearer "+token); status != 200 {
			t.Errorf("%s: signed in: got %d %q, want 200", tt.name, status, body)
		}
	}
}

// TestResponseWriter shows that handlers get the server's own writer.
func TestResponseWriter(t *testing.T) {
	t.Parallel()
	clerk, token := newClerk(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hijack", func(w http.ResponseWriter, _ *http.Request) {
		hijacker, ok := w.(http.Hijacker)
		if !ok {
			t.Error("the writer is no Hijacker")
			return
		}
		conn, _, err := hijacker.Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhijacked")
		_ = conn.Close()
	})
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, _ *http.Request) {
		_, flusher := w.(http.Flusher)
		_, reader := w.(io.ReaderFrom)
		control := http.NewResponseController(w)
		err := errors.Join(
			control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Now().Add(time.Hour)), control.EnableFullDuplex(), control.Flush(),
		)
		if !flusher || !reader || err != nil {
			t.Errorf("Flusher %t, ReaderFrom %t, %v", flusher, reader, err)
		}
		_, _ = io.WriteString(w, "streamed")
	})
	all := core.MustRouteMatcher("/(.*)")
	refuse := httpclerk.OnRefuse(func(http.ResponseWriter, *http.Request, core.Refusal) {})
	s := newServer(t, wrap(mux, httpclerk.With(clerk), refuse, httpclerk.ProtectRoutes(all), httpclerk.Protect()))
	for path, want := range map[string]string{"/hijack": "hijacked", "/stream": "streamed"} {
		if status, _, body := ask(t, s, http.MethodGet, path, "Authorization", "Bearer "+token); status != 200 || body != want {
			t.Errorf("%s: got %d %q", path, status, body)
		}
	}
}

// TestTimeoutHandler has the middleware on either side of a TimeoutHandler.
func TestTimeoutHandler(t *testing.T) {
	t.Parallel()
	clerk, token := newClerk(t)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	mux := http.NewServeMux()
	mux.Handle("/own", httpclerk.Protect()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, httpclerk.Auth(r).UserID) })))
	mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { <-release })
	with := httpclerk.With(clerk)
	for name, h := range map[string]http.Handler{
		"inside":  http.TimeoutHandler(with(mux), 50*time.Millisecond, "late"),
		"outside": with(http.TimeoutHandler(mux, 50*time.Millisecond, "late")),
	} {
		s := newServer(t, h)
		for _, tt := range []struct {
			path, bearer string
			status       int
			body         string
		}{{path: "/own", bearer: token, status: 200, body: "user_ada"}, {path: "/own", status: 404, body: "404 page not found\n"}, {path: "/slow", bearer: token, status: 503, body: "late"}} {
			headers := []string{"X-None", "none"}
			if tt.bearer != "" {
				headers = []string{"Authorization", "Bearer " + tt.bearer}
			}
			if status, _, body := ask(t, s, http.MethodGet, tt.path, headers...); status != tt.status || body != tt.body {
				t.Errorf("%s: %s: got %d %q, want %d %q", name, tt.path, status, body, tt.status, tt.body)
			}
		}
	}
}

// TestPatternIsSeenInFront shows that what logs requests by their pattern can stand in front of the
// middleware.
func TestPatternIsSeenInFront(t *testing.T) {
	t.Parallel()
	clerk, _ := newClerk(t)
	mux := http.NewServeMux()
	mux.Handle("GET /items/{id}", says("item"))
	r := httptest.NewRequest(http.MethodGet, "/items/1", http.NoBody)
	httpclerk.With(clerk)(mux).ServeHTTP(httptest.NewRecorder(), r)
	if r.Pattern != "GET /items/{id}" {
		t.Errorf("got pattern %q", r.Pattern)
	}
}

// TestOnRefuseWritesAsMuchAsItLikes shows that no refusal becomes a 200.
func TestOnRefuseWritesAsMuchAsItLikes(t *testing.T) {
	t.Parallel()
	clerk, _ := newClerk(t)
	for name, tt := range map[string]struct {
		f      func(http.ResponseWriter, *http.Request, core.Refusal)
		status int
		body   string
	}{
		"nothing":          {f: func(http.ResponseWriter, *http.Request, core.Refusal) {}, status: 404},
		"a body":           {f: func(w http.ResponseWriter, _ *http.Request, _ core.Refusal) { _, _ = io.WriteString(w, "no") }, status: 404, body: "no"},
		"a status":         {f: func(w http.ResponseWriter, _ *http.Request, _ core.Refusal) { w.WriteHeader(http.StatusTeapot) }, status: http.StatusTeapot},
		"a page":           {f: func(w http.ResponseWriter, _ *http.Request, _ core.Refusal) { http.Error(w, "no", http.StatusGone) }, status: http.StatusGone, body: "no\n"},
		"a hint before it": {f: func(w http.ResponseWriter, _ *http.Request, _ core.Refusal) { w.WriteHeader(http.StatusEarlyHints) }, status: 404},
		"in pieces": {f: func(w http.ResponseWriter, _ *http.Request, _ core.Refusal) {
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, "no")
		}, status: 404, body: "no"},
	} {
		s := newServer(t, wrap(says("secret"), httpclerk.With(clerk), httpclerk.OnRefuse(tt.f), httpclerk.Protect()))
		resp, err := s.Client().Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // It was read.
		if resp.StatusCode != tt.status || string(body) != tt.body {
			t.Errorf("%s: got %d %q, want %d %q", name, resp.StatusCode, body, tt.status, tt.body)
		}
	}
}

// TestNotFound compares a hidden route with what routers that the middleware does not know answer
// for absent ones by NotFound.
func TestNotFound(t *testing.T) {
	t.Parallel()
	clerk, _ := newClerk(t)
	answer := func(h http.Handler) (seen []any) {
		w := httptest.NewRecorder()
		httpclerk.With(clerk)(h).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/x", http.NoBody))
		resp := w.Result()
		resp.Header.Del("X-Clerk-Auth-Reason") // Development instances say what a guard did.
		return []any{resp.StatusCode, resp.Header, w.Body.String()}
	}
	hidden := answer(httpclerk.Protect()(says("secret")))
	if diff := cmp.Diff(hidden, answer(http.HandlerFunc(httpclerk.NotFound))); diff != "" {
		t.Errorf("NotFound (-hidden +absent):\n%s", diff)
	}
	if diff := cmp.Diff(hidden, answer(http.NewServeMux())); diff != "" {
		t.Errorf("a ServeMux (-hidden +absent):\n%s", diff)
	}
	if diff := cmp.Diff(hidden, answer(httpclerk.OnRefuse(func(http.ResponseWriter, *http.Request, core.Refusal) {})(http.NewServeMux()))); diff != "" {
		t.Errorf("a ServeMux behind middleware (-hidden +absent):\n%s", diff)
	}
}

// TestWithoutTheMiddleware shows that a forgotten middleware never means signed out.
func TestWithoutTheMiddleware(t *testing.T) {
	t.Parallel()
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	httpclerk.Protect()(says("secret")).ServeHTTP(w, r)
	if body := w.Body.String(); w.Code != http.StatusInternalServerError || strings.Contains(body, "secret") || strings.Contains(body, "httpclerk") {
		t.Errorf("Protect: got %d %q", w.Code, body)
	}
	defer func() {
		if err, ok := recover().(*core.Error); !ok || !errors.Is(err, core.ErrMiddlewareMissing) {
			t.Errorf("Auth: got %v", err)
		}
	}()
	httpclerk.Auth(r)
}
