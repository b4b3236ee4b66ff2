package fasthttpadapter

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/clerkgo/clerkgo/core"
)

// Route is what [Cover] has to know of a route of Fiber's.
type Route struct {
	Path   string
	Params []string
	// Use says that it is middleware, and leaves out what the router leaves out for it.
	Use bool
	// Own says that a handler of the adapter's is among its handlers.
	Own bool
}

// Coverage is what the router of an application leaves out. R are pointers to its routes.
type Coverage[R comparable] struct {
	missed map[R]miss
	lost   string // the path of one of the adapter's handlers that never runs
	told   sync.Once
}

// miss is the path of what is left out, and of the route that serves all the same.
type miss struct{ use, route string }

// Cover looks at all routes of an application, as they stand in its stacks.
func Cover[R comparable](stacks [][]R, strict bool, view func(R) Route) *Coverage[R] {
	c := &Coverage[R]{missed: map[R]miss{}}
	for _, stack := range stacks {
		routes := make([]Route, len(stack))
		for i, r := range stack {
			routes[i] = view(r)
		}
		for i, route := range routes {
			if !route.Use {
				continue
			}
			if NeverRuns(route.Path, route.Params) && route.Own {
				c.lost = route.Path
			}
			if !strings.HasSuffix(route.Path, "/") {
				continue
			}
			for _, behind := range routes[i+1:] {
				if Misses(route.Path, behind.Path, strict) {
					c.missed[stack[i]] = miss{route.Path, behind.Path}
					break
				}
			}
		}
	}
	return c
}

// IsComplete reports whether nothing is left out.
func (c *Coverage[R]) IsComplete() bool { return c.lost == "" && len(c.missed) == 0 }

// Refuse returns an error for the route of a handler of the adapter's that is left out for some
// requests, and logs it once, with the adapter's name; a nil logger is the default one.
func (c *Coverage[R]) Refuse(r R, adapter string, logger *slog.Logger) error {
	err := c.problem(r)
	if err == nil {
		return nil
	}
	c.told.Do(func() {
		if logger == nil {
			logger = slog.Default()
		}
		logger.Error(adapter+": request failed", "error", err)
	})
	return err
}

func (c *Coverage[R]) problem(r R) error {
	if c.lost != "" {
		return fmt.Errorf("%w: Fiber never runs what a mounted application registers with Use where the mount's path has parameters, "+
			"%s: register guards in front of the mount, in the application that it is mounted in", core.ErrConfiguration, c.lost)
	}
	if m, found := c.missed[r]; found {
		return fmt.Errorf("%w: Fiber leaves a handler out that is registered with Use or Group for %q, and serves the route %q all the same, "+
			`for requests such as GET ?x, GET // or, with Fiber v3, GET x: register it with Use("/*", ...) on the same application or group, or on the route`,
			core.ErrConfiguration, m.use, m.route)
	}
	return nil
}
