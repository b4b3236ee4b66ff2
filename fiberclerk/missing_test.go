package fiberclerk_test

import (
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/fiberclerk"
)

func TestMissing(t *testing.T) {
	adaptertest.RunMissing(t, "fiberclerk", adaptertest.Missing{
		With:           func(instance *core.Clerk) { fiberclerk.With(instance) },
		MiddlewareFunc: func() { fiberclerk.MiddlewareFunc(nil) },
		OnRefuse:       func() { fiberclerk.OnRefuse(nil) },
		Receiver:       func() { fiberclerk.Webhook(nil, func(*fiber.Ctx, *webhook.Event) error { return nil }) },
		Handler:        func(receiver *webhook.Receiver) { fiberclerk.Webhook(receiver, nil) },
	})
}
