package adaptertest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// RunCalls floods an application with handshakes that never were, over real connections, and signs
// in beside them: the address of the connection, or the one that a proxy on this machine names, has
// its share of Options.CallBudget.
func RunCalls(t *testing.T, serve Serve) {
	t.Helper()
	for _, tt := range []struct {
		name           string
		ignore         bool
		flood, sign    string // X-Forwarded-For
		calls          int    // for made-up nonces
		signsInBesides bool
	}{
		{name: "of another address behind the proxy", flood: "198.51.100.1, 203.0.113.66", sign: "198.51.100.1", calls: 20, signsInBesides: true},
		{name: "of the same address behind the proxy", flood: "203.0.113.66", sign: "203.0.113.66", calls: 20, signsInBesides: false},
		{name: "of another address, the flood without a proxy", sign: "198.51.100.1", calls: 20, signsInBesides: true},
		{name: "where forwarded headers are ignored", ignore: true, flood: "203.0.113.66", sign: "198.51.100.1", calls: 20, signsInBesides: false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t, clerktest.Config{Production: true})
			payloads := &handshakePayloads{session: s.SessionToken("user_ada")}
			o := s.Options()
			o.ProxyURL, o.SignInURL, o.SignUpURL = "", "", ""
			o.Outage.ProbeInterval = -1 // Nobody answers at the Frontend API's own address.
			now := s.Clock().Now()
			s.Clock().Set(now)
			o.HTTPClient, o.IgnoreForwarded = &http.Client{Transport: payloads}, tt.ignore
			clerk, err := core.New(o)
			if err != nil {
				t.Fatal(err)
			}
			address := serve(t, clerk)
			redeem := func(nonce, forwarded string) reply {
				headers := []string{"Sec-Fetch-Dest", "document", "Cookie", "__clerk_handshake_nonce=" + nonce}
				if forwarded != "" {
					headers = append(headers, "X-Forwarded-For", forwarded)
				}
				return send(t, http.MethodGet, "http://"+address+"/", nil, headers...)
			}
			for n := range 60 {
				if resp := redeem(fmt.Sprint("made-up-", n), tt.flood); resp.header.Get("Set-Cookie") != "" {
					t.Fatalf("a made-up nonce brought %v", resp.header)
				}
			}
			if got := payloads.made(); got != tt.calls {
				t.Errorf("got %d calls for made-up nonces, want %d", got, tt.calls)
			}
			resp := redeem("good", tt.sign)
			if got := strings.HasPrefix(resp.header.Get("Set-Cookie"), "__session="); got != tt.signsInBesides {
				t.Errorf("the sign-in: got status %d and cookies %.60q, want a session: %v", resp.status, resp.header["Set-Cookie"], tt.signsInBesides)
			}
		})
	}
}

// handshakePayloads is a Backend API that knows one nonce, good, and counts the others.
type handshakePayloads struct {
	session string
	mu      sync.Mutex
	unknown int
}

func (h *handshakePayloads) made() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.unknown
}

// RoundTrip answers a call.
func (h *handshakePayloads) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/clients/handshake_payload") {
		return http.DefaultTransport.RoundTrip(r)
	}
	status, body := http.StatusOK, fmt.Sprintf(`{"directives":["__session=%s; Path=/"]}`, h.session)
	if r.URL.Query().Get("nonce") != "good" {
		h.mu.Lock()
		h.unknown++
		h.mu.Unlock()
		status, body = http.StatusNotFound, `{"errors":[{"code":"resource_not_found","message":"not found","long_message":"not found"}]}`
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}
