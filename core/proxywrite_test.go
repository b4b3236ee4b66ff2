package core_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/core"
)

// TestProxyWritesHeadersOnce: what an application's own middleware has written stands
// beside the upstream's answer only where a header may occur several times.
func TestProxyWritesHeadersOnce(t *testing.T) {
	t.Parallel()
	c := newClerk(t, proxyOptions(answer(http.StatusOK, "x",
		"Access-Control-Allow-Origin", "https://app.example.com", "Access-Control-Allow-Credentials", "true", "Access-Control-Expose-Headers", "Authorization",
		"Cache-Control", "no-store", "Set-Cookie", "a=1", "Set-Cookie", "b=2", "Vary", "Origin", "X-Frame-Options", "DENY", "X-Two", "1", "X-Two", "2", "Content-Type", "text/x").send))
	for _, tt := range []struct {
		name          string
		written, want http.Header
	}{
		{
			name:    "beside no other",
			written: http.Header{},
			want: http.Header{
				"Access-Control-Allow-Origin": {"https://app.example.com"}, "Access-Control-Allow-Credentials": {"true"}, "Access-Control-Expose-Headers": {"Authorization"},
				"Cache-Control": {"no-store"}, "Set-Cookie": {"a=1", "b=2"}, "Vary": {"Origin"}, "X-Frame-Options": {"DENY"}, "X-Two": {"1", "2"}, "Content-Type": {"text/x"},
			},
		},
		{
			name: "beside an application's CORS middleware and others",
			written: http.Header{
				"Access-Control-Allow-Origin": {"*"}, "Vary": {"Accept-Encoding"}, "Set-Cookie": {"app=1"},
				"Cache-Control": {"max-age=60"}, "X-Frame-Options": {"SAMEORIGIN"}, "X-Two": {"0"}, "X-App": {"yes"},
			},
			want: http.Header{
				"Access-Control-Allow-Origin": {"*"}, "Vary": {"Accept-Encoding, Origin"}, "Set-Cookie": {"app=1", "a=1", "b=2"},
				"Cache-Control": {"no-store"}, "X-Frame-Options": {"DENY"}, "X-Two": {"1", "2"}, "X-App": {"yes"}, "Content-Type": {"text/x"},
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp := c.Proxy(t.Context(), get("/__clerk/v1"), core.ProxyInput{})
			_ = body(t, resp)
			resp.WriteHeaders(tt.written)
			if diff := cmp.Diff(tt.want, tt.written); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}
