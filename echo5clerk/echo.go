package echo5clerk

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/core"
)

// What is Echo's own: where it keeps things, how it answers and how it reads paths.

// refuseKey is where Echo's contexts keep the handler of [OnRefuse].
const refuseKey = "github.com/clerkgo/clerkgo/echo5clerk.OnRefuse"

// stored looks into the request's context: Echo's own takes texts alone for keys.
func stored(c *echo.Context) func(key any) any { return c.Request().Context().Value }

// deliver writes an outcome that ends the request, or returns the error with
// which Echo's error handler writes it.
func deliver(c *echo.Context, o core.Outcome) error {
	o.WriteHeaders(c.Response().Header())
	if o.Allowed() {
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

// committed reports whether the response is answered.
func committed(c *echo.Context) bool {
	response, err := echo.UnwrapResponse(c.Response())
	return err == nil && response.Committed
}

// finish gives the answer for an absent route its headers, and the error of a handler
// that could not ask Clerk, with [CurrentUser] for example, its status. Every other error
// is the application's own.
func finish(c *echo.Context, ra *core.RequestAuth, err error) error {
	if err == nil || committed(c) {
		return err
	}
	var own echo.HTTPStatusCoder
	if errors.As(err, &own) && own != echo.HTTPStatusCoder(core.AsError(err)) {
		if own.StatusCode() == http.StatusNotFound {
			ra.WriteAbsent(c.Response().Header())
		}
		return err
	}
	outcome, ok := adapter.Unavailable(err)
	if !ok {
		return err
	}
	outcome.WriteHeaders(c.Response().Header())
	return httpError(outcome.Status, err)
}

func httpError(status int, cause error) error {
	return echo.NewHTTPError(status, http.StatusText(status)).Wrap(cause)
}

// routePath says how Echo reads the path: the raw path where Go keeps one and no setting
// of the router says otherwise, the decoded one elsewhere. The last parameter of a route
// takes all that is left, and parameters take empty segments too, which no pattern's
// parameter does.
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
		switch {
		case value.Name != "*":
			p.Unusual = p.Unusual || value.Value == "" || strings.Contains(value.Value, "/")
		case value.Value != "" && value.Value[0] != '/':
			// The route of Static("/files", dir) is /files*, and takes /filesadmin.
			for _, path := range paths {
				if mount, found := strings.CutSuffix(path, value.Value); found && !strings.HasSuffix(mount, "/") {
					p.Mounted = append(p.Mounted, mount+"/"+value.Value)
				}
			}
		}
	}
	return p
}

// requests returns the requests whose paths count. Echo routes by the one that the
// middleware of Pre leaves. What changes paths or methods in Use behind [Middleware]
// changes them for handlers alone.
func requests(c *echo.Context) []*http.Request {
	r, first := c.Request(), adapter.HTTPRequest(stored(c))
	if c.Path() == "" || first == nil || first.URL == r.URL && first.Method == r.Method {
		return []*http.Request{r}
	}
	return []*http.Request{r, first}
}
