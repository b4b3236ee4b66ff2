package fiberclerk

import (
	"sync"

	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/core"
)

// enoughBuffer holds a browser's headers with both spellings of Clerk's session
// cookie, whose tokens have no more than 4 KiB together as a rule. Fiber's default
// is half of it.
const enoughBuffer = 8 << 10

// warnOnce says once that Fiber's buffer is too small: applications would see it
// only in production, with the users whose cookies are large.
type warnOnce struct{ once sync.Once }

func (w *warnOnce) check(c *fiber.Ctx, instance *core.Clerk) {
	w.once.Do(func() {
		if size := c.App().Config().ReadBufferSize; size < enoughBuffer {
			instance.Logger().Warn("fiberclerk: Fiber answers requests whose headers do not fit its read buffer with 431, "+
				"and Clerk's cookies can be that large: set fiber.Config{ReadBufferSize: 16 << 10}", "ReadBufferSize", size)
		}
	})
}
