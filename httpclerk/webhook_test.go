package httpclerk_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/httpclerk"
)

func TestWebhook(t *testing.T) {
	adaptertest.RunWebhook(t, func(_ testing.TB, receiver *webhook.Receiver, handle func(*webhook.Event) error) adaptertest.App {
		return webhookApp(receiver, func(_ http.ResponseWriter, _ *http.Request, e *webhook.Event) error { return handle(e) })
	})
}

func TestWebhookHandlerMayAnswer(t *testing.T) {
	receiver := webhook.Must(webhook.Options{Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
	adaptertest.RunWebhookAnswer(t, receiver, webhookApp(receiver, func(w http.ResponseWriter, _ *http.Request, _ *webhook.Event) error {
		w.WriteHeader(http.StatusAccepted)
		_, err := io.WriteString(w, "later")
		return err
	}))
}

func webhookApp(receiver *webhook.Receiver, f func(http.ResponseWriter, *http.Request, *webhook.Event) error) adaptertest.App {
	mux := http.NewServeMux()
	mux.Handle("POST /webhook", httpclerk.Webhook(receiver, f))
	return app(mux)
}
