package echoclerk

import (
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/core"
)

// Nonce returns the nonce of the response's Content-Security-Policy, for the nonce
// attribute of script elements. It is empty unless the policy is strict. It panics
// where [Auth] does.
func Nonce(c echo.Context) string { return mustRequest(c, "Nonce").Nonce() }

// proxied answers the requests for the Frontend API's proxy.
func proxied(c echo.Context, instance *core.Clerk) bool {
	r := c.Request()
	request := core.FromHTTP(r)
	if !instance.Proxies(request) {
		return false
	}
	answer := instance.Proxy(r.Context(), request, core.ProxyInput{Body: r.Body, Length: r.ContentLength})
	defer func() { _ = answer.Body.Close() }() // It was read; there is nothing to do about a failure.
	header := c.Response().Header()
	for _, h := range answer.Headers {
		header.Add(h.Name, h.Value)
	}
	c.Response().WriteHeader(answer.Status)
	if _, err := io.Copy(c.Response(), answer.Body); err != nil {
		// The client must not take a part for the whole: this breaks the connection.
		_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Unix(1, 0))
	}
	return true
}
