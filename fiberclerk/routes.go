package fiberclerk

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/core"
)

// routePath says how Fiber reads the path: undecoded unless UnescapePath is set,
// and with settings for letter case and trailing slashes. A wildcard route
// (/files/*) serves the path without its slash too, whatever the settings.
func routePath(c *fiber.Ctx) core.RoutePath {
	config := c.App().Config()
	path := c.Path()
	p := core.RoutePath{
		Escaped:              path,
		Router:               []string{path},
		IgnoresCase:          !config.CaseSensitive,
		IgnoresTrailingSlash: !config.StrictRouting,
	}
	if config.UnescapePath {
		p.Escaped = string(c.Context().URI().PathOriginal())
	}
	bare := strings.TrimRight(path, "/")
	if p.IgnoresTrailingSlash && bare != "" && bare != path {
		p.Aliases = append(p.Aliases, bare)
	}
	if bare == path {
		p.Aliases = append(p.Aliases, path+"/")
	}
	return p
}
