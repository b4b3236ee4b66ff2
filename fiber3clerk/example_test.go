package fiber3clerk_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

// Every request is authenticated, and routes say whom they are for. To others a guarded route looks
// absent, as in Clerk's other SDKs.
func Example() {
	fake, err := startExample()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()

	r := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	r.Use("/*", fiber3clerk.Middleware(fake.Options())) // Without options, the keys come from the environment.
	r.Get("/", func(c fiber.Ctx) error {
		return c.SendString(fmt.Sprintf("signed in: %t", fiber3clerk.Auth(c).IsAuthenticated()))
	})
	r.Get("/dashboard", fiber3clerk.Protect(), func(c fiber.Ctx) error { return c.SendString(fiber3clerk.Auth(c).UserID) })
	admin := r.Group("/admin", fiber3clerk.Protect(core.Role("org:admin")))
	admin.Get("/members", func(c fiber.Ctx) error { return c.SendString("members") })

	ada, bob := fake.SessionToken("user_ada", clerktest.InOrganization("acme")), fake.SessionToken("user_bob", clerktest.InOrganization("acme"))
	for _, visit := range []struct{ who, token, path string }{
		{who: "nobody", path: "/"},
		{who: "Ada", token: ada, path: "/"},
		{who: "nobody", path: "/dashboard"},
		{who: "Bob", token: bob, path: "/dashboard"},
		{who: "Bob", token: bob, path: "/admin/members"},
		{who: "Ada", token: ada, path: "/admin/members"},
	} {
		fmt.Println(visit.who, visit.path, visitExample(r, visit.path, visit.token))
	}
	// Output:
	// nobody / 200 signed in: false
	// Ada / 200 signed in: true
	// nobody /dashboard 404 Not Found
	// Bob /dashboard 200 user_bob
	// Bob /admin/members 404 Not Found
	// Ada /admin/members 200 members
}

// A handler can ask by itself.
func ExampleRequire() {
	fake, err := startExample()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()

	r := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	r.Use("/*", fiber3clerk.Middleware(apiOptions(fake)))
	r.Get("/reports", func(c fiber.Ctx) error {
		if err := fiber3clerk.Require(c, core.Role("org:admin")); err != nil {
			return err
		}
		return c.SendString("reports")
	})

	for _, token := range []string{"", fake.SessionToken("user_bob", clerktest.InOrganization("acme")), fake.SessionToken("user_ada", clerktest.InOrganization("acme"))} {
		fmt.Println(visitExample(r, "/reports", token))
	}
	// Output:
	// 401
	// 403
	// 200 reports
}

// Groups of routes can be protected by their paths, and all but the public ones.
func ExampleProtectRoutes() {
	fake, err := startExample()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()
	isPublic := core.MustRouteMatcher("/", "/sign-in(.*)", "/blog(.*)")

	r := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	r.Use("/*", fiber3clerk.Middleware(apiOptions(fake)))
	r.Use("/*", fiber3clerk.ProtectRoutes(isPublic.Not()))
	r.Get("/blog/:id", func(c fiber.Ctx) error { return c.SendString("a post") })
	r.Get("/account", func(c fiber.Ctx) error { return c.SendString("an account") })

	for _, path := range []string{"/blog/1", "/account", "/blog/%2e%2e/account"} {
		fmt.Println(path, visitExample(r, path, ""))
	}
	// Output:
	// /blog/1 200 a post
	// /account 401
	// /blog/%2e%2e/account 400
}

// What guards refuse can look as the application wants.
func ExampleOnRefuse() {
	fake, err := startExample()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()

	r := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	r.Use("/*", fiber3clerk.Middleware(apiOptions(fake)))
	r.Use("/*", fiber3clerk.OnRefuse(func(c fiber.Ctx, refusal core.Refusal) error {
		return c.Status(refusal.StatusCode()).SendString(fmt.Sprintf("please sign in (%s)", refusal.Reason()))
	}))
	r.Get("/dashboard", fiber3clerk.Protect(), func(c fiber.Ctx) error { return c.SendString(fiber3clerk.Auth(c).UserID) })

	fmt.Println(visitExample(r, "/dashboard", ""))
	// Output: 401 please sign in (dev-browser-missing)
}

// startExample starts a Clerk instance with an organization, its admin Ada and its member Bob.
func startExample() (*clerktest.Server, error) {
	return clerktest.NewServer(clerktest.Config{
		Users: []clerktest.User{{ID: "user_ada"}, {ID: "user_bob"}},
		Organizations: []clerktest.Organization{{Slug: "acme", Members: []clerktest.Member{
			{UserID: "user_ada", Role: "org:admin"}, {UserID: "user_bob", Role: "org:member"},
		}}},
	})
}

// apiOptions are an instance's, with the answers that clients of an API expect: 401 and 403 in
// place of a hidden route.
func apiOptions(fake *clerktest.Server) core.Options {
	o := fake.Options()
	o.APIStatus = true
	return o
}

// visitExample sends a request, with a session token if there is one, and returns status and text
// of the answer.
func visitExample(r *fiber.App, path, token string) string {
	req := httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, http.NoBody)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := r.Test(req)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }() // It is in memory.
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(strconv.Itoa(resp.StatusCode) + " " + string(text))
}
