package fiber3clerk_test

import (
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func TestMissing(t *testing.T) {
	adaptertest.RunMissing(t, "fiber3clerk", adaptertest.Missing{
		With:           func(instance *core.Clerk) { fiber3clerk.With(instance) },
		MiddlewareFunc: func() { fiber3clerk.MiddlewareFunc(nil) },
		OnRefuse:       func() { fiber3clerk.OnRefuse(nil) },
		Receiver:       func() { fiber3clerk.Webhook(nil, func(fiber.Ctx, *webhook.Event) error { return nil }) },
		Handler:        func(receiver *webhook.Receiver) { fiber3clerk.Webhook(receiver, nil) },
	})
}
