package adapters

import (
	"io"
	"log"
	"net"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/echoclerk"
	"github.com/clerkgo/clerkgo/fiberclerk"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

func serveGin(s site) func(*conn) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	handlers := []gin.HandlerFunc{ginclerk.With(s.clerk)}
	if s.protect != nil {
		handlers = append(handlers, ginclerk.Protect(s.protect...))
	}
	handlers = append(handlers, func(c *gin.Context) {
		text, err := body(ginclerk.State(c), ginclerk.Auth(c))
		if err != nil {
			c.AbortWithStatus(http.StatusInternalServerError)
			return
		}
		c.Data(http.StatusOK, "application/json", text)
	})
	engine.Handle(s.method, "/*path", handlers...)
	return serveHTTP(engine, s.tls)
}

func serveEcho(s site) func(*conn) {
	app := echo.New()
	app.Logger.SetOutput(io.Discard)
	middleware := []echo.MiddlewareFunc{}
	if s.protect != nil {
		middleware = append(middleware, echoclerk.Protect(s.protect...))
	}
	app.Use(echoclerk.With(s.clerk))
	app.Add(s.method, "/*", func(c echo.Context) error {
		text, err := body(echoclerk.State(c), echoclerk.Auth(c))
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "application/json", text)
	}, middleware...)
	return serveHTTP(app, s.tls)
}

func serveFiber(s site) func(*conn) {
	methods := slices.Clone(fiber.DefaultMethods)
	if !slices.Contains(methods, s.method) {
		methods = append(methods, s.method)
	}
	app := fiber.New(fiber.Config{ReadBufferSize: 64 << 10, DisableStartupMessage: true, RequestMethods: methods})
	app.Use(fiberclerk.With(s.clerk))
	var handlers []fiber.Handler
	if s.protect != nil {
		handlers = append(handlers, fiberclerk.Protect(s.protect...))
	}
	handlers = append(handlers, func(c *fiber.Ctx) error {
		text, err := body(fiberclerk.State(c), fiberclerk.Auth(c))
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderContentType, "application/json")
		return c.Send(text)
	})
	app.Add(s.method, "/*", handlers...)
	return func(c *conn) {
		var connection net.Conn = c
		if s.tls {
			connection = tlsConn{c}
		}
		app.Handler() // Builds the routes.
		_ = app.Server().ServeConn(connection)
	}
}
