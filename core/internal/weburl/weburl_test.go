package weburl_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// TestDifferences: where Node.js 20 departs from the standard, we do not, and where we do, it is by
// a bound.
func TestDifferences(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ input, base, want string }{
		{input: "x#f", base: "mailto:a@b"},
		{input: "#f", base: "mailto:a@b", want: "mailto:a@b#f"},
		{input: "/..", base: "foo://h/a", want: "foo://h/"},
		{input: "#f", base: "http://a/b?", want: "http://a/b?#f"},
		{input: "http://h//a/.b/..", want: "http://h//a/"},
		{input: "file:///u:@h/..", want: "file:///"},
		{input: "http://1א/"},
		{input: "http://xn--zca-/"},
		{input: "http://a.xn--a-.b/"},
		{input: "http://xn--zca/", want: "http://xn--zca/"},
		{input: "http://" + strings.Repeat("a", weburl.MaxHost) + "/", want: "http://" + strings.Repeat("a", weburl.MaxHost) + "/"},
		{input: "http://" + strings.Repeat("a", weburl.MaxHost+1) + "/"},
		{input: "http://[" + strings.Repeat("0", weburl.MaxHost) + "]/"},
		{input: "foo://" + strings.Repeat("a", weburl.MaxHost+1) + "/"},
		{input: "//" + strings.Repeat("a", weburl.MaxHost+1) + "/", base: "http://a/"},
		{input: "http:\t//" + strings.Repeat("a\n", weburl.MaxHost) + "a/"},
		{input: `http:\\` + strings.Repeat("a", weburl.MaxHost+1) + "/"},
		{input: strings.Repeat(" ", weburl.MaxLength) + "http://a/"},
		{input: "http://a/" + strings.Repeat("a", weburl.MaxLength-9), want: "http://a/" + strings.Repeat("a", weburl.MaxLength-9)},
		{input: "http://a/" + strings.Repeat("a", weburl.MaxLength-8)},
		{input: "http://a/" + strings.Repeat("\"", weburl.MaxLength/3)},
		{input: "?" + strings.Repeat("a", weburl.MaxLength-20), base: "http://a/" + strings.Repeat("a", 20)},
	} {
		var u weburl.URL
		var err error
		if test.base == "" {
			u, err = weburl.Parse(test.input)
		} else if u, err = weburl.Parse(test.base); err == nil {
			u, err = u.Resolve(test.input)
		}
		if got := u.String(); got != test.want || (err == nil) != (test.want != "") || err != nil && !errors.Is(err, weburl.ErrInvalid) {
			t.Errorf("%.60q on %q: got %.60q, %v, want %.60q", test.input, test.base, got, err, test.want)
		}
	}
}

func TestZeroURL(t *testing.T) {
	t.Parallel()
	var u weburl.URL
	if got := u.String() + u.Scheme() + u.Username() + u.Password() + u.Host() + u.Hostname() + u.Port() + u.Path() + u.Search() + u.Query() + u.Hash(); got != "" || u.IsHTTP() || u.IsOpaque() || u.HasCredentials() || u.Origin() != "null" {
		t.Errorf("got %q of no URL, origin %q", got, u.Origin())
	}
	if _, err := u.Resolve("http://a/"); err == nil {
		t.Error("a URL is relative to none")
	}
	if _, err := u.WithTarget("/", "", ""); err == nil {
		t.Error("no URL got a path")
	}
}

func TestWithTarget(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ base, path, query, hash, want string }{
		{base: "http://u:p@a:8080/x?y#z", path: "/b", query: "?c", hash: "#d", want: "http://u:p@a:8080/b?c#d"},
		{base: "http://a/x?y#z", want: "http://a/"},
		{base: "http://a/", path: "//evil.example/..//b", want: "http://a///b"},
		{base: "http://a/", path: `\\evil.example`, want: "http://a//evil.example"},
		{base: "http://a/", path: "b?c#d", query: "?#", hash: "##", want: "http://a/b%3Fc%23d?%23##"},
		{base: "http://a/", path: "/b\t/.\n./c", query: "?\rx", want: "http://a/c?x"},
		{base: "http://a/", path: "/\xff\xe2\x82", query: "?\xff", want: "http://a/%EF%BF%BD%EF%BF%BD?%EF%BF%BD"},
		{base: "foo://a", query: "?x", want: "foo://a?x"},
		{base: "foo:/a", path: "//b", want: "foo:/.//b"},
		{base: "mailto:a", path: "/b"},
		{base: "http://a/", path: "/" + strings.Repeat("a", weburl.MaxLength)},
	} {
		base, err := weburl.Parse(test.base)
		if err != nil {
			t.Fatal(err)
		}
		if u, err := base.WithTarget(test.path, test.query, test.hash); u.String() != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%q with %.20q: got %q, %v, want %q", test.base, test.path, u, err, test.want)
		}
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"http://a": "http://a/b", "http://a/x": "http://a/x/b", "http://a/x/": "http://a/x/b", "http://a/x//?q#h": "http://a/x/b?q#h", "http://a?": "http://a/b?", "mailto:a": "",
	} {
		u, err := weburl.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		if u, err = u.Join("b"); u.String() != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", base, u, err, want)
		}
	}
}

// FuzzParse: nothing panics, what was written out reads as itself, the parts are the whole, and
// neither is longer than it may be.
func FuzzParse(f *testing.F) {
	for _, seed := range [][2]string{
		{"http://u:p@a.example:8080/b/../c?d=e&f#g", ""},
		{"http:\t//" + strings.Repeat("@", 100), ""},
		{`\\h` + strings.Repeat("/", 100), "https://a/"},
		{"http://[1::2:1.2.3.4]:0/%2e%2E/\xff", "foo:bar"},
		{"file:///C|/../x?\xe2\x82#'", "file://h/d:/"},
		{"?a=%ff+&%61=\xf0\x9f%92", "http://xn--bcher-kva.example/"},
		{"//0x7f.1/", "ws://h"},
		{"http://ｂüｃher。example%2e/", ""},
		{"..//./x", "foo:/.//p"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, input, base string) {
		u, err := weburl.Parse(input)
		if base != "" {
			if u, err = weburl.Parse(base); err == nil {
				u, err = u.Resolve(input)
			}
		}
		if err != nil {
			if u != (weburl.URL{}) {
				t.Errorf("%q on %q: got %q with an error", input, base, u)
			}
			return
		}
		check(t, u)
		check(t, u.AppendParams(weburl.Param{Name: "a b", Value: input[:min(len(input), 100)]}))
		if edited := u.SetParam("d", "\xff"); strings.Contains(edited.String(), "\xff") {
			t.Errorf("got %q", edited)
		}
		params := weburl.ParseQuery(u.Query())
		if again := weburl.EncodeQuery(params); again != u.DeleteParams("none of these").Query() {
			t.Errorf("%q: its parameters are written as %q and %q", u, again, u.DeleteParams("none of these").Query())
		}
		if _, found := weburl.QueryParam(u.DeleteParams("a").Query(), "a"); found {
			t.Errorf("%q: a parameter was not deleted", u)
		}
	})
}

func check(t *testing.T, u weburl.URL) {
	t.Helper()
	text := u.String()
	if len(text) > weburl.MaxLength {
		return // Only edited ones.
	}
	again, err := weburl.Parse(text)
	if err != nil || again != u {
		t.Errorf("%q reads as %q, %v", text, again, err)
	}
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7F {
			t.Fatalf("got %q", text)
		}
	}
	if parts := u.Scheme() + u.Username() + u.Password() + u.Host() + u.Path() + u.Search() + u.Hash(); len(parts) > len(text) || !strings.HasSuffix(text, u.Path()+u.Search()+u.Hash()) {
		t.Errorf("%q has the parts %q", text, parts)
	}
	if strings.HasPrefix(u.Origin(), "http") && u.IsHTTP() && !strings.HasSuffix(u.Origin(), "//"+u.Host()) {
		t.Errorf("%q has the origin %q", text, u.Origin())
	}
}

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://localhost:3000/x": true, "https://LOCALHOST": true, "http://api.localhost": true, "http://127.0.0.1:1": true, "http://127.1": true,
		"http://[::1]:80": true, "http://0x7f000001/": true, "https://api.clerk.com": false, "http://localhost.example": false, "http://mylocalhost": false,
		"http://10.0.0.1": false, "http://[::2]": false, "data:localhost": false,
	} {
		if u, err := weburl.Parse(address); err != nil || u.IsLoopback() != want {
			t.Errorf("%s: got %v, %v", address, u.IsLoopback(), err)
		}
	}
	if new(weburl.URL).IsLoopback() {
		t.Error("the zero value is this machine")
	}
}
