package echo5clerk_test

import (
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/echo5clerk"
)

func TestMissing(t *testing.T) {
	adaptertest.RunMissing(t, "echo5clerk", adaptertest.Missing{
		With:           func(instance *core.Clerk) { echo5clerk.With(instance) },
		MiddlewareFunc: func() { echo5clerk.MiddlewareFunc(nil) },
		OnRefuse:       func() { echo5clerk.OnRefuse(nil) },
		Receiver:       func() { echo5clerk.Webhook(nil, func(*echo.Context, *webhook.Event) error { return nil }) },
		Handler:        func(receiver *webhook.Receiver) { echo5clerk.Webhook(receiver, nil) },
	})
}
