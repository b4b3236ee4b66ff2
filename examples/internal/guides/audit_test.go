package guides

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// newApp is an application with two open routes.
func newApp(options core.Options) *gin.Engine {
	r := engine(ginclerk.Middleware(options))
	r.GET("/", whoAmI)
	protect(r)
	webhooks(r, webhook.Must(webhook.Options{Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}), func(string) error { return nil })
	return r
}

func TestOpenRoutes(t *testing.T) {
	clerk := clerktest.New(t)
	r := newApp(clerk.Options())
	serve := func(req *http.Request) (*http.Response, error) { // Fiber: app.Test(req)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w.Result(), nil
	}
	report, err := clerktest.Audit(clerk, serve, clerktest.Routes(r.Routes(), func(x gin.RouteInfo) (string, string) { return x.Method, x.Path }))
	// … Echo: e.Routes(); Fiber: app.GetRoutes(true); chi: chi.Walk; ServeMux: the list that its patterns are registered from, and clerktest.MuxPattern
	if err != nil {
		t.Fatal(err)
	}
	report.Check(t, "/", "POST /webhooks/clerk") // what is meant to be open
}
