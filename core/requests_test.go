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
		{name: "absent", want: none},
		{name: "empty", values: []string{""}, want: none},
		{name: "white space", values: []string{" \t "}, want: none},
		{name: "Bearer and a token", values: []string{"Bearer " + token}, want: in},
		{name: "something behind the token", values: []string{"Bearer " + token + " u"}, want: in},
		{name: "much behind the token", values: []string{"Bearer " + token + " " + strings.Repeat("u", 8<<10)}, want: in},
		{name: "more than any token behind the token", values: []string{"Bearer " + token + " " + strings.Repeat("u", 16<<10)}, want: other},
		{name: "more than any token", values: []string{"Bearer " + strings.Repeat("u", 64<<10)}, want: other},
		{name: "more than any token behind another scheme", values: []string{"Basic " + strings.Repeat("u", 64<<10)}, want: none},
		{name: "no scheme", values: []string{token}, want: in},
		{name: "no scheme, and a space", values: []string{token + " "}, want: in},
		{name: "space around", values: []string{"  Bearer " + token + "\t"}, want: in},
		{name: "Bearer alone is the token", values: []string{"Bearer"}, want: other},
		{name: "two spaces", values: []string{"Bearer  " + token}, want: other},
		{name: "a tab", values: []string{"Bearer\t" + token}, want: other},
		{name: "lower case", values: []string{"bearer " + token}, want: none},
		{name: "upper case", values: []string{"BEARER " + token}, want: none},
		{name: "another scheme", values: []string{"Basic " + token}, want: none},
		{name: "a scheme of its own", values: []string{"Token " + token}, want: none},
		{name: "the token as scheme", values: []string{token + " x"}, want: none},
		{name: "two headers", values: []string{"Bearer " + token, "Bearer " + token}, want: other},
		{name: "another scheme first", values: []string{"Basic x", "Bearer " + token}, want: none},
		{name: "an empty one first", values: []string{"", "Bearer " + token}, want: none},
		{name: "quoted", values: []string{`Bearer "` + token + `"`}, want: other},
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
		{name: "one cookie", headers: []string{"__session=tok"}, want: "tok"},
		{name: "among others", headers: []string{"a=b; __session=tok; c=d"}, want: "tok"},
		{name: "space and tabs around", headers: []string{" a=b ;\t __session\t = tok \t"}, want: "tok"},
		{name: "no space", headers: []string{"a=b;__session=tok;c=d"}, want: "tok"},
		{name: "first occurrence wins", headers: []string{"__session=tok; __session=other"}, want: "tok"},
		{name: "first occurrence wins, empty too", headers: []string{"__session=; __session=tok"}},
		{name: "two headers", headers: []string{"a=b", "__session=tok"}, want: "tok"},
		{name: "first of two headers wins", headers: []string{"__session=tok", "__session=other"}, want: "tok"},
		{name: "no equals sign", headers: []string{"__session; __session=tok"}, want: "tok"},
		{name: "equals signs in the value", headers: []string{"__session=a=b=="}, want: "a=b=="},
		{name: "quotes stay", headers: []string{`__session="tok"`}, want: `"tok"`},
		{name: "names are case-sensitive", headers: []string{"__SESSION=tok"}},
		{name: "percent-encoding", headers: []string{"__session=a%20b%3D%c3%A9"}, want: "a b=é"},
		{name: "encoded semicolons make no cookies", headers: []string{"a=%3B__session=tok"}},
		{name: "encoded names are other names", headers: []string{"__sessio%6e=tok"}},
		{name: "a plus stays", headers: []string{"__session=a+b"}, want: "a+b"},
		{name: "half an escape keeps everything", headers: []string{"__session=%20%2"}, want: "%20%2"},
		{name: "a wrong escape keeps everything", headers: []string{"__session=%20%zz"}, want: "%20%zz"},
		{name: "an escape of no UTF-8 keeps everything", headers: []string{"__session=%20%ff"}, want: "%20%ff"},
		{name: "a surrogate keeps everything", headers: []string{"__session=%ed%a0%80"}, want: "%ed%a0%80"},
		{name: "an overlong escape keeps everything", headers: []string{"__session=%c0%80"}, want: "%c0%80"},
		{name: "interrupted UTF-8 keeps everything", headers: []string{"__session=%c3a%a9"}, want: "%c3a%a9"},
		{name: "bytes are Latin-1", headers: []string{"__session=\xe9"}, want: "é"},
		{name: "empty", headers: []string{"__session="}},
		{name: "commas separate nothing", headers: []string{"a=b, __session=tok"}},
		{name: "nothing but semicolons", headers: []string{";;;=;=x"}},
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
		{name: "Host header", host: "h.com", target: "/a?b=c", want: "http://h.com/a?b=c"},
		{name: "own port", host: "h.com:8080", target: "/", want: "http://h.com:8080/"},
		{name: "default port", host: "h.com:80", target: "/", want: "http://h.com/"},
		{name: "capitals", host: "H.Com", target: "/A", want: "http://h.com/A"},
		{name: "forwarded host", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "a.com"}, want: "http://a.com/p"},
		{name: "forwarded scheme", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Proto", "https"}, want: "https://h.com/p"},
		{name: "both", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "a.com", "X-Forwarded-Proto", "https"}, want: "https://a.com/p"},
		{name: "list of hosts", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "a.com,b.com"}, want: "http://a.com/p"},
		{name: "list of hosts with space", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "a.com , b.com"}, want: "http://a.com/p"},
		{name: "list of schemes", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Proto", "https,http"}, want: "https://h.com/p"},
		{name: "list of schemes with space, unlike Clerk's", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Proto", "https , http"}, want: "https://h.com/p"},
		{name: "two headers", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "a.com", "X-Forwarded-Host", "b.com"}, want: "http://a.com/p"},
		{name: "empty host, unlike Clerk's", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "", "X-Forwarded-Proto", "https"}, want: "https://h.com/p"},
		{name: "empty scheme, unlike Clerk's", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "a.com", "X-Forwarded-Proto", ""}, want: "http://a.com/p"},
		{name: "empty first element, unlike Clerk's", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", ", b.com"}, want: "http://h.com/p"},
		{name: "forwarded default port", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "a.com:443", "X-Forwarded-Proto", "https"}, want: "https://a.com/p"},
		{name: "forwarded other port", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "a.com:80", "X-Forwarded-Proto", "https"}, want: "https://a.com:80/p"},
		{name: "user in the host", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "user@a.com"}, want: "http://user@a.com/p"},
		{name: "path in the host", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "a.com/evil"}, want: "http://a.com/p"},
		{name: "query in the host", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "a.com?evil"}, want: "http://a.com/p"},
		{name: "no host at all", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "<invalid>"}, want: "http://h.com/p"},
		{name: "space in the host", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "a b"}, want: "http://h.com/p"},
		{name: "space in the scheme", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Proto", "ht tp"}, want: "http://h.com/p"},
		{name: "scheme of WebSockets, unlike Clerk's", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Proto", "wss"}, want: "https://h.com/p"},
		{name: "the other, unlike Clerk's", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Proto", "WS", "X-Forwarded-Host", "a.com"}, want: "http://a.com/p"},
		{name: "no scheme of the web, unlike Clerk's", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Proto", "javascript", "X-Forwarded-Host", "a.com"}, want: "http://a.com/p"},
		{name: "scheme with more, unlike Clerk's", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Proto", "https:"}, want: "http://h.com/p"},
		{name: "script for a host", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Proto", "javascript", "X-Forwarded-Host", "%0aalert(1)//"}, want: "http://h.com/p"},
		{name: "slashes behind the host", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "a.com" + strings.Repeat("/", 8000)}, want: "http://a.com/p"},
		{name: "user without end", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Host", "a" + strings.Repeat("@", 8000)}, want: "http://h.com/p"},
		{name: "target of the longest kind", host: "h.com", target: "/" + strings.Repeat("a", 15000), want: "http://h.com/" + strings.Repeat("a", 15000)},
		{name: "target that is too long, unlike Clerk's", host: "h.com", target: "/" + strings.Repeat("a", 17000), want: "http://h.com/"},
		{name: "forwarded port is not read", host: "h.com", target: "/p", headers: []string{"X-Forwarded-Port", "8443"}, want: "http://h.com/p"},
		{name: "Forwarded is not read", host: "h.com", target: "/p", headers: []string{"Forwarded", "host=a.com;proto=https"}, want: "http://h.com/p"},
		{name: "CloudFront's scheme is not read", host: "h.com", target: "/p", headers: []string{"Cloudfront-Forwarded-Proto", "https"}, want: "http://h.com/p"},
		{name: "path that begins with two slashes, unlike Clerk's", host: "h.com", target: "//evil.com/p", want: "http://h.com//evil.com/p"},
		{name: "and behind a proxy", host: "h.com", target: "//evil.com/p", headers: []string{"X-Forwarded-Host", "a.com"}, want: "http://a.com//evil.com/p"},
		{name: "backslashes", host: "h.com", target: `/\evil.com`, want: "http://h.com//evil.com"},
		{name: "absolute target", host: "h.com", target: "http://evil.com/p?q", want: "http://h.com/p?q"},
		{name: "absolute target without path", host: "h.com", target: "http://evil.com", want: "http://h.com/"},
		{name: "asterisk", host: "h.com", target: "*", want: "http://h.com/*"},
		{name: "path that looks like a user", host: "h.com", target: "/@evil.com", want: "http://h.com/@evil.com"},
		{name: "target without slash", host: "h.com", target: "@evil.com/p", want: "http://h.com/@evil.com/p"},
		{name: "dot segments", host: "h.com", target: "/a/../b/./%2e%2e/c", want: "http://h.com/c"},
		{name: "escapes stay", host: "h.com", target: "/a%2Fb%zz?q=%20+%zz", want: "http://h.com/a%2Fb%zz?q=%20+%zz"},
		{name: "unescaped characters", host: "h.com", target: `/a b"<>?"<>'`, want: "http://h.com/a%20b%22%3C%3E?%22%3C%3E%27"},
		{name: "empty query", host: "h.com", target: "/p?", want: "http://h.com/p?"},
		{name: "invalid Host header", host: "a b", target: "/p", want: "http://localhost/p"},
		{name: "no Host header", target: "/p", want: "http://localhost/p"},
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
