package fiberclerk

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/core"
)

// routePath says how Fiber reads the path: undecoded unless UnescapePath is set,
// and with settings for letter case and trailing slashes. A wildcard route
// (/files/*) serves the path without its slash too, whatever the settings, and
// mounts serve more than their segments.
func routePath(c *fiber.Ctx, mounts *mounts) core.RoutePath {
	config := c.App().Config()
	path := c.Path()
	p := core.RoutePath{
		Escaped:              path,
		Router:               []string{path},
		IgnoresCase:          !config.CaseSensitive,
		IgnoresTrailingSlash: !config.StrictRouting,
	}
	if len(path) > core.MaxRoutePath {
		return p
	}
	if config.UnescapePath {
		p.Escaped = string(c.Context().URI().PathOriginal())
	}
	bare := strings.TrimRight(path, "/")
	switch {
	case bare == path:
		p.Wildcard = path + "/"
	case p.IgnoresTrailingSlash && bare != "":
		p.Alias = bare
	}
	p.Mounted = mounts.readings(p.Mounted, c, path)
	return p
}
