// Package mounts finds what Fiber's file servers open for a path, and what handlers of
// a wildcard read that begins within a segment.
package mounts

import (
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/gofiber/fiber/v3"
)

// Mounts finds the handlers of an application that take the prefix of their route off as
// text. The route /files* takes /filesadmin as well, and a file server opens admin for
// it. Fiber's own file server cuts as many bytes off as the path of its route is long,
// parameters and all.
type Mounts struct{ known atomic.Pointer[mountList] }

// mountList are the mounts of an application at some time. Routes may be added
// later, each with another handler.
type mountList struct {
	app      *fiber.App
	handlers uint32
	mounts   map[string][]mount // by method
}

// mount is the path of a route that matches more than whole segments, or has a file
// server.
type mount struct {
	before []string // its segments before the last, as routes spell them
	text   string   // the text at its end, "" for none
	// static lists how much the file server of the route cuts off: one length for each
	// of the routes that share it, because it knows the one that it served first.
	static []int
}

// Readings appends what handlers may take a path for that cut off their mount's
// prefix.
func (m *Mounts) Readings(list []string, c fiber.Ctx, path string) []string {
	app := c.App()
	known := m.known.Load()
	if known == nil || known.app != app || known.handlers != app.HandlersCount() {
		known = &mountList{app: app, handlers: app.HandlersCount(), mounts: findMounts(app)}
		m.known.Store(known)
	}
	caseSensitive := app.Config().CaseSensitive
	found := known.mounts[c.Method()]
	for i := range found {
		t := &found[i]
		pos, ok := t.start(path, caseSensitive)
		switch {
		case !ok:
		case t.static != nil:
			if end := pos + len(t.text); len(path) >= end && same(path[pos:end], t.text, caseSensitive) {
				list = t.opened(list, path[:end], path)
				if decoded := string(c.RequestCtx().Path()); decoded != path {
					list = t.opened(list, path[:end], decoded)
				}
			}
		default:
			if end := t.cut(path, pos, caseSensitive); end > 0 {
				list = append(list, path[:end]+"/"+path[end:])
			}
		}
	}
	return list
}

// start returns where the last segment of a mount begins in the path, ok if the
// segments before it are the mount's.
func (t *mount) start(path string, caseSensitive bool) (pos int, ok bool) {
	for _, segment := range t.before {
		i := strings.IndexByte(path[pos:], '/')
		if i < 0 {
			i = len(path) - pos
		}
		if !isDynamic(segment) && !same(path[pos:pos+i], fiber.RemoveEscapeChar(segment), caseSensitive) {
			return 0, false
		}
		pos = min(pos+i+1, len(path))
	}
	return pos, true
}

// cut returns where the mount's prefix ends within a segment of the path that begins at
// pos, or 0.
func (t *mount) cut(path string, pos int, caseSensitive bool) int {
	end := pos + len(t.text)
	if len(path) <= end || path[end] == '/' || !same(path[pos:end], t.text, caseSensitive) {
		return 0
	}
	return end
}

// opened appends the files that a file server whose prefix the path begins with may
// open for it, as paths below that prefix.
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

func same(a, b string, caseSensitive bool) bool {
	return a == b || !caseSensitive && strings.EqualFold(a, b)
}

// isDynamic reports whether a text of a route stands for other texts.
func isDynamic(text string) bool { return special(text, ":*+") >= 0 }

// special returns where a route's path has the first of some characters that
// stands for itself where a backslash precedes it, or -1.
func special(path, characters string) int {
	for i := 0; i < len(path); i++ {
		switch {
		case path[i] == '\\':
			i++
		case strings.IndexByte(characters, path[i]) >= 0:
			return i
		}
	}
	return -1
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
			wildcard := special(r.Path, "*+")
			prefix := r.Path
			if wildcard >= 0 {
				prefix = prefix[:wildcard]
			}
			segments := strings.Split(prefix, "/")
			last := len(segments) - 1
			t := mount{before: segments[:last]}
			if !isDynamic(segments[last]) { // A parameter takes the whole segment.
				t.text = fiber.RemoveEscapeChar(segments[last])
			}
			if wildcard >= 0 && t.text != "" {
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

// isStatic reports whether a route has a file server of Fiber's, perhaps one that its
// middleware skip wraps. Fiber tells no other way what a handler does than by the
// source file of its function.
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
