package httpclerk_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/httpclerk"
)

func TestMissing(t *testing.T) {
	adaptertest.RunMissing(t, "httpclerk", adaptertest.Missing{
		With:           func(instance *core.Clerk) { httpclerk.With(instance) },
		MiddlewareFunc: func() { httpclerk.MiddlewareFunc(nil) },
		OnRefuse:       func() { httpclerk.OnRefuse(nil) },
		Receiver: func() {
			httpclerk.Webhook(nil, func(http.ResponseWriter, *http.Request, *webhook.Event) error { return nil })
		},
		Handler: func(receiver *webhook.Receiver) { httpclerk.Webhook(receiver, nil) },
	})
}

// TestMissingHandler: no other framework lets an application say what is behind a middleware.
func TestMissingHandler(t *testing.T) {
	t.Parallel()
	o := clerktest.New(t).Options()
	for name, middleware := range map[string]func(http.Handler) http.Handler{
		"With": httpclerk.Middleware(o),
		"MiddlewareFunc": httpclerk.MiddlewareFunc(func(*http.Request) (core.Options, error) {
			return o, nil
		}),
		"Protect":       httpclerk.Protect(),
		"ProtectRoutes": httpclerk.ProtectRoutes(core.MustRouteMatcher("/x")),
		"OnRefuse":      httpclerk.OnRefuse(func(http.ResponseWriter, *http.Request, core.Refusal) {}),
	} {
		for what, next := range map[string]http.Handler{"nil": nil, "a nil http.HandlerFunc": http.HandlerFunc(nil)} {
			err := adaptertest.Panic(func() { middleware(next) })
			if !errors.Is(err, core.ErrConfiguration) || !strings.HasPrefix(err.Error(), "core: httpclerk."+name+" was given a nil ") {
				t.Errorf("%s of %s: got %v, want a panic at start-up", name, what, err)
			}
		}
	}
}
