package mounts

import (
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/fasthttpadapter"
)

// Covered is a handler of the adapter's that refuses every request where Fiber leaves it out for
// some that a route behind it serves. Nothing in the handler can help those, but an application that
// does not work is not put into production. It tells a logger, the default one if nil.
func Covered(logger *slog.Logger, handler fiber.Handler) fiber.Handler {
	var known atomic.Pointer[coverage]
	return func(c fiber.Ctx) error {
		app := c.App()
		k := known.Load()
		if k == nil || k.app != app || k.handlers != app.HandlersCount() {
			k = cover(app)
			known.Store(k)
		}
		if k.lost == "" && len(k.missed) == 0 {
			return handler(c) // As usual.
		}
		c.Locals(coverageKey{}, k)
		if err := k.refuse(c.Route(), logger); err != nil {
			return err
		}
		return handler(c)
	}
}

// coverageKey is the key of what is left out in Fiber's contexts, where something is.
type coverageKey struct{}

// Uncovered is the error of a handler that Fiber leaves out for some requests, behind one of Covered.
func Uncovered(c fiber.Ctx) error {
	if k, ok := c.Locals(coverageKey{}).(*coverage); ok {
		return k.refuse(c.Route(), nil)
	}
	return nil
}

// fault keeps an error's text from clients, to whom Fiber's default error handler would send it.
type fault struct{ cause error }

func (f *fault) Error() string { return fiber.ErrInternalServerError.Message }

func (f *fault) Unwrap() []error { return []error{fiber.ErrInternalServerError, f.cause} }

// coverage is what is left out in an application at some time. Routes may be added later.
type coverage struct {
	app      *fiber.App
	handlers uint32
	missed   map[*fiber.Route]string // the route that serves it, by what is left out
	lost     string                  // the path of one of the adapter's handlers that never runs
	told     sync.Once
}

// refuse returns an error for a route that has no place to be.
func (k *coverage) refuse(r *fiber.Route, logger *slog.Logger) error {
	err := k.problem(r)
	if err == nil {
		return nil
	}
	k.told.Do(func() {
		if logger == nil {
			logger = slog.Default()
		}
		logger.Error("fiber3clerk: request failed", "error", err)
	})
	return &fault{err}
}

// problem says what is wrong with a route's place.
func (k *coverage) problem(r *fiber.Route) error {
	if k.lost != "" {
		return fmt.Errorf("%w: Fiber never runs what a mounted application registers with Use where the mount's path has parameters, "+
			"%s: register guards in front of the mount, in the application that it is mounted in", core.ErrConfiguration, k.lost)
	}
	if route, found := k.missed[r]; found {
		return fmt.Errorf("%w: Fiber leaves a handler out that is registered with Use or Group for %q, and serves the route %q all the same, "+
			`for requests such as GET x, GET ?x and GET //: register it with Use("/*", ...) on the same application or group, or on the route`,
			core.ErrConfiguration, r.Path, route)
	}
	return nil
}

// cover looks at all routes of an application.
func cover(app *fiber.App) *coverage {
	k := &coverage{app: app, handlers: app.HandlersCount(), missed: map[*fiber.Route]string{}}
	strict := app.Config().StrictRouting
	ends := map[*fiber.Handler]bool{} // the first handlers of routes that are no middleware
	for _, r := range app.GetRoutes(true) {
		if len(r.Handlers) > 0 {
			ends[&r.Handlers[0]] = true
		}
	}
	for _, routes := range app.Stack() {
		for i, r := range routes {
			if len(r.Handlers) == 0 || ends[&r.Handlers[0]] {
				continue
			}
			if fasthttpadapter.NeverRuns(r.Path, r.Params) && isCovered(r) {
				k.lost = r.Path
			}
			if !strings.HasSuffix(r.Path, "/") {
				continue
			}
			for _, behind := range routes[i+1:] {
				if fasthttpadapter.Misses(r.Path, behind.Path, strict) {
					k.missed[r] = behind.Path
					break
				}
			}
		}
	}
	return k
}

// isCovered reports whether a route has a handler of Covered, which tells by its source file.
func isCovered(r *fiber.Route) bool {
	_, own, _, _ := runtime.Caller(0)
	return slices.ContainsFunc(r.Handlers, func(handler fiber.Handler) bool {
		f := runtime.FuncForPC(reflect.ValueOf(handler).Pointer())
		if f == nil {
			return false
		}
		file, _ := f.FileLine(f.Entry())
		return file == own
	})
}
