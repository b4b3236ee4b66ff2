package ginclerk_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func TestWebhook(t *testing.T) {
	adaptertest.RunWebhook(t, func(_ testing.TB, receiver *webhook.Receiver, handle func(*webhook.Event) error) adaptertest.App {
		return webhookApp(receiver, func(_ *gin.Context, e *webhook.Event) error { return handle(e) })
	})
}

func TestWebhookHandlerMayAnswer(t *testing.T) {
	receiver := webhook.Must(webhook.Options{Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
	adaptertest.RunWebhookAnswer(t, receiver, webhookApp(receiver, func(c *gin.Context, _ *webhook.Event) error {
		c.String(http.StatusAccepted, "later")
		return nil
	}))
}

func webhookApp(receiver *webhook.Receiver, f func(*gin.Context, *webhook.Event) error) adaptertest.App {
	gin.SetMode(gin.TestMode)
	r := gin.New()
	r.POST("/webhook", ginclerk.Webhook(receiver, f))
	return func(req *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w.Result(), nil
	}
}
