package ginclerk_test

import (
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func TestMissing(t *testing.T) {
	adaptertest.RunMissing(t, "ginclerk", adaptertest.Missing{
		With:           func(instance *core.Clerk) { ginclerk.With(instance) },
		MiddlewareFunc: func() { ginclerk.MiddlewareFunc(nil) },
		OnRefuse:       func() { ginclerk.OnRefuse(nil) },
		Receiver:       func() { ginclerk.Webhook(nil, func(*gin.Context, *webhook.Event) error { return nil }) },
		Handler:        func(receiver *webhook.Receiver) { ginclerk.Webhook(receiver, nil) },
	})
}
