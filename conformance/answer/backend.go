package answer

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// backend is a canned Backend API on loopback, for many cases at once: each has a path prefix of
// its own.
type backend struct {
	server *httptest.Server
	serial atomic.Int64
	cases  sync.Map // prefix to *backendCase
}

// backendCase is the canned Backend API of one case.
type backendCase struct {
	replies *protocol.Backend
	// address is what the case's apiUrl is appended to.
	address string
	prefix  string

	mu    sync.Mutex
	calls []string
}

func newBackend() *backend {
	b := new(backend)
	b.server = httptest.NewServer(b)
	return b
}

// open makes a Backend API with the replies.
func (b *backend) open(replies *protocol.Backend) *backendCase {
	prefix := "/case-" + strconv.FormatInt(b.serial.Add(1), 10)
	if replies == nil {
		replies = new(protocol.Backend)
	}
	c := &backendCase{replies: replies, prefix: prefix, address: b.server.URL + prefix}
	b.cases.Store(prefix, c)
	return c
}

// shut ends a case and returns its calls.
func (b *backend) shut(c *backendCase) []string {
	b.cases.Delete(c.prefix)
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.calls...)
}

// ServeHTTP answers a call of the case that the path names.
func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	prefix, _, _ := strings.Cut(strings.TrimPrefix(r.RequestURI, "/"), "/")
	prefix = "/" + prefix
	value, _ := b.cases.Load(prefix)
	c, ok := value.(*backendCase)
	if !ok {
		http.NotFound(w, r)
		return
	}
	c.mu.Lock()
	c.calls = append(c.calls, r.Method+" "+strings.TrimPrefix(r.RequestURI, prefix))
	c.mu.Unlock()
	reply := c.reply(r)
	if reply == nil {
		reply = &protocol.Reply{Status: http.StatusNotFound, JSON: json.RawMessage(`{"errors":[{"code":"resource_not_found","message":"not found","long_message":"not found"}]}`)}
	}
	if reply.NetworkError {
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.Close() // The point is that the client sees it closed.
		}
		return
	}
	contentType, body := "text/plain", []byte(reply.Text)
	if reply.JSON != nil {
		contentType, body = "application/json", reply.JSON
	}
	if reply.ContentType != "" {
		contentType = reply.ContentType
	}
	w.Header().Set("Content-Type", contentType)
	status := reply.Status
	if status == 0 {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		_, _ = w.Write(body) // A client that went away is no concern of the server's.
	}
}

var refreshPath = regexp.MustCompile(`/sessions/.+/refresh$`)

func (c *backendCase) reply(r *http.Request) *protocol.Reply {
	path := r.URL.EscapedPath()
	switch {
	case r.Method == http.MethodGet && strings.HasSuffix(path, "/jwks"):
		return c.replies.JWKS
	case r.Method == http.MethodGet && strings.HasSuffix(path, "/clients/handshake_payload"):
		return c.replies.HandshakePayload[r.URL.Query().Get("nonce")]
	case r.Method != http.MethodPost:
		return nil
	case refreshPath.MatchString(path):
		return c.replies.Refresh
	case strings.HasSuffix(path, "/m2m_tokens/verify"):
		return c.replies.M2M
	case strings.HasSuffix(path, "/oauth_applications/access_tokens/verify"):
		return c.replies.OAuth
	case strings.HasSuffix(path, "/api_keys/verify"):
		return c.replies.APIKeys
	}
	return nil
}
