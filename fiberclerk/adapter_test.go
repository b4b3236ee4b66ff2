package fiberclerk_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiberclerk"
)

func TestAdapter(t *testing.T) { adaptertest.Run(t, newApp) }

func newApp(_ testing.TB, s adaptertest.Setup) adaptertest.App {
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10, DisableStartupMessage: true})
	change := func(f func(adaptertest.RequestHeader)) {
		if f != nil {
			app.Use(func(c *fiber.Ctx) error {
				f(header{&c.Request().Header})
				return c.Next()
			})
		}
	}
	change(s.Earlier)
	if s.Written != nil {
		app.Use(func(c *fiber.Ctx) error {
			s.Written(written{&c.Response().Header})
			return c.Next()
		})
	}
	for _, clerk := range s.Middleware {
		app.Use(fiberclerk.With(clerk))
		change(s.Between)
	}
	if s.OnRefuse != nil {
		app.Use(fiberclerk.OnRefuse(func(c *fiber.Ctx, refusal core.Refusal) error {
			status, text := s.OnRefuse(refusal)
			return c.Status(status).SendString(text)
		}))
	}
	for _, guard := range s.Guards {
		app.Use(fiberclerk.ProtectRoutes(guard.Matcher, guard.Options...))
	}
	return serve(app, s.Routes)
}

// serve adds the table's routes to an application.
func serve(app *fiber.App, routes []adaptertest.Route) adaptertest.App {
	for _, route := range routes {
		var handlers []fiber.Handler
		if route.Protect != nil {
			handlers = append(handlers, fiberclerk.Protect(*route.Protect...))
		}
		handlers = append(handlers, func(c *fiber.Ctx) error { return route.Handler(ctx{c}) })
		app.Get(route.Path, handlers...)
		app.Post(route.Path, handlers...)
	}
	return func(req *http.Request) (*http.Response, error) { return app.Test(req, -1) }
}

// header is what a middleware of the table sees of a request's headers.
type header struct{ *fasthttp.RequestHeader }

func (h header) ReadCookies() {
	h.VisitAllCookie(func(_, _ []byte) {}) //nolint:staticcheck // Cookies needs a newer fasthttp than Fiber v2 does.
}

func (h header) Keep(name, value string) {
	h.DisableNormalizing()
	h.Add(name, value)
	h.EnableNormalizing()
}

// written is what a middleware of the table sees of a response's headers.
type written struct{ *fasthttp.ResponseHeader }

func (w written) Values(name string) (values []string) {
	for _, value := range w.PeekAll(name) {
		values = append(values, string(value))
	}
	return values
}

// ctx is what a handler of the table sees of a Fiber request.
type ctx struct{ c *fiber.Ctx }

func (x ctx) Auth(opts ...core.AuthOption) *core.Auth { return fiberclerk.Auth(x.c, opts...) }

func (x ctx) State() *core.State { return fiberclerk.State(x.c) }

func (x ctx) Require(opts ...core.ProtectOption) (stop bool, err error) {
	err = fiberclerk.Require(x.c, opts...)
	return err != nil, err
}

func (x ctx) RedirectToSignIn(opts ...core.RedirectOption) error {
	return fiberclerk.RedirectToSignIn(x.c, opts...)
}

func (x ctx) RedirectToSignUp(opts ...core.RedirectOption) error {
	return fiberclerk.RedirectToSignUp(x.c, opts...)
}

func (x ctx) Text(body string) error { return x.c.SendString(body) }

func (x ctx) Redirect(location string) error {
	return x.c.Redirect(location, http.StatusTemporaryRedirect)
}

func (x ctx) Context() context.Context { return x.c.UserContext() }
