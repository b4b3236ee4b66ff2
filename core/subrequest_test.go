package core_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

func TestARequestInsideARequestHasItsOwnUser(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	clerk, err := core.New(s.Options())
	if err != nil {
		t.Fatal(err)
	}
	request := func(path, bearer string) *http.Request {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if bearer != "" {
			r.Header.Set("Authorization", "Bearer "+bearer)
		}
		return r
	}
	ada, bob := s.SessionToken("user_ada"), s.SessionToken("user_bob")
	outer, _ := adapter.Attach(t.Context(), clerk, core.FromHTTP(request("/batch", ada)))
	ctx := outer.NewContext(t.Context())

	for name, test := range map[string]struct {
		path, bearer, want string
		same               bool
	}{
		"the same request again":     {path: "/batch", bearer: ada, want: "user_ada", same: true},
		"another user's":             {path: "/batch", bearer: bob, want: "user_bob", same: false},
		"one without a credential":   {path: "/batch", same: false},
		"the same user's, elsewhere": {path: "/other", bearer: ada, want: "user_ada", same: false},
	} {
		inner, _ := adapter.Attach(ctx, clerk, core.FromHTTP(request(test.path, test.bearer)))
		if got := inner.Auth().UserID; got != test.want {
			t.Errorf("%s: got user %q, want %q", name, got, test.want)
		}
		if (inner == outer) != test.same {
			t.Errorf("%s: got same %t, want %t", name, inner == outer, test.same)
		}
	}
}

// Parsing must take time linear in a request, so a megabyte of anything in any
// place has to come back while somebody waits. The bound on a test's time is
// Go's own.
func TestLongHeadersAreCheap(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	clerk, err := core.New(s.Options())
	if err != nil {
		t.Fatal(err)
	}
	guard := adapter.Guard("Protect")
	const long = 900 << 10
	for _, unit := range []string{"a/", "/", "@", "%E4%B8%80", "a&", "9", "../", ".", "xn--a.", "%", "=", ";", " "} {
		text := strings.Repeat(unit, long/len(unit))
		for name, change := range map[string]func(*http.Request){
			"path":      func(r *http.Request) { r.RequestURI = "/" + text },
			"query":     func(r *http.Request) { r.RequestURI = "/?" + text },
			"host":      func(r *http.Request) { r.Host = text },
			"forwarded": func(r *http.Request) { r.Header.Set("X-Forwarded-Host", text) },
			"proto":     func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", text) },
			"uat":       func(r *http.Request) { r.Header.Set("Cookie", "__clerk_db_jwt=d; __client_uat="+text) },
			"count":     func(r *http.Request) { r.Header.Set("Cookie", "__clerk_redirect_count=0o7"+text) },
			"referer":   func(r *http.Request) { r.Header.Set("Referer", "http://"+text) },
			"back":      func(r *http.Request) { r.RequestURI = "/?__clerk_redirect_url=http://" + text },
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			r.RequestURI = "/"
			r.Header.Set("Sec-Fetch-Dest", "document")
			r.Header.Set("Cookie", "__client_uat=1; __clerk_db_jwt=d; __session="+s.SessionToken("user_ada"))
			change(r)
			ra, outcome := adapter.Attach(t.Context(), clerk, core.FromHTTP(r))
			if outcome.Allowed() {
				outcome = guard.Check(t.Context(), ra)
			}
			if outcome.IsFault() {
				t.Errorf("%s of %q…: got %v", name, unit, outcome.Err)
			}
		}
	}
}
