package echoclerk_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echoclerk"
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

	r := echo.New()
	r.Use(echoclerk.Middleware(fake.Options())) // Without options, the keys come from the environment.
	r.GET("/", func(c echo.Context) error {
		return c.String(http.StatusOK, fmt.Sprintf("signed in: %t", echoclerk.Auth(c).IsAuthenticated()))
	})
	r.GET("/dashboard", func(c echo.Context) error { return c.String(http.StatusOK, echoclerk.Auth(c).UserID) }, echoclerk.Protect())
	admin := r.Group("/admin", echoclerk.Protect(core.Role("org:admin")))
	admin.GET("/members", func(c echo.Context) error { return c.String(http.StatusOK, "members") })

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
	// nobody /dashboard 404 {"message":"Not Found"}
	// Bob /dashboard 200 user_bob
	// Bob /admin/members 404 {"message":"Not Found"}
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

	r := echo.New()
	r.Use(echoclerk.Middleware(apiOptions(fake)))
	r.GET("/reports", func(c echo.Context) error {
		if err := echoclerk.Require(c, core.Role("org:admin")); err != nil {
			return err
		}
		return c.String(http.StatusOK, "reports")
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

	r := echo.New()
	r.Use(echoclerk.Middleware(apiOptions(fake)))
	r.Use(echoclerk.ProtectRoutes(isPublic.Not()))
	r.GET("/blog/:id", func(c echo.Context) error { return c.String(http.StatusOK, "a post") })
	r.GET("/account", func(c echo.Context) error { return c.String(http.StatusOK, "an account") })

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

	r := echo.New()
	r.Use(echoclerk.Middleware(apiOptions(fake)))
	r.Use(echoclerk.OnRefuse(func(c echo.Context, refusal core.Refusal) error {
		return c.String(refusal.StatusCode(), fmt.Sprintf("please sign in (%s)", refusal.Reason()))
	}))
	r.GET("/dashboard", func(c echo.Context) error { return c.String(http.StatusOK, echoclerk.Auth(c).UserID) }, echoclerk.Protect())

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
func visitExample(r http.Handler, path, token string) string {
	req := httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, http.NoBody)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	resp := w.Result()
	defer func() { _ = resp.Body.Close() }() // It is in memory.
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(strconv.Itoa(resp.StatusCode) + " " + string(text))
}
