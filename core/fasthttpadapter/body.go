package fasthttpadapter

import (
	"bytes"
	"io"
	"sync"
)

// Body is the body of a request. The client's memory and connection are its request's no longer
// when it has ended, so reading ends with [Body.End]. It is safe for concurrent use.
type Body struct {
	mu     sync.Mutex
	r      io.Reader
	stream bool
	done   bool
}

// NewBody returns a body as it came, which is whole unless it is a stream of that length (negative
// where that is unknown), and its length, -1 where it is unknown.
func NewBody(whole []byte, stream io.Reader, streamed int) (body *Body, length int64) {
	if stream == nil {
		return &Body{r: bytes.NewReader(whole), done: len(whole) == 0}, int64(len(whole))
	}
	return &Body{r: stream, stream: true, done: streamed == 0}, max(int64(streamed), -1)
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

// Ended reports whether nothing of the body is left on the connection: what is must not be taken
// for the next request.
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

// heldBody is the body of an answer that holds on to that of the request.
type heldBody struct {
	io.ReadCloser
	request *Body
}

// Close ends both.
func (b *heldBody) Close() error {
	err := b.ReadCloser.Close()
	b.request.End()
	return err
}
