package routeproof

import (
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	"github.com/gofiber/fiber/v3/middleware/proxy"
	"github.com/gofiber/fiber/v3/middleware/skip"
	"github.com/gofiber/fiber/v3/middleware/static"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

// fiber3Places are where content comes out on Fiber v3.
func fiber3Places() []place {
	twice := []string{"Twice"}
	fs := []string{"FS"}
	return []place{
		{name: "static at the root", settings: fs, serve: onFiber3(func(p *premises, app *fiber.App) { app.Use(p.static()) })},
		{name: "static of a star", settings: fs, serve: onFiber3(func(p *premises, app *fiber.App) { app.Get("/*", p.static()) })},
		{name: "static of a plus", settings: fs, serve: onFiber3(func(p *premises, app *fiber.App) { app.Get("/+", p.static()) })},
		{name: "static", mount: "/files", settings: fs, serve: onFiber3(func(p *premises, app *fiber.App) {
			app.Use("/files", p.static())
			app.Get("/files/list", func(c fiber.Ctx) error { return c.SendStatus(http.StatusNoContent) })
		})},
		{name: "static of a vault", mount: "/files", vault: true, settings: fs, serve: onFiber3(func(p *premises, app *fiber.App) {
			app.Use("/files", p.static())
		})},
		{name: "static of a wildcard", mount: "/files", settings: fs, serve: onFiber3(func(p *premises, app *fiber.App) {
			app.Get("/files/*", p.static())
		})},
		{name: "static of a wildcard at text", mount: "/files", settings: fs, serve: onFiber3(func(p *premises, app *fiber.App) {
			app.Get("/files*", p.static())
		})},
		{name: "static below a parameter", mount: "/acme/files", pattern: "/:tenant/files", settings: fs, serve: onFiber3(func(p *premises, app *fiber.App) {
			app.Get("/:org/files/*", p.static()) // As long as /acme.
		})},
		{name: "static below two prefixes", mount: "/files", settings: fs, serve: onFiber3(func(p *premises, app *fiber.App) {
			app.Use([]string{"/files", "/documents"}, p.static())
		})},
		{name: "static in a mounted application", mount: "/files", settings: fs, serve: onFiber3(func(p *premises, app *fiber.App) {
			inner := fiber.New()
			inner.Use(p.static())
			app.Use("/files", inner)
		})},
		{name: "static that is skipped", mount: "/files", settings: fs, serve: onFiber3(func(p *premises, app *fiber.App) {
			app.Use("/files", skip.New(p.static(), func(c fiber.Ctx) bool { return c.Query("skip") != "" }))
		})},
		{name: "adaptor of a FileServer", serve: onFiber3(func(p *premises, app *fiber.App) {
			app.Use(adaptor.HTTPHandler(http.FileServer(http.Dir(p.dir()))))
		})},
		{name: "adaptor of StripPrefix", mount: "/files", serve: onFiber3(func(p *premises, app *fiber.App) {
			app.Use("/files", http.StripPrefix("/files", http.FileServer(http.Dir(p.dir()))))
		})},
		{name: "adaptor of StripPrefix at text", mount: "/files", serve: onFiber3(func(p *premises, app *fiber.App) {
			app.All("/files*", http.StripPrefix("/files", http.FileServer(http.Dir(p.dir()))))
		})},
		{name: "a wildcard at text", mount: "/files", serve: onFiber3(func(p *premises, app *fiber.App) {
			app.Get("/files*", func(c fiber.Ctx) error {
				return c.SendFile(strings.TrimPrefix(c.Params("*"), "/"), fiber.SendFile{FS: os.DirFS(p.dir())})
			})
		})},
		{name: "Balancer", settings: twice, serve: onFiber3(func(p *premises, app *fiber.App) {
			app.Use(proxy.Balancer(proxy.Config{Servers: []string{p.upstream().String()}}))
		})},
		{name: "Do", settings: twice, serve: onFiber3(func(p *premises, app *fiber.App) {
			app.All("/*", func(c fiber.Ctx) error { return proxy.Do(c, p.upstream().String()+c.OriginalURL()) })
		})},
		{name: "DomainForward", settings: twice, serve: onFiber3(func(p *premises, app *fiber.App) {
			app.Use(proxy.DomainForward("localhost", p.upstream().String()))
		})},
		{name: "Balancer that cuts its prefix", mount: "/api", settings: twice, serve: onFiber3(func(p *premises, app *fiber.App) {
			app.Use("/api", proxy.Balancer(proxy.Config{
				Servers: []string{p.upstream().String()},
				ModifyRequest: func(c fiber.Ctx) error {
					c.Request().SetRequestURI("/" + strings.TrimPrefix(c.OriginalURL()[min(len(c.OriginalURL()), len("/api")):], "/"))
					return nil
				},
			}))
		})},
		{name: "static in a guarded group", mount: "/files", vault: true, grouped: true, settings: fs, serve: onFiber3(func(p *premises, app *fiber.App) {
			protect := fiber3clerk.Protect()
			app.Group("/files", func(c fiber.Ctx) error {
				if c.Get(modeHeader) == grouped {
					return protect(c)
				}
				return c.Next()
			}).Use(p.static())
		})},
	}
}

func (p *premises) static() fiber.Handler {
	if p.On("FS") {
		return static.New("", static.Config{FS: os.DirFS(p.dir())})
	}
	return static.New(p.dir())
}

// onFiber3 serves what build registers, behind the guards.
func onFiber3(build func(*premises, *fiber.App)) func(*premises, net.Listener) (func() error, error) {
	return func(p *premises, l net.Listener) (func() error, error) {
		app := newFiber3(p.On)
		guards := map[string]fiber.Handler{}
		for mode, m := range p.guard {
			guards[mode] = fiber3clerk.ProtectRoutes(m)
		}
		useFiber3(app, p.On, fiber3clerk.With(p.clerk), fiber3clerk.OnRefuse(func(c fiber.Ctx, refusal core.Refusal) error {
			c.Set(refusedHeader, strconv.Itoa(refusal.StatusCode()))
			return c.SendStatus(refusal.StatusCode())
		}), func(c fiber.Ctx) error {
			if guard, ok := guards[c.Get(modeHeader)]; ok {
				return guard(c)
			}
			return c.Next()
		})
		if err := recovered(func() { build(p, app) }); err != nil {
			return nil, err
		}
		return listen3(app, l), nil
	}
}
