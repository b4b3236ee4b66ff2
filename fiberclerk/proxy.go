package fiberclerk

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/core"
)

// Nonce returns the nonce of the response's Content-Security-Policy, for the nonce
// attribute of script elements. It is empty unless the policy is strict. It panics
// where [Auth] does.
func Nonce(c *fiber.Ctx) string { return mustRequest(c, "Nonce").Nonce() }

// proxied answers the requests for the Frontend API's proxy.
func proxied(c *fiber.Ctx, instance *core.Clerk) bool {
	request := view{c}
	if !instance.Proxies(request) {
		return false
	}
	body, length := requestBody(c)
	// The answer is copied after the handler has returned, when the context of a
	// middleware may have ended, and its values may be Fiber's for the next request.
	answer := instance.Proxy(context.Background(), request, core.ProxyInput{Body: body, Length: length})
	c.Status(answer.Status)
	for _, h := range answer.Headers {
		c.Response().Header.Add(h.Name, h.Value)
	}
	if !body.ended() {
		// What is left of the body must not be taken for the next request.
		c.Context().SetConnectionClose()
	}
	stream := &answerBody{answer.Body, body}
	if c.Method() == fiber.MethodHead || answer.Status == fiber.StatusNoContent || answer.Status == fiber.StatusNotModified {
		_ = stream.Close() // Nothing was to be read.
		return true
	}
	c.Context().SetBodyStream(stream, int(answer.Length))
	return true
}

// requestBody returns the body as it came, and its length. Where Fiber streams
// bodies, it is a stream.
func requestBody(c *fiber.Ctx) (body *clientBody, length int64) {
	r := c.Request()
	if !r.IsBodyStream() {
		whole := r.Body()
		return &clientBody{r: bytes.NewReader(whole), done: len(whole) == 0}, int64(len(whole))
	}
	length = max(int64(r.Header.ContentLength()), -1)
	return &clientBody{r: r.BodyStream(), stream: true, done: length == 0}, length
}

// clientBody is the body of a request. The client's memory and connection are its
// request's no longer when it has ended, so reading ends with [clientBody.end].
type clientBody struct {
	mu     sync.Mutex
	r      io.Reader
	stream bool
	done   bool
}

// Read reads from the client.
func (b *clientBody) Read(p []byte) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done {
		return 0, io.EOF
	}
	n, err = b.r.Read(p)
	b.done = err != nil
	return n, err
}

func (b *clientBody) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = true
}

// ended reports whether nothing of the body is left on the connection.
func (b *clientBody) ended() bool {
	if !b.stream {
		return true
	}
	if !b.mu.TryLock() {
		return false // It is being read.
	}
	defer b.mu.Unlock()
	return b.done
}

// answerBody is the body of an answer, which holds on to that of the request.
type answerBody struct {
	io.ReadCloser
	request *clientBody
}

// Close ends both.
func (b *answerBody) Close() error {
	err := b.ReadCloser.Close()
	b.request.end()
	return err
}
