package httpclerk

import (
	"log/slog"
	"net/http"

	"github.com/clerkgo/clerkgo/core/webhook"
)

// Webhook verifies each request for Clerk's webhooks and calls f with its event. What is
// not Clerk's is answered 400, what is too large 413. Where f returns an error, it is
// logged and answered 500, so that Clerk tries again; else it is 200, unless f answers
// itself. Register it for POST, where no guard refuses it and nothing reads the body
// before:
//
//	mux.Handle("POST /webhooks/clerk", httpclerk.Webhook(receiver, func(w http.ResponseWriter, r *http.Request, event *webhook.Event) error { ... }))
func Webhook(receiver *webhook.Receiver, f func(w http.ResponseWriter, r *http.Request, event *webhook.Event) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		event, err := receiver.Receive(r.Header, r.Body)
		if err != nil {
			w.WriteHeader(webhook.StatusOf(err))
			return
		}
		if err := f(w, r, event); err != nil {
			slog.ErrorContext(r.Context(), "httpclerk: a handler of webhooks failed", "error", err)
			w.WriteHeader(http.StatusInternalServerError)
		}
	}
}
