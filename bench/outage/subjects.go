package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	fiber3 "github.com/gofiber/fiber/v3"
	"github.com/labstack/echo/v4"
	echo5 "github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
	"github.com/clerkgo/clerkgo/echoclerk"
	"github.com/clerkgo/clerkgo/fiber3clerk"
	"github.com/clerkgo/clerkgo/fiberclerk"
	"github.com/clerkgo/clerkgo/ginclerk"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// subject is what is compared: an application with one middleware.
type subject struct {
	name string
	ours bool
	// start starts the application anew, as a process that has just begun.
	start func(ctx context.Context, s *stage) (application, error)
}

// application is a running application.
type application interface {
	// address is host and port.
	address() string
	// later moves its clock on.
	later(d time.Duration) error
	// calls is how many calls to Clerk it has begun.
	calls() (int64, error)
	stop()
}

func subjects() []subject {
	return []subject{
		ours("ginclerk", ginApp),
		ours("echoclerk", echoApp),
		ours("echo5clerk", echo5App),
		ours("fiberclerk", fiberApp),
		ours("fiber3clerk", fiber3App),
		ours("httpclerk", httpApp),
		{name: "@clerk/express", start: startExpress},
		{name: "clerk-sdk-go", start: startSDK},
	}
}

// roads is the transport of an application in this process: it counts the calls,
// leads those to the Frontend API's host to the proxy, and none out of this machine.
type roads struct {
	stage *stage
	base  *http.Transport
	count atomic.Int64
}

func newRoads(s *stage) *roads {
	return &roads{stage: s, base: &http.Transport{MaxIdleConnsPerHost: 100, IdleConnTimeout: 90 * time.Second}}
}

// RoundTrip implements [http.RoundTripper].
func (r *roads) RoundTrip(req *http.Request) (*http.Response, error) {
	r.count.Add(1)
	if req.URL.Host == r.stage.frontendAPI {
		req = req.Clone(req.Context())
		req.URL.Scheme, req.URL.Host = "http", r.stage.proxy.frontend.addr
	}
	if ip := net.ParseIP(req.URL.Hostname()); ip == nil || !ip.IsLoopback() {
		return nil, errors.New("a call to " + req.URL.Host + " would leave this machine")
	}
	return r.base.RoundTrip(req)
}

// inProcess is an application in this process.
type inProcess struct {
	*roads

	addr string
	quit func()
}

func (a *inProcess) address() string           { return a.addr }
func (a *inProcess) later(time.Duration) error { return nil } // Its clock is the instance's.
func (a *inProcess) calls() (int64, error)     { return a.count.Load(), nil }

func (a *inProcess) stop() {
	a.quit()
	a.base.CloseIdleConnections()
}

// server serves on a listener until it is closed.
type server struct {
	serve func(l net.Listener) error
	close func()
}

func (s server) start(ctx context.Context, r *roads) (application, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() { _ = s.serve(l) }() // It ends when it is closed.
	return &inProcess{roads: r, addr: l.Addr().String(), quit: s.close}, nil
}

func handled(h http.Handler) server {
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, ErrorLog: silent}
	return server{serve: s.Serve, close: func() { _ = s.Close() }}
}

// ours is an application with one of our adapters, with default options: what is set
// names the instance, and makes it reachable and silent.
func ours(name string, app func(c *core.Clerk) server) subject {
	return subject{name: name, ours: true, start: func(ctx context.Context, s *stage) (application, error) {
		r := newRoads(s)
		c, err := core.New(core.Options{
			PublishableKey: s.clerk.PublishableKey(),
			SecretKey:      s.clerk.SecretKey(),
			APIURL:         "http://" + s.proxy.backend.addr,
			SignInURL:      pageSignIn,
			HTTPClient:     &http.Client{Transport: r},
			Now:            s.clerk.Clock().Now,
			Logger:         slog.New(slog.DiscardHandler),
			LookupEnv:      func(string) (string, bool) { return "", false },
		})
		if err != nil {
			return nil, err
		}
		return app(c).start(ctx, r)
	}}
}

// page is what a handler answers.
type page struct {
	status  int
	user    string
	unknown bool
}

// open is the public page: it tells one who is signed out from one who could not be
// checked.
func open(auth *core.Auth, state *core.State) page {
	return page{http.StatusOK, auth.UserID, state.Unavailable() != nil}
}

// found is a page behind a guard.
func found(auth *core.Auth) page { return page{http.StatusOK, auth.UserID, false} }

func machine(auth *core.Auth) page { return page{http.StatusOK, auth.Subject, false} }

// current is the page that shows the user.
func current(u *clerk.User, err error) page {
	switch {
	case err != nil:
		return page{status: core.AsError(err).StatusCode()}
	case u == nil:
		return page{status: http.StatusNotFound}
	}
	return page{status: http.StatusOK, user: u.ID}
}

// fields sets the fields of a page.
func (p page) fields(set func(name, value string)) {
	set(headerUser, p.user)
	set(headerUnknown, strconv.FormatBool(p.unknown))
}

func (p page) write(w http.ResponseWriter) {
	p.fields(w.Header().Set)
	w.WriteHeader(p.status)
	_, _ = fmt.Fprintln(w, "a page") // It reaches a client or nobody.
}

var apiKeys = core.AcceptTokens(core.APIKey)

func httpApp(c *core.Clerk) server {
	mux := http.NewServeMux()
	on := func(path string, f func(r *http.Request) page, guards ...func(http.Handler) http.Handler) {
		var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f(r).write(w) })
		for _, guard := range guards {
			h = guard(h)
		}
		mux.Handle("GET "+path, h)
	}
	on(pathPublic+"{$}", func(r *http.Request) page { return open(httpclerk.Auth(r), httpclerk.State(r)) })
	on(pathGuarded, func(r *http.Request) page { return found(httpclerk.Auth(r)) }, httpclerk.Protect())
	on(pathScript, func(r *http.Request) page { return found(httpclerk.Auth(r)) }, httpclerk.Protect())
	on(pathMachine, func(r *http.Request) page { return machine(httpclerk.Auth(r)) }, httpclerk.Protect(apiKeys))
	on(pathUser, func(r *http.Request) page { return current(httpclerk.CurrentUser(r)) }, httpclerk.Protect())
	return handled(httpclerk.With(c)(mux))
}

func ginApp(c *core.Clerk) server {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(ginclerk.With(c))
	show := func(f func(c *gin.Context) page) gin.HandlerFunc {
		return func(c *gin.Context) { f(c).write(c.Writer) }
	}
	r.GET(pathPublic, show(func(c *gin.Context) page { return open(ginclerk.Auth(c), ginclerk.State(c)) }))
	r.GET(pathGuarded, ginclerk.Protect(), show(func(c *gin.Context) page { return found(ginclerk.Auth(c)) }))
	r.GET(pathScript, ginclerk.Protect(), show(func(c *gin.Context) page { return found(ginclerk.Auth(c)) }))
	r.GET(pathMachine, ginclerk.Protect(apiKeys), show(func(c *gin.Context) page { return machine(ginclerk.Auth(c)) }))
	r.GET(pathUser, ginclerk.Protect(), show(func(c *gin.Context) page { return current(ginclerk.CurrentUser(c)) }))
	return handled(r)
}

func echoApp(c *core.Clerk) server {
	e := echo.New()
	e.Use(echoclerk.With(c))
	show := func(f func(c echo.Context) page) echo.HandlerFunc {
		return func(c echo.Context) error {
			f(c).write(c.Response())
			return nil
		}
	}
	e.GET(pathPublic, show(func(c echo.Context) page { return open(echoclerk.Auth(c), echoclerk.State(c)) }))
	e.GET(pathGuarded, show(func(c echo.Context) page { return found(echoclerk.Auth(c)) }), echoclerk.Protect())
	e.GET(pathScript, show(func(c echo.Context) page { return found(echoclerk.Auth(c)) }), echoclerk.Protect())
	e.GET(pathMachine, show(func(c echo.Context) page { return machine(echoclerk.Auth(c)) }), echoclerk.Protect(apiKeys))
	e.GET(pathUser, show(func(c echo.Context) page { return current(echoclerk.CurrentUser(c)) }), echoclerk.Protect())
	return handled(e)
}

func echo5App(c *core.Clerk) server {
	e := echo5.New()
	e.Use(echo5clerk.With(c))
	show := func(f func(c *echo5.Context) page) echo5.HandlerFunc {
		return func(c *echo5.Context) error {
			f(c).write(c.Response())
			return nil
		}
	}
	e.GET(pathPublic, show(func(c *echo5.Context) page { return open(echo5clerk.Auth(c), echo5clerk.State(c)) }))
	e.GET(pathGuarded, show(func(c *echo5.Context) page { return found(echo5clerk.Auth(c)) }), echo5clerk.Protect())
	e.GET(pathScript, show(func(c *echo5.Context) page { return found(echo5clerk.Auth(c)) }), echo5clerk.Protect())
	e.GET(pathMachine, show(func(c *echo5.Context) page { return machine(echo5clerk.Auth(c)) }), echo5clerk.Protect(apiKeys))
	e.GET(pathUser, show(func(c *echo5.Context) page { return current(echo5clerk.CurrentUser(c)) }), echo5clerk.Protect())
	return handled(e)
}

// Clerk's cookies do not fit into Fiber's 4 KiB.
const readBuffer = 16 << 10

func fiberApp(c *core.Clerk) server {
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadBufferSize: readBuffer})
	app.Use(fiberclerk.With(c))
	show := func(f func(c *fiber.Ctx) page) fiber.Handler {
		return func(c *fiber.Ctx) error {
			p := f(c)
			p.fields(c.Set)
			return c.Status(p.status).SendString("a page\n")
		}
	}
	app.Get(pathPublic, show(func(c *fiber.Ctx) page { return open(fiberclerk.Auth(c), fiberclerk.State(c)) }))
	app.Get(pathGuarded, fiberclerk.Protect(), show(func(c *fiber.Ctx) page { return found(fiberclerk.Auth(c)) }))
	app.Get(pathScript, fiberclerk.Protect(), show(func(c *fiber.Ctx) page { return found(fiberclerk.Auth(c)) }))
	app.Get(pathMachine, fiberclerk.Protect(apiKeys), show(func(c *fiber.Ctx) page { return machine(fiberclerk.Auth(c)) }))
	app.Get(pathUser, fiberclerk.Protect(), show(func(c *fiber.Ctx) page { return current(fiberclerk.CurrentUser(c)) }))
	return server{serve: app.Listener, close: func() { _ = app.ShutdownWithTimeout(time.Second) }}
}

func fiber3App(c *core.Clerk) server {
	app := fiber3.New(fiber3.Config{ReadBufferSize: readBuffer})
	app.Use("/*", fiber3clerk.With(c))
	show := func(f func(c fiber3.Ctx) page) fiber3.Handler {
		return func(c fiber3.Ctx) error {
			p := f(c)
			p.fields(c.Set)
			return c.Status(p.status).SendString("a page\n")
		}
	}
	app.Get(pathPublic, show(func(c fiber3.Ctx) page { return open(fiber3clerk.Auth(c), fiber3clerk.State(c)) }))
	app.Get(pathGuarded, fiber3clerk.Protect(), show(func(c fiber3.Ctx) page { return found(fiber3clerk.Auth(c)) }))
	app.Get(pathScript, fiber3clerk.Protect(), show(func(c fiber3.Ctx) page { return found(fiber3clerk.Auth(c)) }))
	app.Get(pathMachine, fiber3clerk.Protect(apiKeys), show(func(c fiber3.Ctx) page { return machine(fiber3clerk.Auth(c)) }))
	app.Get(pathUser, fiber3clerk.Protect(), show(func(c fiber3.Ctx) page { return current(fiber3clerk.CurrentUser(c)) }))
	return server{
		serve: func(l net.Listener) error { return app.Listener(l, fiber3.ListenConfig{DisableStartupMessage: true}) },
		close: func() { _ = app.ShutdownWithTimeout(time.Second) },
	}
}
