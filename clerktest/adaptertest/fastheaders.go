package adaptertest

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core/fasthttpadapter"
)

// FastHeader is the header of a request, as *fasthttp.RequestHeader has it in all versions.
type FastHeader interface {
	fasthttpadapter.Header
	Read(r *bufio.Reader) error
	Cookie(key string) []byte
	Del(name string)
	DisableNormalizing()
	SetUserAgent(value string)
}

// FastHeaders reads headers that clients and middleware have made hard to find, with the fasthttp
// of an adapter: empty makes an empty header.
func FastHeaders(t *testing.T, empty func() FastHeader) {
	t.Helper()
	ours := func() fasthttpadapter.Header { return empty() }
	const cookies = "Cookie: __session=A; theme=dark\r\n"
	for name, tt := range map[string]struct {
		lines    string
		asItCame bool // names are not normalized
		change   func(h FastHeader)
		ask      string
		want     []string
	}{
		"a usual one":                  {lines: "Authorization: Bearer x\r\n" + cookies, ask: "Authorization", want: []string{"Bearer x"}},
		"another spelling asked":       {lines: "Cf-Connecting-Ip: 1.2.3.4\r\n", asItCame: true, ask: "CF-Connecting-IP", want: []string{"1.2.3.4"}},
		"an odd spelling":              {lines: "AUTHORIZATION: Bearer x\r\n" + cookies, asItCame: true, ask: "Authorization", want: []string{"Bearer x"}},
		"two spellings":                {lines: "Cf-Connecting-Ip: 6.6.6.6\r\ncf-connecting-ip: 1.2.3.4\r\n" + cookies, asItCame: true, ask: "Cf-Connecting-Ip", want: []string{"6.6.6.6", "1.2.3.4"}},
		"two spellings, a trailer":     {lines: "Cf-Connecting-Ip: 6.6.6.6\r\ncf-connecting-ip: 1.2.3.4\r\nTrailer: cf-connecting-ip\r\n" + cookies, asItCame: true, ask: "Cf-Connecting-Ip", want: []string{"6.6.6.6", "1.2.3.4"}},
		"cookies":                      {lines: cookies, ask: "Cookie", want: []string{"__session=A; theme=dark"}},
		"cookies that were parsed":     {lines: cookies, change: func(h FastHeader) { h.Cookie("theme") }, ask: "Cookie", want: []string{"__session=A; theme=dark"}},
		"cookies that were taken away": {lines: cookies, change: func(h FastHeader) { h.Del("Cookie") }, ask: "Cookie"},
		"… and stand in another header": {
			lines: cookies,
			change: func(h FastHeader) {
				h.Del("Cookie")
				h.SetUserAgent("x\r\nCookie: __session=A; theme=dark")
			},
			ask: "Cookie",
		},
	} {
		for _, visited := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, visited %v", name, visited), func(t *testing.T) {
				t.Parallel()
				h := empty()
				if tt.asItCame {
					h.DisableNormalizing()
				}
				if err := h.Read(bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\nHost: app.example\r\n" + tt.lines + "\r\n"))); err != nil {
					t.Fatal(err)
				}
				if tt.change != nil {
					tt.change(h)
				}
				var seen string // by a middleware that keeps what Fiber's GetReqHeaders shows
				if visited {
					h.VisitAll(func(key, value []byte) {
						if string(key) == "Cookie" {
							seen = fasthttpadapter.Text(value)
						}
					})
				}
				kept := strings.Clone(seen)
				for range 2 {
					if got := fasthttpadapter.Values(h, ours, tt.ask); !slices.Equal(got, tt.want) {
						t.Errorf("got %q, want %q", got, tt.want)
					}
					fasthttpadapter.Values(h, ours, "X-Absent")
				}
				if seen != kept {
					t.Errorf("what a middleware has seen changed from %q to %q", kept, seen)
				}
			})
		}
	}
}
