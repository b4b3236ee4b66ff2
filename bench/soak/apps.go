package main

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	fiber3 "github.com/gofiber/fiber/v3"
	"github.com/labstack/echo/v4"
	echo5 "github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/echo5clerk"
	"github.com/clerkgo/clerkgo/echoclerk"
	"github.com/clerkgo/clerkgo/fiber3clerk"
	"github.com/clerkgo/clerkgo/fiberclerk"
	"github.com/clerkgo/clerkgo/ginclerk"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// The routes of every application. What is under tenant is served by MiddlewareFunc.
const (
	pathOpen    = "/"
	pathGuarded = "/dashboard"
	pathMachine = "/machine"
	pathTenant  = "/tenant"
	pathWebhook = "/webhooks"

	headerTenant = "X-Tenant"
	headerUser   = "X-Found-User"
)

// application is one adapter's: the instance, its webhooks' receiver, and the options
// of its tenants.
type application struct {
	name     string
	clerk    *core.Clerk
	receiver *webhook.Receiver
	tenants  func(name string) (core.Options, error)
}

var machines = core.AcceptTokens(core.APIKey, core.M2MToken)

// frameworks make applications of the six adapters.
var frameworks = []struct {
	name string
	// serve serves a on l until close is called.
	make func(a *application) (serve func(l net.Listener) error, close func())
}{
	{"httpclerk", httpApp},
	{"ginclerk", ginApp},
	{"echoclerk", echoApp},
	{"echo5clerk", echo5App},
	{"fiberclerk", fiberApp},
	{"fiber3clerk", fiber3App},
}

// start serves an application at a free port of loopback.
func start(ctx context.Context, serve func(net.Listener) error) (addr string, err error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() { _ = serve(l) }() // It ends when it is closed.
	return l.Addr().String(), nil
}

func handled(h http.Handler) (func(net.Listener) error, func()) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	return s.Serve, func() { _ = s.Close() }
}

// found is whom a handler has found.
func found(auth *core.Auth) string {
	if auth.UserID != "" {
		return auth.UserID
	}
	return auth.Subject
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

func httpApp(a *application) (func(net.Listener) error, func()) {
	show := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set(headerUser, found(httpclerk.Auth(r))) })
	with := httpclerk.With(a.clerk)
	mux := http.NewServeMux()
	mux.Handle("GET "+pathOpen, with(show))
	mux.Handle("GET "+pathGuarded, with(httpclerk.Protect()(show)))
	mux.Handle("GET "+pathMachine, with(httpclerk.Protect(machines)(show)))
	mux.Handle("GET "+pathTenant, httpclerk.MiddlewareFunc(func(r *http.Request) (core.Options, error) {
		return a.tenants(r.Header.Get(headerTenant))
	}, core.Options{Logger: silent()})(httpclerk.Protect()(show)))
	mux.Handle("POST "+pathWebhook, httpclerk.Webhook(a.receiver, func(http.ResponseWriter, *http.Request, *webhook.Event) error { return nil }))
	return handled(mux)
}

func ginApp(a *application) (func(net.Listener) error, func()) {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	show := func(c *gin.Context) { c.Header(headerUser, found(ginclerk.Auth(c))) }
	with := ginclerk.With(a.clerk)
	r.GET(pathOpen, with, show)
	r.GET(pathGuarded, with, ginclerk.Protect(), show)
	r.GET(pathMachine, with, ginclerk.Protect(machines), show)
	r.GET(pathTenant, ginclerk.MiddlewareFunc(func(c *gin.Context) (core.Options, error) {
		return a.tenants(c.GetHeader(headerTenant))
	}, core.Options{Logger: silent()}), ginclerk.Protect(), show)
	r.POST(pathWebhook, ginclerk.Webhook(a.receiver, func(*gin.Context, *webhook.Event) error { return nil }))
	return handled(r)
}

func echoApp(a *application) (func(net.Listener) error, func()) {
	e := echo.New()
	show := func(c echo.Context) error {
		c.Response().Header().Set(headerUser, found(echoclerk.Auth(c)))
		return c.NoContent(http.StatusOK)
	}
	with := echoclerk.With(a.clerk)
	e.GET(pathOpen, show, with)
	e.GET(pathGuarded, show, with, echoclerk.Protect())
	e.GET(pathMachine, show, with, echoclerk.Protect(machines))
	e.GET(pathTenant, show, echoclerk.MiddlewareFunc(func(c echo.Context) (core.Options, error) {
		return a.tenants(c.Request().Header.Get(headerTenant))
	}, core.Options{Logger: silent()}), echoclerk.Protect())
	e.POST(pathWebhook, echoclerk.Webhook(a.receiver, func(echo.Context, *webhook.Event) error { return nil }))
	return handled(e)
}

func echo5App(a *application) (func(net.Listener) error, func()) {
	e := echo5.New()
	show := func(c *echo5.Context) error {
		c.Response().Header().Set(headerUser, found(echo5clerk.Auth(c)))
		return c.NoContent(http.StatusOK)
	}
	with := echo5clerk.With(a.clerk)
	e.GET(pathOpen, show, with)
	e.GET(pathGuarded, show, with, echo5clerk.Protect())
	e.GET(pathMachine, show, with, echo5clerk.Protect(machines))
	e.GET(pathTenant, show, echo5clerk.MiddlewareFunc(func(c *echo5.Context) (core.Options, error) {
		return a.tenants(c.Request().Header.Get(headerTenant))
	}, core.Options{Logger: silent()}), echo5clerk.Protect())
	e.POST(pathWebhook, echo5clerk.Webhook(a.receiver, func(*echo5.Context, *webhook.Event) error { return nil }))
	return handled(e)
}

// Clerk's cookies do not fit into Fiber's 4 KiB.
const readBuffer = 16 << 10

func fiberApp(a *application) (func(net.Listener) error, func()) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadBufferSize: readBuffer})
	show := func(c *fiber.Ctx) error {
		c.Set(headerUser, found(fiberclerk.Auth(c)))
		return nil
	}
	with := fiberclerk.With(a.clerk)
	app.Get(pathOpen, with, show)
	app.Get(pathGuarded, with, fiberclerk.Protect(), show)
	app.Get(pathMachine, with, fiberclerk.Protect(machines), show)
	app.Get(pathTenant, fiberclerk.MiddlewareFunc(func(c *fiber.Ctx) (core.Options, error) {
		return a.tenants(c.Get(headerTenant))
	}, core.Options{Logger: silent()}), fiberclerk.Protect(), show)
	app.Post(pathWebhook, fiberclerk.Webhook(a.receiver, func(*fiber.Ctx, *webhook.Event) error { return nil }))
	return app.Listener, func() { _ = app.ShutdownWithTimeout(time.Second) }
}

func fiber3App(a *application) (func(net.Listener) error, func()) {
	app := fiber3.New(fiber3.Config{ReadBufferSize: readBuffer})
	show := func(c fiber3.Ctx) error {
		c.Set(headerUser, found(fiber3clerk.Auth(c)))
		return nil
	}
	with := fiber3clerk.With(a.clerk)
	app.Get(pathOpen, with, show)
	app.Get(pathGuarded, with, fiber3clerk.Protect(), show)
	app.Get(pathMachine, with, fiber3clerk.Protect(machines), show)
	app.Get(pathTenant, fiber3clerk.MiddlewareFunc(func(c fiber3.Ctx) (core.Options, error) {
		return a.tenants(c.Get(headerTenant))
	}, core.Options{Logger: silent()}), fiber3clerk.Protect(), show)
	app.Post(pathWebhook, fiber3clerk.Webhook(a.receiver, func(fiber3.Ctx, *webhook.Event) error { return nil }))
	return func(l net.Listener) error { return app.Listener(l, fiber3.ListenConfig{DisableStartupMessage: true}) },
		func() { _ = app.ShutdownWithTimeout(time.Second) }
}
