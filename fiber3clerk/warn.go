package fiber3clerk

import (
	"strings"
	"sync"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/fast"
)

// warnOnce warns once of an application's settings.
type warnOnce struct{ once sync.Once }

func (w *warnOnce) check(c fiber.Ctx, instance *core.Clerk) {
	w.once.Do(func() {
		fast.WarnOfBuffer(instance.Logger(), adapter.Name, c.App().Config().ReadBufferSize)
		if route, found := behindEverySlash(c); found && c.Route().Path == "/" {
			instance.Logger().Warn("fiber3clerk: Fiber leaves this middleware out for the path //, which a route serves: "+
				`register it, and guards, with app.Use("/*", ...), or set fiber.Config{StrictRouting: true}`, "route", route)
		}
	})
}

// behindEverySlash finds a route that serves // without the middleware of app.Use: Fiber takes
// every slash at the end off a path, and then nothing is left of it.
func behindEverySlash(c fiber.Ctx) (path string, found bool) {
	if c.App().Config().StrictRouting {
		return "", false
	}
	for _, routes := range c.App().Stack() {
		for _, r := range routes {
			if r.Path == "/*" || strings.HasPrefix(r.Path, "/:") && strings.HasSuffix(r.Path, "?") {
				return r.Path, true
			}
		}
	}
	return "", false
}
