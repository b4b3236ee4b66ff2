package adapters

import (
	"net"
	"slices"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func serveFiber3(s site) func(*conn) {
	methods := slices.Clone(fiber.DefaultMethods)
	if !slices.Contains(methods, s.method) {
		methods = append(methods, s.method)
	}
	app := fiber.New(fiber.Config{ReadBufferSize: 64 << 10, RequestMethods: methods})
	app.Use("/*", fiber3clerk.With(s.clerk))
	if s.protect != nil {
		app.Use("/*", fiber3clerk.Protect(s.protect...))
	}
	app.Add([]string{s.method}, "/*", func(c fiber.Ctx) error {
		text, err := body(fiber3clerk.State(c), fiber3clerk.Auth(c))
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderContentType, "application/json")
		return c.Send(text)
	})
	return func(c *conn) {
		var connection net.Conn = c
		if s.tls {
			connection = tlsConn{c}
		}
		app.Handler() // Builds the routes.
		_ = app.Server().ServeConn(connection)
	}
}
