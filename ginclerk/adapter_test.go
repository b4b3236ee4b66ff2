package ginclerk_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func TestAdapter(t *testing.T) { adaptertest.Run(t, newApp) }

func newApp(_ testing.TB, s adaptertest.Setup) adaptertest.App {
	gin.SetMode(gin.TestMode)
	r := gin.New()
	for _, clerk := range s.Middleware {
		r.Use(ginclerk.With(clerk))
	}
	if s.OnRefuse != nil {
		r.Use(ginclerk.OnRefuse(func(c *gin.Context, refusal core.Refusal) {
			status, text := s.OnRefuse(refusal)
			c.String(status, "%s", text)
		}))
	}
	for _, guard := range s.Guards {
		r.Use(ginclerk.ProtectRoutes(guard.Matcher, guard.Options...))
	}
	return serve(r, s.Routes)
}

// serve adds the table's routes to an application.
func serve(r *gin.Engine, routes []adaptertest.Route) adaptertest.App {
	for _, route := range routes {
		var handlers []gin.HandlerFunc
		if route.Protect != nil {
			handlers = append(handlers, ginclerk.Protect(*route.Protect...))
		}
		handlers = append(handlers, func(c *gin.Context) { _ = route.Handler(ctx{c}) })
		r.GET(route.Path, handlers...)
		r.POST(route.Path, handlers...)
	}
	return func(req *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w.Result(), nil
	}
}

// ctx is what a handler of the table sees of a Gin request.
type ctx struct{ c *gin.Context }

func (x ctx) Auth(opts ...core.AuthOption) *core.Auth { return ginclerk.Auth(x.c, opts...) }

func (x ctx) State() *core.State { return ginclerk.State(x.c) }

func (x ctx) Require(opts ...core.ProtectOption) (stop bool, err error) {
	return !ginclerk.Require(x.c, opts...), nil
}

func (x ctx) RedirectToSignIn(opts ...core.RedirectOption) error {
	ginclerk.RedirectToSignIn(x.c, opts...)
	return nil
}

func (x ctx) RedirectToSignUp(opts ...core.RedirectOption) error {
	ginclerk.RedirectToSignUp(x.c, opts...)
	return nil
}

func (x ctx) Text(body string) error {
	x.c.String(http.StatusOK, "%s", body)
	return nil
}

func (x ctx) Redirect(location string) error {
	x.c.Redirect(http.StatusTemporaryRedirect, location)
	return nil
}

func (x ctx) Context() context.Context { return x.c.Request.Context() }
