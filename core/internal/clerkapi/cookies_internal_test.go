package clerkapi

import (
	"errors"
	"slices"
	"testing"

	"github.com/clerkgo/clerkgo/core/internal/engine"
)

func TestCookiesOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body string
		want []string
		none bool // there is no list
	}{
		{body: `{"object":"cookies","cookies":["__session=a; Path=\u002F","b=\"c\""]}`, want: []string{"__session=a; Path=/", `b="c"`}},
		{body: `{"cookies":[]}`, want: []string{}},
		{body: `{"cookies":["a=b",null]}`, want: []string{"a=b", ""}},
		{body: `{"cookies":["a=b",1]}`},
		{body: `{"cookies":null}`, none: true},
		{body: `{"cookies":"a=b"}`, none: true},
		{body: `{"object":"cookies"}`, none: true},
		{body: `{"Cookies":["a=b"]}`, none: true}, // As JavaScript reads it.
		{body: `["a=b"]`, none: true},
		{body: `null`, none: true},
		{body: `{"cookies":["a=b"]`, none: true},
		{body: "", none: true},
	} {
		got, err := cookiesOf([]byte(tt.body))
		if errors.Is(err, engine.ErrNoCookies) != tt.none || (err != nil) != tt.none || !slices.Equal(got, tt.want) || (got == nil) != (tt.want == nil) {
			t.Errorf("%s: got %q, %v", tt.body, got, err)
		}
	}
}
