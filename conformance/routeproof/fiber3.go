package routeproof

import (
	"net"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

// fiber3Framework is Fiber v3.
func fiber3Framework() framework {
	return framework{
		name:     "fiber3",
		settings: []string{"CaseSensitive", "StrictRouting", "UnescapePath", "UseSlash", "UseNothing"},
		serve:    (*site).serveFiber3,
		places:   fiber3Places(),
	}
}

// newFiber3 makes an application with settings.
func newFiber3(on func(setting string) bool) *fiber.App {
	return fiber.New(fiber.Config{
		CaseSensitive:  on("CaseSensitive"),
		StrictRouting:  on("StrictRouting"),
		UnescapePath:   on("UnescapePath"),
		ReadBufferSize: 16 << 10,
	})
}

// useFiber3 registers handlers for everything, in one of the ways that applications do.
func useFiber3(app *fiber.App, on func(setting string) bool, handlers ...any) {
	switch {
	case on("UseSlash"):
		app.Use(append([]any{"/"}, handlers...)...)
	case on("UseNothing"):
		app.Use(handlers...)
	default:
		app.Use(append([]any{"/*"}, handlers...)...)
	}
}

// serveFiber3 serves a table's application on Fiber v3.
func (s *site) serveFiber3(l net.Listener) (func() error, error) {
	app := newFiber3(s.On)
	guards := map[string]fiber.Handler{}
	for name, m := range s.matchers {
		guards[name] = fiber3clerk.ProtectRoutes(m)
	}
	useFiber3(app, s.On, fiber3clerk.With(s.clerk), fiber3clerk.OnRefuse(func(c fiber.Ctx, refusal core.Refusal) error {
		c.Set(refusedHeader, strconv.Itoa(refusal.StatusCode()))
		return c.SendStatus(refusal.StatusCode())
	}), func(c fiber.Ctx) error {
		if guard, ok := guards[c.Get(modeHeader)]; ok {
			return guard(c)
		}
		return c.Next()
	})
	err := recovered(func() {
		for i, r := range s.Routes {
			handler := func(c fiber.Ctx) error {
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
				app.Use(group, mounted)
			default:
				app.Get(r.Path, handler)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return listen3(app, l), nil
}

// listen3 serves an application.
func listen3(app *fiber.App, l net.Listener) (stop func() error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = app.Listener(l, fiber.ListenConfig{DisableStartupMessage: true}) // It ends when the listener does.
	}()
	return func() error {
		err := l.Close()
		<-done
		return err
	}
}
