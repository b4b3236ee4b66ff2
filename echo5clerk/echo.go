package echo5clerk

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/core"
)

// refuseKey is where Echo's contexts keep the handler of [OnRefuse].
const refuseKey = "github.com/clerkgo/clerkgo/echo5clerk.OnRefuse"

// stored looks into the request's context: Echo's own takes texts alone for keys.
func stored(c *echo.Context) func(key any) any { return c.Request().Context().Value }

// middleware is Echo's form of what passes a request on to next, or does not.
func middleware(serve func(c *echo.Context, next echo.HandlerFunc) error) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error { return serve(c, next) }
	}
}

// deliver writes an outcome that ends the request, or returns the error with which Echo's error
// handler writes it. Other requests go on to next, where there is one.
func deliver(c *echo.Context, o core.Outcome, next echo.HandlerFunc) error {
	o.WriteHeaders(c.Response().Header())
	switch {
	case o.Allowed() && next != nil:
		return next(c)
	case o.Allowed():
		return nil
	}
	refusal, isRefusal := o.Refusal()
	f, isShown := c.Get(refuseKey).(func(*echo.Context, core.Refusal) error)
	switch {
	case isRefusal && isShown:
		err := f(c, refusal)
		if err == nil && !committed(c) {
			c.Response().WriteHeader(o.Status)
		}
		return err
	case o.IsAbsent():
		return echo.ErrNotFound // Exactly what the router returns for a route that does not exist.
	case o.IsFault():
		return echo.ErrInternalServerError.Wrap(o.Err)
	}
	return o.WriteHTTP(c.Response())
}

// refuse is deliver for handlers, which return its result. Echo's error handler leaves a response
// alone that is answered, and one of the application's own that does not learns nothing to tell.
func refuse(c *echo.Context, o core.Outcome) error {
	if err := deliver(c, o, nil); o.Allowed() || err != nil {
		return err
	}
	return echo.NewHTTPError(o.Status, http.StatusText(o.Status)).Wrap(o.Err)
}

// committed reports whether the response is answered.
func committed(c *echo.Context) bool {
	response, err := echo.UnwrapResponse(c.Response())
	return err == nil && response.Committed
}

// finish gives the answer for an absent route the headers of a guard's, and the error of a handler
// that could not ask Clerk that of a guard. Every other error is the application's own.
func finish(c *echo.Context, ra *core.RequestAuth, err error) error {
	if err == nil || committed(c) {
		return err
	}
	var own echo.HTTPStatusCoder
	isOwn := errors.As(err, &own) && own != echo.HTTPStatusCoder(core.AsError(err))
	outcome, ok := ra.Unavailable(err)
	switch {
	case isOwn && own.StatusCode() == http.StatusNotFound:
		ra.WriteAbsent(c.Response().Header())
	case !isOwn && ok:
		return refuse(c, outcome)
	}
	return err
}

// routePath says how Echo may read the path: raw where Go keeps it so, unless set otherwise.
func routePath(c *echo.Context, r *http.Request) core.RoutePath {
	paths := []string{r.URL.Path}
	if r.URL.RawPath != "" {
		paths = []string{r.URL.RawPath, r.URL.Path}
	}
	p := adapter.HTTPPath(r, paths...)
	if p.IsTooLong() {
		return p
	}
	routed := c
	if c.Path() == "" {
		// In middleware of Pre, no route has been looked for yet.
		routed = c.Echo().AcquireContext()
		defer c.Echo().ReleaseContext(routed)
		routed.Reset(r.WithContext(r.Context()), nil) // A copy: routers write into it.
		c.Echo().Router().Route(routed)
	}
	for _, value := range routed.PathValues() {
		p.Bind(value.Name, value.Value, paths...)
	}
	return p
}
