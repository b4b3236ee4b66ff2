package ginclerk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core/webhook"
)

// Webhook verifies each request for Clerk's webhooks and calls f with its event. What is
// not Clerk's is answered 400, what is too large 413. Where f returns an error, it is
// 500, so that Clerk tries again; else it is 200, unless f answers itself. Register it
// for POST, where no guard refuses it and nothing reads the body before:
//
//	r.POST("/webhooks/clerk", ginclerk.Webhook(receiver, func(c *gin.Context, event *webhook.Event) error { ... }))
func Webhook(receiver *webhook.Receiver, f func(c *gin.Context, event *webhook.Event) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		event, err := receiver.Receive(c.Request.Header, c.Request.Body)
		if err != nil {
			_ = c.AbortWithError(webhook.StatusOf(err), err)
			return
		}
		if err := f(c, event); err != nil {
			_ = c.AbortWithError(http.StatusInternalServerError, err)
			return
		}
		c.Writer.WriteHeaderNow()
	}
}
