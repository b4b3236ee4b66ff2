package fiber3clerk_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/valyala/fasthttp"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func TestAdapter(t *testing.T) { adaptertest.Run(t, newApp) }

func newApp(_ testing.TB, s adaptertest.Setup) adaptertest.App {
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	change := func(f func(adaptertest.RequestHeader)) {
		if f != nil {
			app.Use(func(c fiber.Ctx) error {
				f(header{&c.Request().Header})
				return c.Next()
			})
		}
	}
	change(s.Earlier)
	if s.Written != nil {
		app.Use(func(c fiber.Ctx) error {
			s.Written(written{&c.Response().Header})
			return c.Next()
		})
	}
	for _, clerk := range s.Middleware {
		app.Use("/*", fiber3clerk.With(clerk))
		change(s.Between)
	}
	if s.OnRefuse != nil {
		app.Use("/*", fiber3clerk.OnRefuse(func(c fiber.Ctx, refusal core.Refusal) error {
			status, text := s.OnRefuse(refusal)
			return c.Status(status).SendString(text)
		}))
	}
	for _, guard := range s.Guards {
		app.Use("/*", fiber3clerk.ProtectRoutes(guard.Matcher, guard.Options...))
	}
	return serve(app, s.Routes)
}

// serve adds the table's routes to an application.
func serve(app *fiber.App, routes []adaptertest.Route) adaptertest.App {
	for _, route := range routes {
		handlers := []any{func(c fiber.Ctx) error { return route.Handler(ctx{c}) }}
		if route.Protect != nil {
			handlers = []any{fiber3clerk.Protect(*route.Protect...), handlers[0]}
		}
		app.Get(route.Path, handlers[0], handlers[1:]...)
		app.Post(route.Path, handlers[0], handlers[1:]...)
	}
	return func(req *http.Request) (*http.Response, error) { return app.Test(req, fiber.TestConfig{}) }
}

// header is what a middleware of the table sees of a request's headers.
type header struct{ *fasthttp.RequestHeader }

func (h header) ReadCookies() {
	for range h.Cookies() { // This parses them.
		continue
	}
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
type ctx struct{ c fiber.Ctx }

func (x ctx) Auth(opts ...core.AuthOption) *core.Auth { return fiber3clerk.Auth(x.c, opts...) }

func (x ctx) State() *core.State { return fiber3clerk.State(x.c) }

func (x ctx) Require(opts ...core.ProtectOption) (stop bool, err error) {
	err = fiber3clerk.Require(x.c, opts...)
	return err != nil, err
}

func (x ctx) RedirectToSignIn(opts ...core.RedirectOption) error {
	return fiber3clerk.RedirectToSignIn(x.c, opts...)
}

func (x ctx) RedirectToSignUp(opts ...core.RedirectOption) error {
	return fiber3clerk.RedirectToSignUp(x.c, opts...)
}

func (x ctx) Text(body string) error { return x.c.SendString(body) }

func (x ctx) Redirect(location string) error {
	return x.c.Redirect().Status(http.StatusTemporaryRedirect).To(location)
}

func (x ctx) Context() context.Context { return x.c.Context() }
