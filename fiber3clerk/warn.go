package fiber3clerk

import (
	"strings"
	"sync"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/core"
)

// enoughBuffer holds a browser's headers with both spellings of Clerk's session
// cookie, whose tokens have no more than 4 KiB together as a rule. Fiber's default
// is half of it.
const enoughBuffer = 8 << 10

// warnOnce says once that Fiber's buffer is too small: applications would see it
// only in production, with the users whose cookies are large.
type warnOnce struct{ once sync.Once }

func (w *warnOnce) check(c fiber.Ctx, instance *core.Clerk) {
	w.once.Do(func() {
		if size := c.App().Config().ReadBufferSize; size < enoughBuffer {
			instance.Logger().Warn("fiber3clerk: Fiber answers requests whose headers do not fit its read buffer with 431, "+
				"and Clerk's cookies can be that large: set fiber.Config{ReadBufferSize: 16 << 10}", "ReadBufferSize", size)
		}
		if route, found := behindEverySlash(c); found && c.Route().Path == "/" {
			instance.Logger().Warn("fiber3clerk: Fiber leaves this middleware out for the path //, which a route serves: "+
				`register it, and guards, with app.Use("/*", ...), or set fiber.Config{StrictRouting: true}`, "route", route)
		}
	})
}

// behindEverySlash finds a route that serves // without the middleware of app.Use:
// Fiber takes every slash at the end off a path, and then nothing is left of it.
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
