// Package mounts finds what Fiber's file servers open for a path, and what handlers of a wildcard
// read that begins within a segment.
package mounts

import (
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/core/fasthttpadapter"
)

// Mounts finds the handlers of an application that take the prefix of their route off as text. The
// route /files* takes /filesadmin as well, and a file server opens admin for it. Fiber's own file
// server cuts as many bytes off as the path of its route is long, parameters and all.
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
	// static lists how much the file server of the route cuts off: one length for each of the
	// routes that share it, because it knows the one that it served first.
	static []int
}

// Readings appends what handlers may take a path for that cut off their mount's prefix.
func (m *Mounts) Readings(list []string, c fiber.Ctx, path string) []string {
	app := c.App()
	known := m.known.Load()
	if known == nil || known.app != app || known.handlers != app.HandlersCount() {
		known = &mountList{app: app, handlers: app.HandlersCount(), mounts: findMounts(app)}
		m.known.Store(known)
	}
	caseSensitive := app.Config().CaseSensitive
	for _, t := range known.mounts[c.Method()] {
		if t.static == nil {
			if reading, ok := t.Reading(path, caseSensitive); ok {
				list = append(list, reading)
			}
		} else if end, ok := t.Prefix(path, caseSensitive); ok {
			list = t.opened(list, path[:end], path)
			if decoded := string(c.RequestCtx().Path()); decoded != path {
				list = t.opened(list, path[:end], decoded)
			}
		}
	}
	return list
}

// opened appends the files that a file server whose prefix the path begins with may open for it, as
// paths below that prefix.
func (t *mount) opened(list []string, prefix, path string) []string {
	prefix = strings.TrimSuffix(prefix, "/")
	for _, n := range t.static {
		name := path
		if len(path) >= n {
			name = path[n:]
		}
		if opened := prefix + "/" + strings.TrimPrefix(name, "/"); opened != path && !slices.Contains(list, opened) {
			list = append(list, opened)
		}
	}
	return list
}

// findMounts finds the mounts among an application's routes, for each method.
func findMounts(app *fiber.App) map[string][]mount {
	found := map[string][]mount{}
	shared := map[*fiber.Handler][]int{} // by the first handler, which routes share
	for _, routes := range app.Stack() {
		for _, r := range routes {
			if n := cutLength(r.Path); isStatic(r) && !slices.Contains(shared[&r.Handlers[0]], n) {
				shared[&r.Handlers[0]] = append(shared[&r.Handlers[0]], n)
			}
		}
	}
	for m, routes := range app.Stack() {
		method := app.Config().RequestMethods[m]
		for _, r := range routes {
			t := mount{Mount: fasthttpadapter.NewMount(r.Path)}
			if t.HasText() && fasthttpadapter.Wildcard(r.Path) >= 0 {
				found[method] = append(found[method], t)
			}
			if isStatic(r) {
				t.static = shared[&r.Handlers[0]]
				found[method] = append(found[method], t)
			}
		}
	}
	return found
}

// cutLength returns how much of a path Fiber's file server cuts off on a route.
func cutLength(path string) int {
	path, _, _ = strings.Cut(path, "*")
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	return len(path)
}

// isStatic reports whether a route has a file server of Fiber's, perhaps one that its middleware
// skip wraps. Fiber tells no other way what a handler does than by the source file of its function.
func isStatic(r *fiber.Route) bool {
	return slices.ContainsFunc(r.Handlers, func(handler fiber.Handler) bool {
		f := runtime.FuncForPC(reflect.ValueOf(handler).Pointer())
		if f == nil {
			return false
		}
		file, _ := f.FileLine(f.Entry())
		return strings.Contains(file, "gofiber/fiber/v3") &&
			(strings.Contains(file, "/middleware/static/") || strings.Contains(file, "/middleware/skip/"))
	})
}
