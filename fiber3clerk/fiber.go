package fiber3clerk

import (
	"errors"
	"net/http"
	"sync"

	"github.com/gofiber/fiber/v3"
	"github.com/valyala/fasthttp"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/fasthttpadapter"
	"github.com/clerkgo/clerkgo/fiber3clerk/internal/mounts"
	"github.com/clerkgo/clerkgo/fiber3clerk/internal/view"
)

// refuseKey is the key of the handler of [OnRefuse] in Fiber's contexts.
type refuseKey struct{}

// stored looks into Fiber's context.
func stored(c fiber.Ctx) func(key any) any {
	return func(key any) any { return c.Locals(key) }
}

// deliver writes an outcome that ends the request, or returns the error with which Fiber's error
// handler writes it.
func deliver(c fiber.Ctx, o core.Outcome) error {
	o.WriteHeaders(header(c))
	if o.Allowed() {
		return nil
	}
	refusal, isRefusal := o.Refusal()
	f, isShown := c.Locals(refuseKey{}).(func(fiber.Ctx, core.Refusal) error)
	switch {
	case isRefusal && isShown:
		return f(c.Status(o.Status), refusal)
	case o.IsAbsent():
		// Exactly what the router returns for a route that does not exist.
		return fiber.ErrNotFound
	case o.IsFault():
		return &failure{fiber.ErrInternalServerError, o.Err}
	}
	o.WriteBodyHeaders(header(c))
	return c.Status(o.Status).SendString(o.Body)
}

// finish gives the answer for an absent route its headers, and the error of a handler that could
// not ask Clerk, with [CurrentUser] for example, its status. It keeps the text of every error of
// package core from clients; others are the application's own.
func finish(c fiber.Ctx, ra *core.RequestAuth, err error) error {
	if err == nil {
		return nil
	}
	var done *answered
	var own *fiber.Error
	var call *core.BackendError
	outcome, ok := ra.Unavailable(err)
	switch {
	case errors.As(err, &done):
		return nil
	case errors.As(err, &own):
		if own.Code == http.StatusNotFound {
			ra.WriteAbsent(header(c))
		}
	case ok:
		return deliver(c, outcome)
	case core.AsError(err) != nil, errors.As(err, &call):
		return &failure{fiber.ErrInternalServerError, err}
	}
	return err
}

// responseHeader is Fiber's header of a response for core.
type responseHeader struct{ *fasthttp.ResponseHeader }

func header(c fiber.Ctx) responseHeader { return responseHeader{&c.Response().Header} }

func (h responseHeader) Values(name string) []string { return fasthttpadapter.Texts(h.PeekAll(name)) }

// hidden keeps the text of an error from clients, to whom Fiber's default error handler would send
// it. Fiber's own errors are made for them.
func hidden(err error) error {
	if _, ok := errors.AsType[*fiber.Error](err); ok {
		return err
	}
	return &failure{fiber.ErrInternalServerError, err}
}

// failure is an error of Fiber's with its cause for logs: Fiber's default error handler sends the
// text of errors to the client.
type failure struct {
	own   *fiber.Error
	cause error
}

func (f *failure) Error() string { return http.StatusText(f.own.Code) }

func (f *failure) Unwrap() []error { return []error{f.own, f.cause} }

// answered tells Middleware that Require has written the response, which Fiber's error handler
// would overwrite.
type answered struct{ failure }

// warnOnce warns once of an application's settings.
type warnOnce struct{ once sync.Once }

func (w *warnOnce) check(c fiber.Ctx, instance *core.Clerk) {
	w.once.Do(func() {
		fasthttpadapter.WarnOfBuffer(instance.Logger(), adapter.Name, c.App().Config().ReadBufferSize)
	})
}

// serveProxy answers the requests for the Frontend API's proxy.
func serveProxy(c fiber.Ctx, r core.Request, instance *core.Clerk) bool {
	if !instance.Proxies(r) {
		return false
	}
	body, length := view.BodyOf(c)
	answer, stream := fasthttpadapter.Proxy(instance, r, body, length)
	answer.WriteHeaders(header(c.Status(answer.Status)))
	if !body.Ended() {
		c.RequestCtx().SetConnectionClose() // What is left must not be taken for the next request.
	}
	if stream != nil {
		c.RequestCtx().SetBodyStream(stream, int(answer.Length))
	}
	return true
}

// routePath says how Fiber reads the path: undecoded unless UnescapePath is set. What is behind a
// wildcard within a segment, and behind Fiber's file servers, reads it in ways of its own.
func routePath(c fiber.Ctx, found *mounts.Mounts) core.RoutePath {
	config := c.App().Config()
	p := fasthttpadapter.RoutePath(c.Path(), config.CaseSensitive, config.StrictRouting)
	if p.IsTooLong() {
		return p
	}
	if config.UnescapePath {
		p.Escaped = string(c.RequestCtx().URI().PathOriginal())
	}
	p.Mounted = found.Readings(p.Mounted, c, c.Path())
	return p
}
