package view

import (
	"bytes"
	"io"
	"sync"

	"github.com/gofiber/fiber/v3"
)

// BodyOf returns the body as it came, and its length. Where Fiber streams
// bodies, it is a stream.
func BodyOf(c fiber.Ctx) (body *Body, length int64) {
	r := c.Request()
	if !r.IsBodyStream() {
		whole := r.Body()
		return &Body{r: bytes.NewReader(whole), done: len(whole) == 0}, int64(len(whole))
	}
	length = max(int64(r.Header.ContentLength()), -1)
	return &Body{r: r.BodyStream(), stream: true, done: length == 0}, length
}

// Body is the body of a request. The client's memory and connection are its
// request's no longer when it has ended, so reading ends with [Body.End].
type Body struct {
	mu     sync.Mutex
	r      io.Reader
	stream bool
	done   bool
}

// Read reads from the client.
func (b *Body) Read(p []byte) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done {
		return 0, io.EOF
	}
	n, err = b.r.Read(p)
	b.done = err != nil
	return n, err
}

// End ends reading.
func (b *Body) End() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = true
}

// Ended reports whether nothing of the body is left on the connection.
func (b *Body) Ended() bool {
	if !b.stream {
		return true
	}
	if !b.mu.TryLock() {
		return false // It is being read.
	}
	defer b.mu.Unlock()
	return b.done
}
