package request

import (
	"net/http"
	"slices"
	"testing"
)

func TestCredentials(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                  string
		header                http.Header
		authorization, cookie []string
	}{
		{"none", http.Header{"Accept": {"a"}, "Cookies": {"no"}}, nil, nil},
		{"both", http.Header{"Authorization": {"a", "b"}, "Cookie": {"c", "d"}}, []string{"a", "b"}, []string{"c", "d"}},
		{"one of each", http.Header{"Authorization": {"a"}}, []string{"a"}, nil},
		{"other spellings", http.Header{"authorization": {"b"}, "AUTHORIZATION": {"a"}, "cookie": {"c"}}, []string{"a", "b"}, []string{"c"}},
		{"one spelled as usual", http.Header{"authorization": {"a"}, "Cookie": {"c"}}, []string{"a"}, []string{"c"}},
		{"the usual spelling counts", http.Header{"Authorization": {"a"}, "authorization": {"b"}, "COOKIE": {"c"}}, []string{"a"}, []string{"c"}},
		{"empty", http.Header{"Authorization": {}, "authorization": {"b"}}, []string{"b"}, nil},
	} {
		view := HTTP{R: &http.Request{Header: tt.header}}
		for _, cookieFirst := range []bool{false, true} {
			c := new(Credentials).Of(view)
			if cookieFirst {
				c.Cookie()
			}
			for range 2 {
				if got := c.Authorization(); !slices.Equal(got, tt.authorization) {
					t.Errorf("%s: got Authorization %q, want %q", tt.name, got, tt.authorization)
				}
				if got := c.Cookie(); !slices.Equal(got, tt.cookie) {
					t.Errorf("%s: got Cookie %q, want %q", tt.name, got, tt.cookie)
				}
			}
			if got, want := c.Authorization(), Values(view, HeaderAuthorization); !slices.Equal(got, want) {
				t.Errorf("%s: got %q, without memory %q", tt.name, got, want)
			}
		}
	}
}
