package echoclerk_test

import (
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/echoclerk"
)

func TestMissing(t *testing.T) {
	adaptertest.RunMissing(t, "echoclerk", adaptertest.Missing{
		With:           func(instance *core.Clerk) { echoclerk.With(instance) },
		MiddlewareFunc: func() { echoclerk.MiddlewareFunc(nil) },
		OnRefuse:       func() { echoclerk.OnRefuse(nil) },
		Receiver:       func() { echoclerk.Webhook(nil, func(echo.Context, *webhook.Event) error { return nil }) },
		Handler:        func(receiver *webhook.Receiver) { echoclerk.Webhook(receiver, nil) },
	})
}
