package echo5clerk_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
)

func TestAdapter(t *testing.T) { adaptertest.Run(t, newApp) }

func newApp(_ testing.TB, s adaptertest.Setup) adaptertest.App {
	e := echo.New()
	change := func(f func(adaptertest.RequestHeader)) {
		if f != nil {
			e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
				return func(c *echo.Context) error {
					f(header{c.Request()})
					return next(c)
				}
			})
		}
	}
	change(s.Earlier)
	if s.Written != nil {
		e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c *echo.Context) error {
				s.Written(c.Response().Header())
				return next(c)
			}
		})
	}
	for _, clerk := range s.Middleware {
		e.Use(echo5clerk.With(clerk))
		change(s.Between)
	}
	if s.OnRefuse != nil {
		e.Use(echo5clerk.OnRefuse(func(c *echo.Context, refusal core.Refusal) error {
			return c.String(s.OnRefuse(refusal))
		}))
	}
	for _, guard := range s.Guards {
		e.Use(echo5clerk.ProtectRoutes(guard.Matcher, guard.Options...))
	}
	return serve(e, s.Routes)
}

// serve adds the table's routes to an application.
func serve(e *echo.Echo, routes []adaptertest.Route) adaptertest.App {
	for _, route := range routes {
		var guards []echo.MiddlewareFunc
		if route.Protect != nil {
			guards = append(guards, echo5clerk.Protect(*route.Protect...))
		}
		handler := func(c *echo.Context) error { return route.Handler(ctx{c}) }
		e.GET(route.Path, handler, guards...)
		e.POST(route.Path, handler, guards...)
	}
	return func(req *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, req)
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

// ctx is what a handler of the table sees of an Echo request.
type ctx struct{ c *echo.Context }

func (x ctx) Auth(opts ...core.AuthOption) *core.Auth { return echo5clerk.Auth(x.c, opts...) }

func (x ctx) State() *core.State { return echo5clerk.State(x.c) }

func (x ctx) Require(opts ...core.ProtectOption) (stop bool, err error) {
	err = echo5clerk.Require(x.c, opts...)
	return err != nil, err
}

func (x ctx) RedirectToSignIn(opts ...core.RedirectOption) error {
	return echo5clerk.RedirectToSignIn(x.c, opts...)
}

func (x ctx) RedirectToSignUp(opts ...core.RedirectOption) error {
	return echo5clerk.RedirectToSignUp(x.c, opts...)
}

func (x ctx) Text(body string) error { return x.c.String(http.StatusOK, body) }

func (x ctx) Redirect(location string) error {
	return x.c.Redirect(http.StatusTemporaryRedirect, location)
}

func (x ctx) Context() context.Context { return x.c.Request().Context() }
