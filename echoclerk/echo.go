package echoclerk

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/core"
)

// What is Echo's own: where it keeps things, how it answers and how it reads paths.

// refuseKey is where Echo's contexts keep the handler of [OnRefuse].
const refuseKey = "github.com/clerkgo/clerkgo/echoclerk.OnRefuse"

// stored looks into the request's context: Echo's own takes texts alone for keys.
func stored(c echo.Context) func(key any) any { return c.Request().Context().Value }

// deliver writes an outcome that ends the request, or returns the error with
// which Echo's error handler writes it.
func deliver(c echo.Context, o core.Outcome) error {
	o.WriteHeaders(c.Response().Header())
	if o.Allowed() {
		return nil
	}
	refusal, isRefusal := o.Refusal()
	f, isShown := c.Get(refuseKey).(func(echo.Context, core.Refusal) error)
	switch {
	case isRefusal && isShown:
		err := f(c, refusal)
		if err == nil && !c.Response().Committed {
			c.Response().WriteHeader(o.Status)
		}
		return err
	case o.IsAbsent():
		return echo.ErrNotFound // Exactly what the router returns for a route that does not exist.
	case o.IsFault():
		return echo.ErrInternalServerError.WithInternal(o.Err)
	}
	return o.WriteHTTP(c.Response())
}

// finish gives the answer for an absent route its headers, and the error of a handler
// that could not ask Clerk, with [CurrentUser] for example, its status. Every other error
// is the application's own.
func finish(c echo.Context, ra *core.RequestAuth, err error) error {
	if err == nil || c.Response().Committed {
		return err
	}
	if own, ok := errors.AsType[*echo.HTTPError](err); ok {
		if own.Code == http.StatusNotFound {
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
	return echo.NewHTTPError(status, http.StatusText(status)).SetInternal(cause)
}

// routePath says how Echo reads the path: the raw path where Go keeps one, the
// decoded one elsewhere. The last parameter of a route takes all that is left, and
// parameters take empty segments too, which no pattern's parameter does.
func routePath(c echo.Context, r *http.Request) core.RoutePath {
	path := echo.GetPath(r)
	p := adapter.HTTPPath(r, path)
	if p.IsTooLong() {
		return p
	}
	if i := strings.IndexAny(r.URL.Path, "?#"); i > 0 {
		// AddTrailingSlash and RemoveTrailingSlash write the decoded path into the
		// address, and the rewrite rules of a proxy read it again.
		p.Mounted = append(p.Mounted, r.URL.Path[:i])
	}
	routed := c
	if c.Path() == "" {
		// In middleware of Pre, no route has been looked for yet.
		routed = c.Echo().AcquireContext()
		defer c.Echo().ReleaseContext(routed)
		routed.Reset(r, nil)
		routerOf(c.Echo(), r.Host).Find(r.Method, path, routed)
	}
	names := routed.ParamNames()
	for i, value := range routed.ParamValues() {
		switch {
		case i >= len(names):
		case names[i] != "*":
			p.Unusual = p.Unusual || value == "" || strings.Contains(value, "/")
		case value != "":
			// The route of Static("/files", dir) is /files*, and takes /filesadmin.
			if mount, found := strings.CutSuffix(path, value); found && !strings.HasSuffix(mount, "/") && value[0] != '/' {
				p.Mounted = append(p.Mounted, mount+"/"+value)
			}
		}
	}
	return p
}

// requests returns the requests whose paths count. Echo routes by the one that it
// passed to the middleware of Pre, whatever that gives the handlers instead: what
// changes paths or methods there behind [Middleware] changes them for handlers alone.
func requests(c echo.Context) []*http.Request {
	r, first := c.Request(), adapter.HTTPRequest(stored(c))
	if first == nil || first.URL == r.URL && first.Method == r.Method {
		return []*http.Request{r}
	}
	return []*http.Request{r, first}
}

// routerOf returns the router of a host, which Echo picks as it does.
func routerOf(e *echo.Echo, host string) *echo.Router {
	if router, ok := e.Routers()[host]; ok {
		return router
	}
	return e.Router()
}
