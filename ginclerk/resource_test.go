package ginclerk_test

import (
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func TestProtectedResource(t *testing.T) {
	adaptertest.RunResource(t, func(_ testing.TB, s adaptertest.Setup) adaptertest.App {
		gin.SetMode(gin.TestMode)
		r := gin.New()
		for _, clerk := range s.Middleware {
			r.Use(ginclerk.With(clerk))
		}
		r.GET("/.well-known/oauth-protected-resource", ginclerk.ProtectedResource("", "read"))
		return serve(r, s.Routes)
	})
}
