package ginclerk_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func TestProxy(t *testing.T) { adaptertest.RunProxy(t, serveProxy, false) }

func TestCalls(t *testing.T) { adaptertest.RunCalls(t, serveProxy) }

func serveProxy(tb testing.TB, clerk *core.Clerk) (address string) {
	tb.Helper()
	gin.SetMode(gin.TestMode)
	r := gin.New()
	r.Use(func(c *gin.Context) { c.Header("Content-Security-Policy", "outer") }, ginclerk.With(clerk))
	handler := func(c *gin.Context) {
		c.Header("X-Handler", "ran")
		c.String(http.StatusOK, "%s", ginclerk.Nonce(c))
	}
	r.GET("/*any", handler)
	r.POST("/*any", handler)
	s := httptest.NewServer(r)
	tb.Cleanup(s.Close)
	return s.Listener.Addr().String()
}
