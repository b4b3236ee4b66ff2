package core_test

import (
	"math"
	"net/url"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

func TestAuthorizationHeader(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	token := s.SessionToken("user_1")
	const in, none, other = "signed-in", "signed-out session-token-and-uat-missing", "signed-out token-invalid"
	for _, test := range []struct {
		name   string
		values []string
		want   string
	}{
		{"absent", nil, none},
		{"empty", []string{""}, none},
		{"white space", []string{" \t "}, none},
		{"Bearer and a token", []string{"Bearer " + token}, in},
		{"something behind the token", []string{"Bearer " + token + " u"}, in},
		{"much behind the token", []string{"Bearer " + token + " " + strings.Repeat("u", 8<<10)}, in},
		{"more than any token behind the token", []string{"Bearer " + token + " " + strings.Repeat("u", 16<<10)}, other},
		{"more than any token", []string{"Bearer " + strings.Repeat("u", 64<<10)}, other},
		{"more than any token behind another scheme", []string{"Basic " + strings.Repeat("u", 64<<10)}, none},
		{"no scheme", []string{token}, in},
		{"no scheme, and a space", []string{token + " "}, in},
		{"space around", []string{"  Bearer " + token + "\t"}, in},
		{"Bearer alone is the token", []string{"Bearer"}, other},
		{"two spaces", []string{"Bearer  " + token}, other},
		{"a tab", []string{"Bearer\t" + token}, other},
		{"lower case", []string{"bearer " + token}, none},
		{"upper case", []string{"BEARER " + token}, none},
		{"another scheme", []string{"Basic " + token}, none},
		{"a scheme of its own", []string{"Token " + token}, none},
		{"the token as scheme", []string{token + " x"}, none},
		{"two headers", []string{"Bearer " + token, "Bearer " + token}, other},
		{"another scheme first", []string{"Basic x", "Bearer " + token}, none},
		{"an empty one first", []string{"", "Bearer " + token}, none},
		{"quoted", []string{`Bearer "` + token + `"`}, other},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := get("/")
			for _, value := range test.values {
				r.header.Add("Authorization", value)
			}
			warm := newClerk(t, plain(s)) // One that remembers the token.
			if !warm.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+token)).IsSignedIn() {
				t.Fatal("the token is not accepted")
			}
			for name, c := range map[string]*core.Clerk{"new": newClerk(t, plain(s)), "remembered": warm} {
				if got := outcome(c.Authenticate(t.Context(), r)); got != test.want {
					t.Errorf("%s: got %q, want %q", name, got, test.want)
				}
			}
		})
	}
}

// A session cookie without a client makes a handshake that carries the cookie's
// value: the way to see what was read.
func TestCookieHeader(t *testing.T) {
	t.Parallel()
	c := newClerk(t, plain(newServer(t, true)))
	for _, test := range []struct {
		name    string
		headers []string
		want    string // the session, "" for none
	}{
		{"one cookie", []string{"__session=tok"}, "tok"},
		{"among others", []string{"a=b; __session=tok; c=d"}, "tok"},
		{"space and tabs around", []string{" a=b ;\t __session\t = tok \t"}, "tok"},
		{"no space", []string{"a=b;__session=tok;c=d"}, "tok"},
		{"first occurrence wins", []string{"__session=tok; __session=other"}, "tok"},
		{"first occurrence wins, empty too", []string{"__session=; __session=tok"}, ""},
		{"two headers", []string{"a=b", "__session=tok"}, "tok"},
		{"first of two headers wins", []string{"__session=tok", "__session=other"}, "tok"},
		{"no equals sign", []string{"__session; __session=tok"}, "tok"},
		{"equals signs in the value", []string{"__session=a=b=="}, "a=b=="},
		{"quotes stay", []string{`__session="tok"`}, `"tok"`},
		{"names are case-sensitive", []string{"__SESSION=tok"}, ""},
		{"percent-encoding", []string{"__session=a%20b%3D%c3%A9"}, "a b=é"},
		{"encoded semicolons make no cookies", []string{"a=%3B__session=tok"}, ""},
		{"encoded names are other names", []string{"__sessio%6e=tok"}, ""},
		{"a plus stays", []string{"__session=a+b"}, "a+b"},
		{"half an escape keeps everything", []string{"__session=%20%2"}, "%20%2"},
		{"a wrong escape keeps everything", []string{"__session=%20%zz"}, "%20%zz"},
		{"an escape of no UTF-8 keeps everything", []string{"__session=%20%ff"}, "%20%ff"},
		{"a surrogate keeps everything", []string{"__session=%ed%a0%80"}, "%ed%a0%80"},
		{"an overlong escape keeps everything", []string{"__session=%c0%80"}, "%c0%80"},
		{"interrupted UTF-8 keeps everything", []string{"__session=%c3a%a9"}, "%c3a%a9"},
		{"bytes are Latin-1", []string{"__session=\xe9"}, "é"},
		{"empty", []string{"__session="}, ""},
		{"commas separate nothing", []string{"a=b, __session=tok"}, ""},
		{"nothing but semicolons", []string{";;;=;=x"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := page("/")
			for _, h := range test.headers {
				r.header.Add("Cookie", h)
			}
			state := c.Authenticate(t.Context(), r)
			want := "handshake session-token-but-no-client-uat"
			if test.want == "" {
				want = "signed-out session-token-and-uat-missing"
			}
			if got := outcome(state); got != want {
				t.Errorf("%q: got %q, want %q", test.headers, got, want)
			}
			if got := locationQuery(t, state).Get("__session"); got != test.want {
				t.Errorf("%q: got session %q, want %q", test.headers, got, test.want)
			}
		})
	}
}

func TestClientUATIsAnIntegerPrefix(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	c := newClerk(t, plain(s))
	for text, want := range map[string]float64{
		"12": 12, "12abc": 12, " 12": 12, "+12": 12, "-5": -5, "0x1F": 31, "0X1f": 31, "-0x1f": -31, "1e3": 1, "017": 17, "1_000": 1,
		"1717490192.9": 1717490192, "\v\f12": 12, "9007199254740993": 9007199254740992,
		"0": 0, "abc": 0, "": 0, "-": 0, "0x": 0, "0xg": 0, "--1": 0, "- 1": 0, ".5": 0, "Infinity": 0, "00": 0, "-0": 0,
	} {
		// The session is as old as the client's last update, or one second older.
		same := s.SessionToken("user_1", clerktest.Claim("iat", math.Min(want, 1795217577)))
		older := s.SessionToken("user_1", clerktest.Claim("iat", math.Min(want, 1795217577)-1))
		wantSame, wantOlder := "signed-in", "signed-out session-token-iat-before-client-uat"
		switch {
		case want == 0:
			wantSame, wantOlder = "signed-out session-token-but-no-client-uat", "signed-out session-token-but-no-client-uat"
		case want > 1795217577:
			wantSame = wantOlder
		}
		for token, wantOutcome := range map[string]string{same: wantSame, older: wantOlder} {
			r := get("/", "Cookie", "__client_uat="+url.PathEscape(text)+"; __session="+token)
			if got := outcome(c.Authenticate(t.Context(), r)); got != wantOutcome {
				t.Errorf("%q: got %q, want %q", text, got, wantOutcome)
			}
		}
	}
}

func TestRedirectCountIsANumber(t *testing.T) {
	t.Parallel()
	c := newClerk(t, plain(newServer(t, true)))
	for text, want := range map[string]string{
		"": "1", "0": "1", "1": "2", "2": "3", "4": "5", "-1": "0", "1e0": "2", "2.5": "3.5", "3abc": "1", "abc": "1", " 1 ": "2", "+1": "2",
		"0b1": "2", "0o1": "2", "0x1": "2", "0x": "1", "0xg": "1", "-0x3": "1", "1_0": "1", ".5": "1.5", "5.": "6", ".": "1", "Infinity": "Infinity",
		"-Infinity": "-Infinity", "infinity": "1", "inf": "1", "NaN": "1", "0x1p-2": "1", "1e999": "Infinity", "1e21": "1e+21", "1 1": "1", "e1": "1",
		"0x_1": "1", "0x+3": "1",
		"3": "", "3.0": "", "0x3": "", "0b11": "", " 3\n": "", "30e-1": "", // The loop ends here.
	} {
		r := page("/", "Cookie", "__client_uat=1; __clerk_redirect_count="+url.PathEscape(text))
		state := c.Authenticate(t.Context(), r)
		wantCookie, wantOutcome := "__clerk_redirect_count="+want+"; SameSite=Lax; HttpOnly; Max-Age=2", "handshake"
		if want == "" {
			wantCookie, wantOutcome = "", "signed-out"
		}
		if got := headerOf(state.Headers(), "Set-Cookie"); got != wantCookie || string(state.Status()) != wantOutcome {
			t.Errorf("%q: got %v with cookie %q, want %v with %q", text, state.Status(), got, wantOutcome, wantCookie)
		}
		if (state.Location() == "") != (want == "") {
			t.Errorf("%q: got Location %q", text, state.Location())
		}
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	c := newClerk(t, core.Options{PublishableKey: liveKey, SecretKey: liveSK, LookupEnv: noEnv})
	ignoring := newClerk(t, core.Options{PublishableKey: liveKey, SecretKey: liveSK, LookupEnv: noEnv, IgnoreForwarded: true})
	for _, test := range []struct {
		name, host, target string
		headers            []string
		want               string
	}{
		{"Host header", "h.com", "/a?b=c", nil, "http://h.com/a?b=c"},
		{"own port", "h.com:8080", "/", nil, "http://h.com:8080/"},
		{"default port", "h.com:80", "/", nil, "http://h.com/"},
		{"capitals", "H.Com", "/A", nil, "http://h.com/A"},
		{"forwarded host", "h.com", "/p", []string{"X-Forwarded-Host", "a.com"}, "http://a.com/p"},
		{"forwarded scheme", "h.com", "/p", []string{"X-Forwarded-Proto", "https"}, "https://h.com/p"},
		{"both", "h.com", "/p", []string{"X-Forwarded-Host", "a.com", "X-Forwarded-Proto", "https"}, "https://a.com/p"},
		{"list of hosts", "h.com", "/p", []string{"X-Forwarded-Host", "a.com,b.com"}, "http://a.com/p"},
		{"list of hosts with space", "h.com", "/p", []string{"X-Forwarded-Host", "a.com , b.com"}, "http://a.com/p"},
		{"list of schemes", "h.com", "/p", []string{"X-Forwarded-Proto", "https,http"}, "https://h.com/p"},
		{"list of schemes with space, unlike Clerk's", "h.com", "/p", []string{"X-Forwarded-Proto", "https , http"}, "https://h.com/p"},
		{"two headers", "h.com", "/p", []string{"X-Forwarded-Host", "a.com", "X-Forwarded-Host", "b.com"}, "http://a.com/p"},
		{"empty host, unlike Clerk's", "h.com", "/p", []string{"X-Forwarded-Host", "", "X-Forwarded-Proto", "https"}, "https://h.com/p"},
		{"empty scheme, unlike Clerk's", "h.com", "/p", []string{"X-Forwarded-Host", "a.com", "X-Forwarded-Proto", ""}, "http://a.com/p"},
		{"empty first element, unlike Clerk's", "h.com", "/p", []string{"X-Forwarded-Host", ", b.com"}, "http://h.com/p"},
		{"forwarded default port", "h.com", "/p", []string{"X-Forwarded-Host", "a.com:443", "X-Forwarded-Proto", "https"}, "https://a.com/p"},
		{"forwarded other port", "h.com", "/p", []string{"X-Forwarded-Host", "a.com:80", "X-Forwarded-Proto", "https"}, "https://a.com:80/p"},
		{"user in the host", "h.com", "/p", []string{"X-Forwarded-Host", "user@a.com"}, "http://user@a.com/p"},
		{"path in the host", "h.com", "/p", []string{"X-Forwarded-Host", "a.com/evil"}, "http://a.com/p"},
		{"query in the host", "h.com", "/p", []string{"X-Forwarded-Host", "a.com?evil"}, "http://a.com/p"},
		{"no host at all", "h.com", "/p", []string{"X-Forwarded-Host", "<invalid>"}, "http://h.com/p"},
		{"space in the host", "h.com", "/p", []string{"X-Forwarded-Host", "a b"}, "http://h.com/p"},
		{"space in the scheme", "h.com", "/p", []string{"X-Forwarded-Proto", "ht tp"}, "http://h.com/p"},
		{"scheme of WebSockets, unlike Clerk's", "h.com", "/p", []string{"X-Forwarded-Proto", "wss"}, "https://h.com/p"},
		{"the other, unlike Clerk's", "h.com", "/p", []string{"X-Forwarded-Proto", "WS", "X-Forwarded-Host", "a.com"}, "http://a.com/p"},
		{"no scheme of the web, unlike Clerk's", "h.com", "/p", []string{"X-Forwarded-Proto", "javascript", "X-Forwarded-Host", "a.com"}, "http://a.com/p"},
		{"scheme with more, unlike Clerk's", "h.com", "/p", []string{"X-Forwarded-Proto", "https:"}, "http://h.com/p"},
		{"script for a host", "h.com", "/p", []string{"X-Forwarded-Proto", "javascript", "X-Forwarded-Host", "%0aalert(1)//"}, "http://h.com/p"},
		{"slashes behind the host", "h.com", "/p", []string{"X-Forwarded-Host", "a.com" + strings.Repeat("/", 8000)}, "http://a.com/p"},
		{"user without end", "h.com", "/p", []string{"X-Forwarded-Host", "a" + strings.Repeat("@", 8000)}, "http://h.com/p"},
		{"target of the longest kind", "h.com", "/" + strings.Repeat("a", 15000), nil, "http://h.com/" + strings.Repeat("a", 15000)},
		{"target that is too long, unlike Clerk's", "h.com", "/" + strings.Repeat("a", 17000), nil, "http://h.com/"},
		{"forwarded port is not read", "h.com", "/p", []string{"X-Forwarded-Port", "8443"}, "http://h.com/p"},
		{"Forwarded is not read", "h.com", "/p", []string{"Forwarded", "host=a.com;proto=https"}, "http://h.com/p"},
		{"CloudFront's scheme is not read", "h.com", "/p", []string{"Cloudfront-Forwarded-Proto", "https"}, "http://h.com/p"},
		{"path that begins with two slashes, unlike Clerk's", "h.com", "//evil.com/p", nil, "http://h.com//evil.com/p"},
		{"and behind a proxy", "h.com", "//evil.com/p", []string{"X-Forwarded-Host", "a.com"}, "http://a.com//evil.com/p"},
		{"backslashes", "h.com", `/\evil.com`, nil, "http://h.com//evil.com"},
		{"absolute target", "h.com", "http://evil.com/p?q", nil, "http://h.com/p?q"},
		{"absolute target without path", "h.com", "http://evil.com", nil, "http://h.com/"},
		{"asterisk", "h.com", "*", nil, "http://h.com/*"},
		{"path that looks like a user", "h.com", "/@evil.com", nil, "http://h.com/@evil.com"},
		{"target without slash", "h.com", "@evil.com/p", nil, "http://h.com/@evil.com/p"},
		{"dot segments", "h.com", "/a/../b/./%2e%2e/c", nil, "http://h.com/c"},
		{"escapes stay", "h.com", "/a%2Fb%zz?q=%20+%zz", nil, "http://h.com/a%2Fb%zz?q=%20+%zz"},
		{"unescaped characters", "h.com", `/a b"<>?"<>'`, nil, "http://h.com/a%20b%22%3C%3E?%22%3C%3E%27"},
		{"empty query", "h.com", "/p?", nil, "http://h.com/p?"},
		{"invalid Host header", "a b", "/p", nil, "http://localhost/p"},
		{"no Host header", "", "/p", nil, "http://localhost/p"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ra := attach(t, c, get(test.target, test.headers...).on(test.host))
			if got := redirectURL(t, ra); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if len(test.headers) == 0 {
				return
			}
			ra = attach(t, ignoring, get("/p", test.headers...).on("h.com"))
			if got := redirectURL(t, ra); got != "http://h.com/p" {
				t.Errorf("with IgnoreForwarded: got %q", got)
			}
		})
	}
	secure := get("/p").on("h.com:443")
	secure.tls = true
	if got := redirectURL(t, attach(t, c, secure)); got != "https://h.com/p" {
		t.Errorf("over TLS: got %q", got)
	}
}

// redirectURL is where the sign-in page would send the user back to: the public
// URL of the request.
func redirectURL(t *testing.T, ra *core.RequestAuth, opts ...core.RedirectOption) string {
	t.Helper()
	signIn, err := ra.SignInURL(opts...)
	if err != nil {
		t.Fatal(err)
	}
	base, query, _ := strings.Cut(signIn, "?")
	if base != "https://accounts.example.com/sign-in" {
		t.Fatalf("got sign-in page %q", base)
	}
	params, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return params.Get("redirect_url")
}
