package mounts

import (
	"log/slog"
	"reflect"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/gofiber/fiber/v3"

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
		if k.IsComplete() {
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
	*fasthttpadapter.Coverage[*fiber.Route]
	app      *fiber.App
	handlers uint32
}

// refuse returns an error for a route that has no place to be.
func (k *coverage) refuse(r *fiber.Route, logger *slog.Logger) error {
	if err := k.Refuse(r, "fiber3clerk", logger); err != nil {
		return &fault{err}
	}
	return nil
}

// cover looks at all routes of an application.
func cover(app *fiber.App) *coverage {
	ends := map[*fiber.Handler]bool{} // the first handlers of routes that are no middleware
	for _, r := range app.GetRoutes(true) {
		if len(r.Handlers) > 0 {
			ends[&r.Handlers[0]] = true
		}
	}
	return &coverage{app: app, handlers: app.HandlersCount(), Coverage: fasthttpadapter.Cover(app.Stack(), app.Config().StrictRouting, func(r *fiber.Route) fasthttpadapter.Route {
		return fasthttpadapter.Route{
			Path: r.Path, Params: r.Params, Own: isCovered(r),
			Use: len(r.Handlers) > 0 && !ends[&r.Handlers[0]],
		}
	})}
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
