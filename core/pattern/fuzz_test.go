package pattern_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clerkgo/clerkgo/core/pattern"
)

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		"/", "/orgs/:slug", "/a{-:b.}*", "/(.*)/(.*)x", nextDefault, `/\`, "/(a(?:b|[^c-e])+?){2}", "{/:a}?/:b(\\d{2,})", "/:a--:b", "(", "/((?:a?b??)*)",
	} {
		f.Add(seed, "/a/b-c.d")
		f.Add(seed, "/_next/\xff//%2F")
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		set, err := pattern.Compile(text)
		if err != nil {
			var bad *pattern.Error
			if !errors.As(err, &bad) || bad.Pattern != text || bad.Inner == "" || bad.Offset < 0 || bad.Offset > len(text)+1 {
				t.Fatalf("%q: got error %#v", text, err)
			}
			return
		}
		checkMatch(t, set, path)
	})
}

func FuzzMatch(f *testing.F) {
	set, err := pattern.Compile(
		"/orgs/:slug", "/orgs/:slug/(.*)", "/:a-:b--:c", "/f/:path*", "/(.*)a(.*)b(.*)c", nextDefault, "/é{/:x}?", "/((?:a|b?)*)x",
	)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"/orgs/acme", "/ORGS/%41/x", "/a-b--c", "/f/a/b/c", "/É/x", "/_next", "/x.css", "/\xff", strings.Repeat("/a", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		checkMatch(t, set, path)
		if normal, err := pattern.Normalize(path); err == nil {
			checkMatch(t, set, normal)
		}
	})
}

// checkMatch checks what holds for every pattern and path.
func checkMatch(t *testing.T, set *pattern.Set, path string) {
	t.Helper()
	if steps, bound := set.Steps(path); steps > bound {
		t.Errorf("%q on %q: %d steps, more than %d", set.Patterns(), path, steps, bound)
	}
	params, got := set.Match(path)
	if test := set.Test(path); test != got && (len(set.Patterns()) == 1 || got != pattern.Unknown) {
		t.Errorf("%q on %q: Match says %v, Test %v", set.Patterns(), path, got, test)
	}
	for _, name := range params.Names() {
		value, single := params.Get(name)
		list, several := params.List(name)
		if single == several || !strings.Contains(path, value) || several && len(list) == 0 {
			t.Errorf("%q on %q: %s is %q and %q", set.Patterns(), path, name, value, list)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{"/", "//a///b", "/%61%2F%2f", "/caf%C3%A9", "/%zz", "/%ff", "/\xff", "/%F0%9F%92%A9", "/%25", "%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got, err := pattern.Normalize(path)
		if err != nil {
			if got != "" || utf8.ValidString(path) && !strings.Contains(path, "%") {
				t.Errorf("%q: got %q, %v", path, got, err)
			}
			return
		}
		if !utf8.ValidString(got) || strings.Contains(got, "//") || len(got) > len(path) {
			t.Errorf("%q: got %q", path, got)
		}
		if !strings.Contains(path, "%") && !strings.Contains(path, "//") && got != path {
			t.Errorf("%q: got %q", path, got)
		}
		// A path made of escapes of every byte that is not a slash decodes to the same, but for the
		// reserved characters.
		var escaped strings.Builder
		for _, b := range []byte(got) {
			if strings.IndexByte(";/?:@&=+$,#", b) >= 0 {
				escaped.WriteByte(b)
			} else {
				escaped.WriteByte('%')
				escaped.WriteByte("0123456789ABCDEF"[b>>4])
				escaped.WriteByte("0123456789abcdef"[b&15])
			}
		}
		if again, err := pattern.Normalize(escaped.String()); err != nil || again != got {
			t.Errorf("%q: got %q, and from escapes %q, %v", path, got, again, err)
		}
	})
}
