package httpclerk_test

import (
	"net/http"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/httpclerk"
)

func TestProtectedResource(t *testing.T) {
	adaptertest.RunResource(t, func(tb testing.TB, s adaptertest.Setup) adaptertest.App {
		tb.Helper()
		table := newApp(tb, s)
		document := http.Handler(httpclerk.ProtectedResource("", "read"))
		for _, clerk := range s.Middleware {
			document = httpclerk.With(clerk)(document)
		}
		described := app(document)
		return func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/.well-known/oauth-protected-resource" {
				return described(req)
			}
			return table(req)
		}
	})
}
