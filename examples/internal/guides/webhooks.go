package guides

import (
	"log/slog"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func webhooks(r *gin.Engine, receiver *webhook.Receiver, save func(id string) error) {
	r.POST("/webhooks/clerk", ginclerk.Webhook(receiver, func(_ *gin.Context, event *webhook.Event) error {
		switch event.Type {
		case webhook.UserCreated, webhook.UserUpdated:
			user, err := webhook.As[clerk.User](event)
			if err != nil {
				return err
			}
			return save(user.ID) // an error answers 500, and Clerk delivers again
		default:
			slog.Info("not used", "event", event.Type)
			return nil
		}
	}))
}
