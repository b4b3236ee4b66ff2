package echo5clerk_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/echo5clerk"
)

func TestWebhook(t *testing.T) {
	adaptertest.RunWebhook(t, func(_ testing.TB, receiver *webhook.Receiver, handle func(*webhook.Event) error) adaptertest.App {
		return webhookApp(receiver, func(_ *echo.Context, e *webhook.Event) error { return handle(e) })
	})
}

func TestWebhookHandlerMayAnswer(t *testing.T) {
	receiver := webhook.Must(webhook.Options{Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
	adaptertest.RunWebhookAnswer(t, receiver, webhookApp(receiver, func(c *echo.Context, _ *webhook.Event) error {
		return c.String(http.StatusAccepted, "later")
	}))
}

func webhookApp(receiver *webhook.Receiver, f func(*echo.Context, *webhook.Event) error) adaptertest.App {
	e := echo.New()
	e.POST("/webhook", echo5clerk.Webhook(receiver, f))
	return func(req *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, req)
		return w.Result(), nil
	}
}
