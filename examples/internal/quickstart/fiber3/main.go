package main

import (
	"log"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func main() {
	log.Fatal(newApp().Listen("localhost:8080")) // keys from the environment
}

func newApp(options ...core.Options) *fiber.App {
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10}) // Clerk's cookies outgrow Fiber's 4 KiB
	app.Use("/*", fiber3clerk.Middleware(options...))
	app.Get("/", func(c fiber.Ctx) error { // open to everybody
		auth := fiber3clerk.Auth(c)
		return c.JSON(fiber.Map{"signedIn": auth.IsAuthenticated(), "user": auth.UserID})
	})
	hello := func(c fiber.Ctx) error { return c.SendString("Hello, " + fiber3clerk.Auth(c).UserID) }
	app.Get("/dashboard", fiber3clerk.Protect(), hello)
	app.Get("/admin", fiber3clerk.Protect(core.Role("org:admin")), hello)
	return app
}
