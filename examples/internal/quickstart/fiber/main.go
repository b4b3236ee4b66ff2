package main

import (
	"log"

	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiberclerk"
)

func main() {
	log.Fatal(newApp().Listen("localhost:8080")) // keys from the environment
}

func newApp(options ...core.Options) *fiber.App {
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10}) // Clerk's cookies outgrow Fiber's 4 KiB
	app.Use(fiberclerk.Middleware(options...))
	app.Get("/", func(c *fiber.Ctx) error { // open to everybody
		auth := fiberclerk.Auth(c)
		return c.JSON(fiber.Map{"signedIn": auth.IsAuthenticated(), "user": auth.UserID})
	})
	hello := func(c *fiber.Ctx) error { return c.SendString("Hello, " + fiberclerk.Auth(c).UserID) }
	app.Get("/dashboard", fiberclerk.Protect(), hello)
	app.Get("/admin", fiberclerk.Protect(core.Role("org:admin")), hello)
	return app
}
