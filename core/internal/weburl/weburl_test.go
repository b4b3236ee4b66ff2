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
		{"x#f", "mailto:a@b", ""},
		{"#f", "mailto:a@b", "mailto:a@b#f"},
		{"/..", "foo://h/a", "foo://h/"},
		{"#f", "http://a/b?", "http://a/b?#f"},
		{"http://h//a/.b/..", "", "http://h//a/"},
		{"file:///u:@h/..", "", "file:///"},
		{"http://1א/", "", ""},
		{"http://xn--zca-/", "", ""},
		{"http://a.xn--a-.b/", "", ""},
		{"http://xn--zca/", "", "http://xn--zca/"},
		{"http://" + strings.Repeat("a", weburl.MaxHost) + "/", "", "http://" + strings.Repeat("a", weburl.MaxHost) + "/"},
		{"http://" + strings.Repeat("a", weburl.MaxHost+1) + "/", "", ""},
		{"http://[" + strings.Repeat("0", weburl.MaxHost) + "]/", "", ""},
		{"foo://" + strings.Repeat("a", weburl.MaxHost+1) + "/", "", ""},
		{"//" + strings.Repeat("a", weburl.MaxHost+1) + "/", "http://a/", ""},
		{"http:\t//" + strings.Repeat("a\n", weburl.MaxHost) + "a/", "", ""},
		{`http:\\` + strings.Repeat("a", weburl.MaxHost+1) + "/", "", ""},
		{strings.Repeat(" ", weburl.MaxLength) + "http://a/", "", ""},
		{"http://a/" + strings.Repeat("a", weburl.MaxLength-9), "", "http://a/" + strings.Repeat("a", weburl.MaxLength-9)},
		{"http://a/" + strings.Repeat("a", weburl.MaxLength-8), "", ""},
		{"http://a/" + strings.Repeat("\"", weburl.MaxLength/3), "", ""},
		{"?" + strings.Repeat("a", weburl.MaxLength-20), "http://a/" + strings.Repeat("a", 20), ""},
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
		{"http://u:p@a:8080/x?y#z", "/b", "?c", "#d", "http://u:p@a:8080/b?c#d"},
		{"http://a/x?y#z", "", "", "", "http://a/"},
		{"http://a/", "//evil.example/..//b", "", "", "http://a///b"},
		{"http://a/", `\\evil.example`, "", "", "http://a//evil.example"},
		{"http://a/", "b?c#d", "?#", "##", "http://a/b%3Fc%23d?%23##"},
		{"http://a/", "/b\t/.\n./c", "?\rx", "", "http://a/c?x"},
		{"http://a/", "/\xff\xe2\x82", "?\xff", "", "http://a/%EF%BF%BD%EF%BF%BD?%EF%BF%BD"},
		{"foo://a", "", "?x", "", "foo://a?x"},
		{"foo:/a", "//b", "", "", "foo:/.//b"},
		{"mailto:a", "/b", "", "", ""},
		{"http://a/", "/" + strings.Repeat("a", weburl.MaxLength), "", "", ""},
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
