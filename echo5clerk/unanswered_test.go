package echo5clerk_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
)

func TestHandlersThatCannotAskClerk(t *testing.T) {
	adaptertest.RunUnanswered(t, func(_ testing.TB, clerk *core.Clerk) adaptertest.App {
		e := echo.New()
		e.Use(echo5clerk.With(clerk))
		e.GET("/me", func(c *echo.Context) error {
			_, err := echo5clerk.CurrentUser(c)
			return fmt.Errorf("profile: %w", err)
		})
		e.GET("/own", func(c *echo.Context) error {
			_, err := echo5clerk.CurrentUser(c)
			return echo.NewHTTPError(http.StatusTeapot, "own").Wrap(err)
		})
		e.GET("/shown", func(c *echo.Context) error {
			_, err := echo5clerk.CurrentUser(c)
			return err
		}, echo5clerk.OnRefuse(func(c *echo.Context, refusal core.Refusal) error {
			return c.String(refusal.StatusCode(), adaptertest.Shown)
		}))
		return func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			return w.Result(), nil
		}
	})
}
