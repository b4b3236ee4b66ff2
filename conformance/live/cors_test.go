package live_test

import (
	"net/http"
	"testing"

	gincors "github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	fibercors "github.com/gofiber/fiber/v2/middleware/cors"
	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echoclerk"
	"github.com/clerkgo/clerkgo/fiberclerk"
	"github.com/clerkgo/clerkgo/ginclerk"
)

const frontend = "https://app.example"

func corsGin(t *testing.T, clerk *core.Clerk) string {
	t.Helper()
	gin.SetMode(gin.TestMode)
	r := gin.New()
	r.Use(gincors.New(gincors.Config{AllowOrigins: []string{frontend}, AllowMethods: []string{"GET"}, AllowHeaders: []string{"Authorization"}, AllowCredentials: true}))
	r.Use(ginclerk.With(clerk))
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "open") })
	r.GET("/guarded", ginclerk.Protect(), func(c *gin.Context) { c.String(http.StatusOK, "guarded") })
	return serveHTTP(t, r)
}

func corsEcho(t *testing.T, clerk *core.Clerk) string {
	t.Helper()
	e := echo.New()
	e.Use(middleware.CORSWithConfig(middleware.CORSConfig{AllowOrigins: []string{frontend}, AllowMethods: []string{"GET"}, AllowHeaders: []string{"Authorization"}, AllowCredentials: true}))
	e.Use(echoclerk.With(clerk))
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "open") })
	e.GET("/guarded", func(c echo.Context) error { return c.String(http.StatusOK, "guarded") }, echoclerk.Protect())
	return serveHTTP(t, e)
}

func corsFiber(t *testing.T, clerk *core.Clerk) string {
	t.Helper()
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10, DisableStartupMessage: true})
	app.Use(fibercors.New(fibercors.Config{AllowOrigins: frontend, AllowMethods: "GET", AllowHeaders: "Authorization", AllowCredentials: true}))
	app.Use(fiberclerk.With(clerk))
	app.Get("/", func(c *fiber.Ctx) error { return c.SendString("open") })
	app.Get("/guarded", fiberclerk.Protect(), func(c *fiber.Ctx) error { return c.SendString("guarded") })
	return listen(t, app)
}

// TestCORSBeforeClerk has each framework's CORS middleware in front, as the adapters' documentation
// says: it answers preflights, and what it says about who may read an answer is said once.
func TestCORSBeforeClerk(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{Production: true, Users: []clerktest.User{{ID: "user_ada"}}})
	clerk, err := core.New(s.Options())
	if err != nil {
		t.Fatal(err)
	}
	session := s.SessionToken("user_ada")
	renewal := "__clerk_handshake=" + s.HandshakeToken([]string{"__session=" + session + "; Path=/", "__client_uat=1; Path=/"})
	for name, serve := range map[string]func(*testing.T, *core.Clerk) string{"gin": corsGin, "echo": corsEcho, "fiber": corsFiber} {
		t.Run(name, func(t *testing.T) {
			address := "http://" + serve(t, clerk)
			for _, c := range []struct {
				name, method, path string
				headers            map[string]string
				status             int
			}{
				{name: "a preflight of a guarded route", method: "OPTIONS", path: "/guarded", headers: map[string]string{"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}, status: 204},
				{name: "an open route", method: "GET", path: "/", status: 200},
				{name: "a refusal", method: "GET", path: "/guarded", status: 404},
				{name: "a user", method: "GET", path: "/guarded", headers: map[string]string{"Authorization": "Bearer " + session}, status: 200},
				{name: "a redirect", method: "GET", path: "/guarded", headers: map[string]string{"Sec-Fetch-Dest": "document"}, status: 307},
				{name: "a renewed session", method: "GET", path: "/guarded", headers: map[string]string{"Sec-Fetch-Dest": "document", "Cookie": renewal}, status: 200},
			} {
				req, err := http.NewRequestWithContext(t.Context(), c.method, address+c.path, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Origin", frontend)
				for name, value := range c.headers {
					req.Header.Set(name, value)
				}
				resp, err := http.DefaultTransport.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close() // Only the headers count.
				got := [][]string{resp.Header.Values("Access-Control-Allow-Origin"), resp.Header.Values("Access-Control-Allow-Credentials")}
				if diff := cmp.Diff([][]string{{frontend}, {"true"}}, got); diff != "" || resp.StatusCode != c.status {
					t.Errorf("%s: got status %d, want %d, headers (-want +got):\n%s", c.name, resp.StatusCode, c.status, diff)
				}
				for _, once := range []string{"Cache-Control", "Location", "Content-Type", "Vary", "X-Clerk-Auth-Status"} {
					if values := resp.Header.Values(once); len(values) > 1 && once != "Vary" || c.status > 204 && len(values) > 1 {
						t.Errorf("%s: got %s %q, want it once", c.name, once, values)
					}
				}
			}
		})
	}
}
