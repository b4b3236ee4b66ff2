package ginclerk

import (
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
)

// Nonce returns the nonce of the response's Content-Security-Policy, for the nonce
// attribute of script elements. It is empty unless the policy is strict. It panics
// where [Auth] does.
func Nonce(c *gin.Context) string { return mustRequest(c, "Nonce").Nonce() }

// proxied answers the requests for the Frontend API's proxy.
func proxied(c *gin.Context, instance *core.Clerk) bool {
	request := core.FromHTTP(c.Request)
	if !instance.Proxies(request) {
		return false
	}
	c.Abort()
	r := c.Request
	answer := instance.Proxy(r.Context(), request, core.ProxyInput{Body: r.Body, Length: r.ContentLength})
	defer func() { _ = answer.Body.Close() }() // It was read; there is nothing to do about a failure.
	header := c.Writer.Header()
	for _, h := range answer.Headers {
		header.Add(h.Name, h.Value)
	}
	c.Status(answer.Status)
	c.Writer.WriteHeaderNow()
	if _, err := io.Copy(c.Writer, answer.Body); err != nil {
		_ = c.Error(err)
		// The client must not take a part for the whole: this breaks the connection.
		_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Unix(1, 0))
	}
	return true
}
