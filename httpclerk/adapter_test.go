package httpclerk_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

func TestAdapter(t *testing.T) { adaptertest.Run(t, newApp) }

func newApp(_ testing.TB, s adaptertest.Setup) adaptertest.App {
	var chain []func(http.Handler) http.Handler
	change := func(f func(adaptertest.RequestHeader)) {
		if f != nil {
			chain = append(chain, before(func(_ http.ResponseWriter, r *http.Request) { f(header{r}) }))
		}
	}
	change(s.Earlier)
	if s.Written != nil {
		chain = append(chain, before(func(w http.ResponseWriter, _ *http.Request) { s.Written(w.Header()) }))
	}
	for _, clerk := range s.Middleware {
		chain = append(chain, httpclerk.With(clerk))
		change(s.Between)
	}
	if s.OnRefuse != nil {
		chain = append(chain, httpclerk.OnRefuse(func(w http.ResponseWriter, _ *http.Request, refusal core.Refusal) {
			status, text := s.OnRefuse(refusal)
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}))
	}
	for _, guard := range s.Guards {
		chain = append(chain, httpclerk.ProtectRoutes(guard.Matcher, guard.Options...))
	}
	return serve(s.Routes, chain...)
}

// before runs f in front of a handler.
func before(f http.HandlerFunc) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f(w, r)
			next.ServeHTTP(w, r)
		})
	}
}

// serve makes an application of the table's routes behind a chain of middleware.
func serve(routes []adaptertest.Route, chain ...func(http.Handler) http.Handler) adaptertest.App {
	mux := http.NewServeMux()
	for _, route := range routes {
		var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = route.Handler(ctx{w, r}) })
		if route.Protect != nil {
			handler = httpclerk.Protect(*route.Protect...)(handler)
		}
		path := parameter.ReplaceAllString(route.Path, "{$1}")
		if path == "/" {
			path = "/{$}"
		}
		mux.Handle("GET "+path, handler)
		mux.Handle("POST "+path, handler)
	}
	return app(wrap(mux, chain...))
}

// parameter is a parameter in the table's paths.
var parameter = regexp.MustCompile(`:(\w+)`)

// wrap puts middleware in front of a handler, the first outermost.
func wrap(h http.Handler, chain ...func(http.Handler) http.Handler) http.Handler {
	for _, middleware := range slices.Backward(chain) {
		h = middleware(h)
	}
	return h
}

func app(h http.Handler) adaptertest.App {
	return func(req *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		return w.Result(), nil
	}
}

// header is what a middleware of the table sees of a request's headers.
type header struct{ r *http.Request }

func (h header) Del(name string)         { h.r.Header.Del(name) }
func (h header) Set(name, value string)  { h.r.Header.Set(name, value) }
func (h header) Add(name, value string)  { h.r.Header.Add(name, value) }
func (h header) Keep(name, value string) { h.r.Header[name] = append(h.r.Header[name], value) }
func (h header) SetHost(host string)     { h.r.Host = host }
func (h header) ReadCookies()            { h.r.Cookies() }

func (h header) DelCookie(name string) {
	kept := h.r.Cookies()
	h.r.Header.Del("Cookie")
	for _, cookie := range kept {
		if cookie.Name != name {
			h.r.AddCookie(cookie)
		}
	}
}

// ctx is what a handler of the table sees of a request.
type ctx struct {
	w http.ResponseWriter
	r *http.Request
}

func (x ctx) Auth(opts ...core.AuthOption) *core.Auth { return httpclerk.Auth(x.r, opts...) }

func (x ctx) State() *core.State { return httpclerk.State(x.r) }

func (x ctx) Require(opts ...core.ProtectOption) (stop bool, err error) {
	return !httpclerk.Require(x.w, x.r, opts...), nil
}

func (x ctx) RedirectToSignIn(opts ...core.RedirectOption) error {
	httpclerk.RedirectToSignIn(x.w, x.r, opts...)
	return nil
}

func (x ctx) RedirectToSignUp(opts ...core.RedirectOption) error {
	httpclerk.RedirectToSignUp(x.w, x.r, opts...)
	return nil
}

func (x ctx) Text(body string) error {
	_, err := io.WriteString(x.w, body)
	return err
}

func (x ctx) Redirect(location string) error {
	http.Redirect(x.w, x.r, location, http.StatusTemporaryRedirect)
	return nil
}

func (x ctx) Context() context.Context { return x.r.Context() }
