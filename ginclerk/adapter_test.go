package ginclerk_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func TestAdapter(t *testing.T) { adaptertest.Run(t, newApp) }

func newApp(_ testing.TB, s adaptertest.Setup) adaptertest.App {
	gin.SetMode(gin.TestMode)
	r := gin.New()
	change := func(f func(adaptertest.RequestHeader)) {
		if f != nil {
			r.Use(func(c *gin.Context) { f(header{c.Request}) })
		}
	}
	change(s.Earlier)
	if s.Written != nil {
		r.Use(func(c *gin.Context) { s.Written(c.Writer.Header()) })
	}
	for _, clerk := range s.Middleware {
		r.Use(ginclerk.With(clerk))
		change(s.Between)
	}
	if s.OnRefuse != nil {
		r.Use(ginclerk.OnRefuse(func(c *gin.Context, refusal core.Refusal) {
			status, text := s.OnRefuse(refusal)
			c.String(status, "%s", text)
		}))
	}
	for _, guard := range s.Guards {
		r.Use(ginclerk.ProtectRoutes(guard.Matcher, guard.Options...))
	}
	return serve(r, s.Routes)
}

// serve adds the table's routes to an application.
func serve(r *gin.Engine, routes []adaptertest.Route) adaptertest.App {
	for _, route := range routes {
		var handlers []gin.HandlerFunc
		if route.Protect != nil {
			handlers = append(handlers, ginclerk.Protect(*route.Protect...))
		}
		handlers = append(handlers, func(c *gin.Context) { _ = route.Handler(ctx{c}) })
		r.GET(route.Path, handlers...)
		r.POST(route.Path, handlers...)
	}
	return func(req *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
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

// ctx is what a handler of the table sees of a Gin request.
type ctx struct{ c *gin.Context }

func (x ctx) Auth(opts ...core.AuthOption) *core.Auth { return ginclerk.Auth(x.c, opts...) }

func (x ctx) State() *core.State { return ginclerk.State(x.c) }

func (x ctx) Require(opts ...core.ProtectOption) (stop bool, err error) {
	return !ginclerk.Require(x.c, opts...), nil
}

func (x ctx) RedirectToSignIn(opts ...core.RedirectOption) error {
	ginclerk.RedirectToSignIn(x.c, opts...)
	return nil
}

func (x ctx) RedirectToSignUp(opts ...core.RedirectOption) error {
	ginclerk.RedirectToSignUp(x.c, opts...)
	return nil
}

func (x ctx) Text(body string) error {
	x.c.String(http.StatusOK, "%s", body)
	return nil
}

func (x ctx) Redirect(location string) error {
	x.c.Redirect(http.StatusTemporaryRedirect, location)
	return nil
}

func (x ctx) Context() context.Context { return x.c.Request.Context() }
