package routeproof

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/gofiber/fiber/v2/middleware/filesystem"
	"github.com/gofiber/fiber/v2/middleware/proxy"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiberclerk"
)

// fiberPlaces are where content comes out on Fiber.
func fiberPlaces() []place {
	twice := []string{"Twice"}
	return []place{
		{name: "Static at the root", serve: onFiber(func(p *premises, app *fiber.App) { app.Static("/", p.dir()) })},
		{name: "Static", mount: "/files", serve: onFiber(func(p *premises, app *fiber.App) {
			app.Static("/files", p.dir())
			app.Get("/files/list", func(c *fiber.Ctx) error { return c.SendStatus(http.StatusNoContent) })
		})},
		{name: "Static of a vault", mount: "/files", vault: true, serve: onFiber(func(p *premises, app *fiber.App) {
			app.Static("/files", p.dir())
		})},
		{name: "Static of a wildcard", mount: "/files", vault: true, serve: onFiber(func(p *premises, app *fiber.App) {
			app.Static("/files/*", p.dir())
		})},
		{name: "filesystem at the root", serve: onFiber(func(p *premises, app *fiber.App) { app.Use(p.filesystem()) })},
		{name: "filesystem", mount: "/files", serve: onFiber(func(p *premises, app *fiber.App) { app.Use("/files", p.filesystem()) })},
		{name: "filesystem of a vault", mount: "/files", vault: true, serve: onFiber(func(p *premises, app *fiber.App) {
			app.Use("/files", p.filesystem())
		})},
		{name: "adaptor of a FileServer", serve: onFiber(func(p *premises, app *fiber.App) {
			app.Use(adaptor.HTTPHandler(http.FileServer(http.Dir(p.dir()))))
		})},
		{name: "adaptor of StripPrefix", mount: "/files", serve: onFiber(func(p *premises, app *fiber.App) {
			app.Use("/files", adaptor.HTTPHandler(http.StripPrefix("/files", http.FileServer(http.Dir(p.dir())))))
		})},
		{name: "a prefix with a parameter", mount: "/acme/files", pattern: "/:tenant/files", serve: onFiber(func(p *premises, app *fiber.App) {
			app.Use("/:tenant/files", func(c *fiber.Ctx) error {
				_, rest, _ := strings.Cut(c.Path()[1:], "/")
				return filesystem.SendFile(c, http.Dir(p.dir()), "/"+rest[len("files"):])
			})
		})},
		{name: "a wildcard at text", mount: "/files", serve: onFiber(func(p *premises, app *fiber.App) {
			app.Get("/files*", func(c *fiber.Ctx) error { return filesystem.SendFile(c, http.Dir(p.dir()), "/"+c.Params("*")) })
		})},
		{name: "filesystem in a mounted application", mount: "/files", serve: onFiber(func(p *premises, app *fiber.App) {
			inner := fiber.New()
			inner.Use(p.filesystem())
			app.Mount("/files", inner)
		})},
		{name: "Balancer", settings: twice, serve: onFiber(func(p *premises, app *fiber.App) {
			app.Use(proxy.Balancer(proxy.Config{Servers: []string{p.upstream().String()}}))
		})},
		{name: "Do", settings: twice, serve: onFiber(func(p *premises, app *fiber.App) {
			app.All("/*", func(c *fiber.Ctx) error { return proxy.Do(c, p.upstream().String()+c.OriginalURL()) })
		})},
		{name: "DomainForward", settings: twice, serve: onFiber(func(p *premises, app *fiber.App) {
			app.Use(proxy.DomainForward("localhost", p.upstream().String()))
		})},
		{name: "Balancer that cuts its prefix", mount: "/api", settings: twice, serve: onFiber(func(p *premises, app *fiber.App) {
			app.Use("/api", proxy.Balancer(proxy.Config{
				Servers: []string{p.upstream().String()},
				ModifyRequest: func(c *fiber.Ctx) error {
					c.Request().SetRequestURI("/" + strings.TrimPrefix(c.OriginalURL()[min(len(c.OriginalURL()), len("/api")):], "/"))
					return nil
				},
			}))
		})},
		{name: "Static in a guarded group", mount: "/files", vault: true, grouped: true, serve: onFiber(func(p *premises, app *fiber.App) {
			protect := fiberclerk.Protect()
			app.Group("/files", func(c *fiber.Ctx) error {
				if c.Get(modeHeader) == grouped {
					return protect(c)
				}
				return c.Next()
			}).Static("/", p.dir())
		})},
	}
}

func (p *premises) filesystem() fiber.Handler {
	return filesystem.New(filesystem.Config{Root: http.Dir(p.dir())})
}

// onFiber serves what build registers, behind the guards.
func onFiber(build func(*premises, *fiber.App)) func(*premises, net.Listener) (func() error, error) {
	return func(p *premises, l net.Listener) (func() error, error) {
		app := newFiber(p.On)
		guards := map[string]fiber.Handler{}
		for mode, m := range p.guard {
			guards[mode] = fiberclerk.ProtectRoutes(m)
		}
		app.Use(fiberclerk.With(p.clerk), fiberclerk.OnRefuse(func(c *fiber.Ctx, refusal core.Refusal) error {
			c.Set(refusedHeader, strconv.Itoa(refusal.StatusCode()))
			return c.SendStatus(refusal.StatusCode())
		}), func(c *fiber.Ctx) error {
			if guard, ok := guards[c.Get(modeHeader)]; ok {
				return guard(c)
			}
			return c.Next()
		})
		if err := recovered(func() { build(p, app) }); err != nil {
			return nil, err
		}
		return listen(app, l), nil
	}
}
