package echoclerk

import (
	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/core"
)

// refuseKey is where Echo's contexts keep the handler for refusals.
const refuseKey = "github.com/clerkgo/clerkgo/echoclerk.OnRefuse"

// OnRefuse shows the refusals of the guards behind it with f instead of the
// default: the error for an absent route for 404, Echo's internal error for 500,
// an empty body for everything else. Headers are set already; f writes status and
// body, or returns an error for Echo's error handler.
func OnRefuse(f func(c echo.Context, refusal core.Refusal) error) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Set(refuseKey, f)
			return next(c)
		}
	}
}

// refuse hands a refusal to the handler of OnRefuse, if there is one.
func refuse(c echo.Context, o core.Outcome) (refused bool, err error) {
	refusal, ok := core.RefusalOf(o)
	if !ok {
		return false, nil
	}
	f, ok := c.Get(refuseKey).(func(echo.Context, core.Refusal) error)
	if !ok {
		return false, nil
	}
	err = f(c, refusal)
	if err == nil && !c.Response().Committed {
		c.Response().WriteHeader(refusal.StatusCode())
	}
	return true, err
}
