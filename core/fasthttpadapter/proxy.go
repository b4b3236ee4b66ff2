package fasthttpadapter

import (
	"context"
	"io"
	"net/http"

	"github.com/clerkgo/clerkgo/core"
)

// Proxy sends a request for the proxy of Options.FrontendAPIProxy to Clerk. It returns the answer,
// whose status and headers the adapter writes, and its body, which ends that of the request when it
// is closed; nil where the answer has none. Where the request's has not ended, the connection
// cannot be used again.
func Proxy(instance *core.Clerk, r core.Request, body *Body, length int64) (answer *core.ProxyResponse, stream io.ReadCloser) {
	// The answer is copied after the handler has returned, when the context of a middleware may
	// have ended, and its values may be the framework's for the next request.
	answer = instance.Proxy(context.Background(), r, core.ProxyInput{Body: body, Length: length})
	stream = &heldBody{answer.Body, body}
	switch {
	case r.Method() == http.MethodHead, answer.Status == http.StatusNoContent, answer.Status == http.StatusNotModified:
		_ = stream.Close() // Nothing was to be read.
		return answer, nil
	}
	return answer, stream
}
