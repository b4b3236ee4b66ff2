package fiber3clerk_test

import (
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func TestWebhook(t *testing.T) {
	for name, config := range map[string]fiber.Config{"whole requests": {}, "streamed requests": {StreamRequestBody: true}} {
		t.Run(name, func(t *testing.T) {
			adaptertest.RunWebhook(t, func(_ testing.TB, receiver *webhook.Receiver, handle func(*webhook.Event) error) adaptertest.App {
				return webhookApp(config, receiver, func(_ fiber.Ctx, e *webhook.Event) error { return handle(e) })
			})
		})
	}
}

func TestWebhookHandlerMayAnswer(t *testing.T) {
	receiver := webhook.Must(webhook.Options{Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
	adaptertest.RunWebhookAnswer(t, receiver, webhookApp(fiber.Config{}, receiver, func(c fiber.Ctx, _ *webhook.Event) error {
		return c.Status(http.StatusAccepted).SendString("later")
	}))
}

func webhookApp(config fiber.Config, receiver *webhook.Receiver, f func(fiber.Ctx, *webhook.Event) error) adaptertest.App {
	app := fiber.New(config)
	app.Post("/webhook", fiber3clerk.Webhook(receiver, f))
	return func(req *http.Request) (*http.Response, error) { return app.Test(req, fiber.TestConfig{}) }
}
