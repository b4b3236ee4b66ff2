package routeproof

import (
	"net"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiberclerk"
)

// fiberFramework is Fiber.
func fiberFramework() framework {
	return framework{
		name:     "fiber",
		settings: []string{"CaseSensitive", "StrictRouting", "UnescapePath"},
		serve:    (*site).serveFiber,
		places:   fiberPlaces(),
	}
}

// newFiber makes an application with settings.
func newFiber(on func(setting string) bool) *fiber.App {
	return fiber.New(fiber.Config{
		CaseSensitive:         on("CaseSensitive"),
		StrictRouting:         on("StrictRouting"),
		UnescapePath:          on("UnescapePath"),
		ReadBufferSize:        16 << 10,
		DisableStartupMessage: true,
	})
}

// serveFiber serves a table's application on Fiber.
func (s *site) serveFiber(l net.Listener) (func() error, error) {
	app := newFiber(s.On)
	guards := map[string]fiber.Handler{}
	for name, m := range s.matchers {
		guards[name] = fiberclerk.ProtectRoutes(m)
	}
	app.Use(fiberclerk.With(s.clerk), fiberclerk.OnRefuse(func(c *fiber.Ctx, refusal core.Refusal) error {
		c.Set(refusedHeader, strconv.Itoa(refusal.StatusCode()))
		return c.SendStatus(refusal.StatusCode())
	}), func(c *fiber.Ctx) error {
		if guard, ok := guards[c.Get(modeHeader)]; ok {
			return guard(c)
		}
		return c.Next()
	})
	err := recovered(func() {
		for i, r := range s.Routes {
			handler := func(c *fiber.Ctx) error {
				c.Set(routeHeader, strconv.Itoa(i))
				return c.SendStatus(http.StatusOK)
			}
			group, rest := r.split()
			switch {
			case r.Kind == Any:
				app.All(r.Path, handler)
			case r.Kind == Prefix:
				app.Use(r.Path, handler)
			case r.Kind == Grouped && group != "":
				app.Group(group).Get(rest, handler)
			case r.Kind == Mounted && group != "":
				mounted := fiber.New(fiber.Config{CaseSensitive: i%2 == 0, StrictRouting: i%3 == 0})
				mounted.Get(rest, handler)
				app.Mount(group, mounted)
			default:
				app.Get(r.Path, handler)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return listen(app, l), nil
}

// listen serves an application.
func listen(app *fiber.App, l net.Listener) (stop func() error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = app.Listener(l) // It ends when the listener does.
	}()
	return func() error {
		err := l.Close()
		<-done
		return err
	}
}
