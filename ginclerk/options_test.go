package ginclerk_test

import (
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func TestOptions(t *testing.T) { adaptertest.RunOptions(t, newOptionsApp) }

func newOptionsApp(_ testing.TB, s adaptertest.OptionsSetup) adaptertest.App {
	gin.SetMode(gin.TestMode)
	r := gin.New()
	if s.PerRequest != nil {
		r.Use(ginclerk.MiddlewareFunc(func(*gin.Context) (core.Options, error) { return *s.PerRequest, s.Fails }, s.Options))
	} else {
		r.Use(ginclerk.Middleware(s.Options))
	}
	return serve(r, s.Routes)
}
