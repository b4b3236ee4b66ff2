package adapters

import (
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/echo5clerk"
)

func serveEcho5(s site) func(*conn) {
	app := echo.New()
	app.Logger = slog.New(slog.DiscardHandler)
	middleware := []echo.MiddlewareFunc{}
	if s.protect != nil {
		middleware = append(middleware, echo5clerk.Protect(s.protect...))
	}
	app.Use(echo5clerk.With(s.clerk))
	app.Add(s.method, "/*", func(c *echo.Context) error {
		text, err := body(echo5clerk.State(c), echo5clerk.Auth(c))
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "application/json", text)
	}, middleware...)
	return serveHTTP(app, s.tls)
}
