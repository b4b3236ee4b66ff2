package adaptertest

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// RunReadBuffer checks, for a framework whose read buffer bounds the headers of a request, that the
// application is told of one that is too small before the first user has cookies that do not fit: a
// session cookie of 4,200 bytes does not fit the default of 4 KiB.
//
// newApp serves, at the address that it returns, the adapter's middleware with o and the page /,
// with a read buffer of size bytes, the framework's default for 0. Where each is set, the
// middleware is MiddlewareFunc, which returns o but for its Logger, the base's.
func RunReadBuffer(t *testing.T, newApp func(t *testing.T, size int, o core.Options, each bool) (address string)) {
	t.Helper()
	for _, tt := range []struct {
		name   string
		size   int
		status int
		warned int
	}{
		{name: "the default", status: http.StatusRequestHeaderFieldsTooLarge, warned: 1},
		{name: "too small by hand", size: 6 << 10, status: http.StatusOK, warned: 1},
		{name: "as documented", size: 16 << 10, status: http.StatusOK, warned: 0},
	} {
		for name, each := range map[string]bool{"Middleware": false, "MiddlewareFunc": true} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				var log sharedBuffer
				s := clerktest.New(t)
				address := newApp(t, tt.size, core.Options{
					PublishableKey: s.PublishableKey(), SecretKey: s.SecretKey(), APIURL: s.URL(),
					Logger: slog.New(slog.NewTextHandler(&log, nil)),
				}, each)
				for range 3 {
					if got := statusWith(t, address, "theme=dark"); got != http.StatusOK {
						t.Errorf("a small request: %d", got)
					}
				}
				if got := statusWith(t, address, "__session="+strings.Repeat("a", 4200)); got != tt.status {
					t.Errorf("a cookie of 4,200 bytes: got %d, want %d", got, tt.status)
				}
				if got := strings.Count(log.String(), "ReadBufferSize: 16 << 10"); got != tt.warned {
					t.Errorf("warned %d times, want %d: %s", got, tt.warned, log.String())
				}
			})
		}
	}
}

// statusWith asks for the page / with a cookie.
func statusWith(t *testing.T, address, cookie string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", cookie)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // It is of no interest.
	return resp.StatusCode
}

// sharedBuffer is a buffer that several goroutines may use.
type sharedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends.
func (b *sharedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String returns what was written.
func (b *sharedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
