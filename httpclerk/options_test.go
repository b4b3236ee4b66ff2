package httpclerk_test

import (
	"net/http"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

func TestOptions(t *testing.T) { adaptertest.RunOptions(t, newOptionsApp) }

func newOptionsApp(_ testing.TB, s adaptertest.OptionsSetup) adaptertest.App {
	if s.PerRequest != nil {
		return serve(s.Routes, httpclerk.MiddlewareFunc(func(*http.Request) (core.Options, error) { return *s.PerRequest, s.Fails }, s.Options))
	}
	return serve(s.Routes, httpclerk.Middleware(s.Options))
}
