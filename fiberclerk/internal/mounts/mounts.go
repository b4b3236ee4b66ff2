// Package mounts finds what Fiber serves below a prefix that ends within a segment.
package mounts

import (
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/core/fasthttpadapter"
)

// Mounts finds the handlers of an application that take the prefix of their route off as text. For
// Fiber, Static("/files", dir) and Use("/files", handler) serve /filesadmin as well, and a file
// server opens admin for it.
type Mounts struct{ known atomic.Pointer[mountList] }

// mountList are the mounts of an application at some time. Routes may be added later, each with
// another handler.
type mountList struct {
	app      *fiber.App
	handlers uint32
	mounts   map[string][]mount // by method
}

// mount is a route whose handler takes its prefix off as text.
type mount struct {
	fasthttpadapter.Mount
	// everywhere is the path of a route that serves every path, from which it cuts as many bytes as
	// it is long: Fiber's Static("/files/*", dir). Those of the routes that come before it never
	// get there.
	everywhere string
	earlier    []string
}

// Readings appends what handlers may take a path for that cut off their mount's prefix.
func (m *Mounts) Readings(list []string, c *fiber.Ctx, path string) []string {
	app := c.App()
	known := m.known.Load()
	if known == nil || known.app != app || known.handlers != app.HandlersCount() {
		known = &mountList{app: app, handlers: app.HandlersCount(), mounts: findMounts(app)}
		m.known.Store(known)
	}
	for _, t := range known.mounts[c.Method()] {
		if t.everywhere == "" {
			if reading, ok := t.Reading(path, app.Config().CaseSensitive); ok {
				list = append(list, reading)
			}
		} else if !t.isClaimed(app, path) {
			list = append(list, t.shifted(path), t.shifted(string(c.Context().Path())))
		}
	}
	return list
}

// isClaimed reports whether a route that comes before the mount serves the path.
func (t *mount) isClaimed(app *fiber.App, path string) bool {
	config := app.Config()
	if bare := strings.TrimRight(path, "/"); bare != "" && !config.StrictRouting {
		path = bare
	}
	return slices.ContainsFunc(t.earlier, func(route string) bool { return fiber.RoutePatternMatch(path, route, config) })
}

// shifted returns the path with the mount's prefix in the place of its first bytes.
func (t *mount) shifted(path string) string {
	if len(path) < len(t.everywhere) {
		return t.everywhere + path
	}
	return t.everywhere + "/" + strings.TrimPrefix(path[len(t.everywhere):], "/")
}

// findMounts finds the mounts among an application's routes, for each method. What is middleware
// for GET is so for all methods: its group may have no other routes. Another handler of the same
// path may still be a mount.
func findMounts(app *fiber.App) map[string][]mount {
	found := map[string][]mount{}
	passes := map[*fiber.Handler]bool{} // by the first handler, which the routes of all methods share
	methods := app.Config().RequestMethods
	for m, routes := range app.Stack() {
		seen := map[string]bool{}
		for i, r := range routes {
			static := isStatic(r)
			path := mountPath(app, r.Path)
			if !isMount(app, r, routes[i+1:]) {
				if methods[m] == fiber.MethodGet && flag(r, "use") && len(r.Handlers) > 0 {
					passes[&r.Handlers[0]] = true
				}
				continue
			}
			if len(r.Handlers) > 0 && passes[&r.Handlers[0]] {
				continue
			}
			t, key := mount{Mount: fasthttpadapter.NewMount(path)}, path
			if static && flag(r, "star") {
				t, key = mount{everywhere: path, earlier: pathsOf(routes[:i])}, key+"*"
			}
			if (t.HasText() || t.everywhere != "") && !seen[key] {
				seen[key] = true
				found[methods[m]] = append(found[methods[m]], t)
			}
		}
	}
	return found
}

// isMount reports whether a route may be one whose handler answers for everything that starts with
// the route's path. Fiber's file servers and proxies do; another handler of Use is middleware if
// the routes after it have what it guards.
func isMount(app *fiber.App, r *fiber.Route, after []*fiber.Route) bool {
	switch {
	case answers(r):
		return true
	case !flag(r, "use"):
		return fasthttpadapter.Wildcard(r.Path) >= 0 // /files*, which takes /filesadmin too.
	}
	path := mountPath(app, r.Path)
	for _, next := range after {
		if p := mountPath(app, next.Path); p != path && !strings.HasPrefix(p, path+"/") {
			continue
		}
		if !flag(next, "use") || answers(next) {
			return false
		}
	}
	return true
}

// mountPath returns a route's path as the router compares it.
func mountPath(app *fiber.App, path string) string {
	config := app.Config()
	if !config.CaseSensitive {
		path = strings.ToLower(path)
	}
	if !config.StrictRouting {
		path = strings.TrimRight(path, "/")
	}
	return path
}

// pathsOf returns the paths of the routes that are not for prefixes.
func pathsOf(routes []*fiber.Route) []string {
	var paths []string
	for _, r := range routes {
		if !flag(r, "use") {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

// answers reports whether one of a route's handlers is of Fiber's own that answer requests: a file
// server, a proxy, or a handler of net/http.
func answers(r *fiber.Route) bool {
	return isStatic(r) || slices.ContainsFunc(r.Handlers, func(handler fiber.Handler) bool {
		name, file := origin(handler)
		_, middleware, _ := strings.Cut(file, "/middleware/")
		switch kind, _, _ := strings.Cut(middleware, "/"); {
		case !strings.Contains(file, "gofiber/fiber/v2"):
			return false
		case kind == "adaptor":
			return !strings.Contains(name, ".HTTPMiddleware.")
		default:
			return kind == "filesystem" || kind == "proxy"
		}
	})
}

// isStatic reports whether a route is of Fiber's Static.
func isStatic(r *fiber.Route) bool {
	return slices.ContainsFunc(r.Handlers, func(handler fiber.Handler) bool {
		name, _ := origin(handler)
		return strings.HasPrefix(name, "github.com/gofiber/fiber/") && strings.Contains(name, ".registerStatic.")
	})
}

// origin returns the name and the source file of a handler's function, of which only the file tells
// who wrote one that the compiler has inlined elsewhere. Fiber tells no other way what a handler
// does.
func origin(handler fiber.Handler) (name, file string) {
	f := runtime.FuncForPC(reflect.ValueOf(handler).Pointer())
	if f == nil {
		return "", ""
	}
	file, _ = f.FileLine(f.Entry())
	return f.Name(), file
}

// flag reads a flag of a route that Fiber keeps for itself. One that is not there counts as set:
// then more is taken for a mount.
func flag(r *fiber.Route, name string) bool {
	f := reflect.ValueOf(r).Elem().FieldByName(name)
	return f.Kind() != reflect.Bool || f.Bool()
}
