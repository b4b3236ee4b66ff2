package guides

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	fiber3 "github.com/gofiber/fiber/v3"
	"github.com/labstack/echo/v4"
	echo5 "github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
	"github.com/clerkgo/clerkgo/echoclerk"
	"github.com/clerkgo/clerkgo/fiber3clerk"
	"github.com/clerkgo/clerkgo/fiberclerk"
	"github.com/clerkgo/clerkgo/ginclerk"
	"github.com/clerkgo/clerkgo/httpclerk"
)

func refuseHTTP(next http.Handler) http.Handler {
	refuse := httpclerk.OnRefuse(func(w http.ResponseWriter, _ *http.Request, refusal core.Refusal) {
		http.Error(w, "This is not for you.", refusal.StatusCode())
	})
	return refuse(next)
}

func refuseGin(r *gin.Engine) {
	r.Use(ginclerk.OnRefuse(func(c *gin.Context, refusal core.Refusal) {
		c.String(refusal.StatusCode(), "This is not for you.")
	}))
}

func refusePagesApart(r *gin.Engine) {
	r.Use(ginclerk.OnRefuse(func(c *gin.Context, refusal core.Refusal) {
		if refusal.IsPage() {
			c.String(refusal.StatusCode(), "This page is not for you.")
			return
		}
		c.JSON(refusal.StatusCode(), gin.H{"error": "This is not for you."})
	}))
}

func refuseEcho(e *echo.Echo) {
	e.Use(echoclerk.OnRefuse(func(c echo.Context, refusal core.Refusal) error {
		return c.String(refusal.StatusCode(), "This is not for you.")
	}))
}

func refuseEcho5(e *echo5.Echo) {
	e.Use(echo5clerk.OnRefuse(func(c *echo5.Context, refusal core.Refusal) error {
		return c.String(refusal.StatusCode(), "This is not for you.")
	}))
}

func refuseFiber(app *fiber.App) {
	app.Use(fiberclerk.OnRefuse(func(c *fiber.Ctx, refusal core.Refusal) error {
		return c.Status(refusal.StatusCode()).SendString("This is not for you.")
	}))
}

func refuseFiber3(app *fiber3.App) {
	app.Use("/*", fiber3clerk.OnRefuse(func(c fiber3.Ctx, refusal core.Refusal) error {
		return c.Status(refusal.StatusCode()).SendString("This is not for you.")
	}))
}
