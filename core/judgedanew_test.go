package core_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// TestJudgedAnew changes the credentials of a request that was judged, and brings it to the
// middleware again: a verdict stands where what changed had no part in it, and nowhere else.
func TestJudgedAnew(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	c := newClerk(t, plain(s))
	valid := "Bearer " + s.SessionToken("user_ada")
	expired := "Bearer " + s.SessionToken("user_ada", clerktest.Claim("exp", epoch.Unix()-100))
	long := "Bearer " + strings.Repeat("a", 64<<10)
	pad := strings.Repeat("\t", 17<<10)
	refresh := "__refresh_" + s.CookieSuffix() + "="
	for name, tt := range map[string]struct {
		authorization, cookie string
		then, thenCookie      string
		want                  bool
	}{
		"nothing changes":                    {then: "", want: false},
		"a cookie comes":                     {thenCookie: "a=b", want: true},
		"a cookie changes":                   {cookie: "a=b", thenCookie: "a=c", want: true},
		"a token comes":                      {cookie: "a=b", thenCookie: "a=b", then: "Bearer x", want: true},
		"a token goes":                       {authorization: "Bearer x", cookie: "a=b", thenCookie: "a=b", want: true},
		"garbage changes":                    {authorization: "Bearer x", then: "Bearer y", want: true},
		"cookies beside garbage":             {authorization: "Bearer x", cookie: "a=b", then: "Bearer x", thenCookie: "a=c", want: false},
		"cookies beside a valid token":       {authorization: valid, cookie: "a=b", then: valid, thenCookie: "a=c", want: false},
		"what may refresh an expired token":  {authorization: expired, cookie: refresh + "b", then: expired, thenCookie: refresh + "c", want: true},
		"a valid token expires":              {authorization: valid, then: expired, want: true},
		"what is too long goes":              {authorization: long, then: "", want: true},
		"what is too long becomes a token":   {authorization: long, then: valid, want: true},
		"what is too long becomes its start": {authorization: long, then: long[:64], want: true},
		"a token behind white space":         {authorization: pad + "Bearer ak_a", then: pad + "Bearer ak_b", want: true},
		"a token before white space":         {authorization: "Bearer ak_a" + pad, then: "Bearer ak_b" + pad, want: true},
		"a token behind spaces":              {authorization: strings.ReplaceAll(pad, "\t", " ") + "Bearer ak_a", then: strings.ReplaceAll(pad, "\t", " ") + "Bearer ak_b", want: true},
		"an opaque token":                    {authorization: "Bearer mt_" + long[7:] + "b", then: "Bearer mt_" + long[7:] + "c", want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := http.Header{"Sec-Fetch-Dest": {"document"}}, http.Header{"Sec-Fetch-Dest": {"document"}}
			for header, values := range map[*http.Header][2]string{&first: {tt.authorization, tt.cookie}, &second: {tt.then, tt.thenCookie}} {
				for i, name := range [...]string{"Authorization", "Cookie"} {
					if values[i] != "" {
						header.Set(name, values[i])
					}
				}
			}
			for view, of := range map[string]func(http.Header) core.Request{
				"net/http": func(h http.Header) core.Request {
					return core.FromHTTP(&http.Request{Method: http.MethodGet, Host: "app.example", URL: &url.URL{Path: "/dashboard"}, Header: h})
				},
				"others": func(h http.Header) core.Request {
					r := get("/dashboard")
					r.header = h
					return r
				},
			} {
				before, _ := adapter.Attach(t.Context(), c, of(first))
				after, _ := adapter.Attach(before.NewContext(t.Context()), c, of(second))
				if got := before != after; got != tt.want {
					t.Errorf("%s: got judged anew %v, want %v", view, got, tt.want)
				}
			}
		})
	}
}
