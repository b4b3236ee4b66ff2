package fiberclerk_test

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/clerkgo/clerkgo/core/fasthttpadapter"
)

// TestHeadersAsTheyAre reads headers that clients and middleware have made hard to find.
func TestHeadersAsTheyAre(t *testing.T) {
	t.Parallel()
	const cookies = "Cookie: __session=A; theme=dark\r\n"
	for name, tt := range map[string]struct {
		lines    string
		asItCame bool // names are not normalized
		change   func(h *fasthttp.RequestHeader)
		ask      string
		want     []string
	}{
		"a usual one":                  {lines: "Authorization: Bearer x\r\n" + cookies, ask: "Authorization", want: []string{"Bearer x"}},
		"another spelling asked":       {lines: "Cf-Connecting-Ip: 1.2.3.4\r\n", asItCame: true, ask: "CF-Connecting-IP", want: []string{"1.2.3.4"}},
		"an odd spelling":              {lines: "AUTHORIZATION: Bearer x\r\n" + cookies, asItCame: true, ask: "Authorization", want: []string{"Bearer x"}},
		"two spellings":                {lines: "Cf-Connecting-Ip: 6.6.6.6\r\ncf-connecting-ip: 1.2.3.4\r\n" + cookies, asItCame: true, ask: "Cf-Connecting-Ip", want: []string{"6.6.6.6", "1.2.3.4"}},
		"two spellings, a trailer":     {lines: "Cf-Connecting-Ip: 6.6.6.6\r\ncf-connecting-ip: 1.2.3.4\r\nTrailer: cf-connecting-ip\r\n" + cookies, asItCame: true, ask: "Cf-Connecting-Ip", want: []string{"6.6.6.6", "1.2.3.4"}},
		"cookies":                      {lines: cookies, ask: "Cookie", want: []string{"__session=A; theme=dark"}},
		"cookies that were parsed":     {lines: cookies, change: func(h *fasthttp.RequestHeader) { h.Cookie("theme") }, ask: "Cookie", want: []string{"__session=A; theme=dark"}},
		"cookies that were taken away": {lines: cookies, change: func(h *fasthttp.RequestHeader) { h.Del("Cookie") }, ask: "Cookie"},
		"… and stand in another header": {
			lines: cookies,
			change: func(h *fasthttp.RequestHeader) {
				h.Del("Cookie")
				h.SetUserAgent("x\r\nCookie: __session=A; theme=dark")
			},
			ask: "Cookie",
		},
	} {
		for _, visited := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, visited %v", name, visited), func(t *testing.T) {
				t.Parallel()
				var h fasthttp.RequestHeader
				if tt.asItCame {
					h.DisableNormalizing()
				}
				if err := h.Read(bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\nHost: app.example\r\n" + tt.lines + "\r\n"))); err != nil {
					t.Fatal(err)
				}
				if tt.change != nil {
					tt.change(&h)
				}
				var seen string // by a middleware that keeps what Fiber's GetReqHeaders shows
				if visited {
					h.VisitAll(func(key, value []byte) { //nolint:staticcheck // All needs a newer fasthttp than Fiber v2 does.
						if string(key) == "Cookie" {
							seen = fasthttpadapter.Text(value)
						}
					})
				}
				kept := strings.Clone(seen)
				empty := func() fasthttpadapter.Header { return new(fasthttp.RequestHeader) }
				for range 2 {
					if got := fasthttpadapter.Values(&h, empty, tt.ask); !slices.Equal(got, tt.want) {
						t.Errorf("got %q, want %q", got, tt.want)
					}
					fasthttpadapter.Values(&h, empty, "X-Absent")
				}
				if seen != kept {
					t.Errorf("what a middleware has seen changed from %q to %q", kept, seen)
				}
			})
		}
	}
}
