package weburl_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// BenchmarkParse compares with net/url, on the address of an ordinary request and on those that
// took a parser quadratic time. net/url takes some that a browser refuses, and leaves dot segments
// where they are.
func BenchmarkParse(b *testing.B) {
	for _, bc := range []struct {
		name, text  string
		want, other bool // whether weburl and net/url take it
	}{
		{name: "request", text: "https://app.example.com/orgs/acme/settings?tab=members&page=2", want: true, other: true},
		{name: "8 KiB of path", text: "https://app.example.com/" + strings.Repeat("a/", 4096), want: true, other: true},
		{name: "4 KiB of at signs", text: "https://" + strings.Repeat("@", 4<<10) + "app.example.com/", want: true, other: true},
		{name: "8 KiB of at signs", text: "https://" + strings.Repeat("@", 8<<10) + "app.example.com/", other: true},
		{name: "8 KiB of at signs in the path", text: "https://app.example.com/" + strings.Repeat("@", 8<<10), want: true, other: true},
		{name: "8 KiB of dot segments", text: "https://app.example.com/" + strings.Repeat("a/../", 1638), want: true, other: true},
		{name: "8 KiB of host", text: "https://" + strings.Repeat("a.", 4096) + "example/", other: true},
	} {
		b.Run(bc.name+"/weburl", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := weburl.Parse(bc.text); (err == nil) != bc.want {
					b.Fatalf("got %v", err)
				}
			}
		})
		b.Run(bc.name+"/net-url", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := url.Parse(bc.text); (err == nil) != bc.other {
					b.Fatalf("got %v", err)
				}
			}
		})
	}
}

// BenchmarkSetParam compares adding a parameter to an address, which every redirect does.
func BenchmarkSetParam(b *testing.B) {
	const text = "https://app.example.com/orgs/acme?z=1&a=%20b"
	b.Run("weburl", func(b *testing.B) {
		u, err := weburl.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if got := u.SetParam("redirect_url", "https://x.example/"); !strings.HasSuffix(got.String(), ".example%2F") {
				b.Fatalf("got %q", got)
			}
		}
	})
	b.Run("net-url", func(b *testing.B) {
		u, err := url.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			q := u.Query()
			q.Set("redirect_url", "https://x.example/")
			v := *u
			v.RawQuery = q.Encode()
			if got := v.String(); !strings.Contains(got, ".example%2F") {
				b.Fatalf("got %q", got)
			}
		}
	})
}
