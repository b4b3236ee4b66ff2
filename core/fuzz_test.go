package core_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// fuzzServers are a development and a production instance, with what they accept.
func fuzzServers(f *testing.F) (servers []*clerktest.Server, clerks []*core.Clerk) {
	f.Helper()
	for _, production := range []bool{false, true} {
		s := newServer(f, production)
		o := plain(s)
		o.JWTKey, o.HTTPClient, o.Retry = s.PEM(), (&recorder{}).client(), core.Retry{Attempts: -1}
		o.OrganizationSync = core.OrganizationSync{OrganizationPatterns: []string{"/orgs/:slug/(.*)?"}, PersonalAccountPatterns: []string{"/me"}}
		servers, clerks = append(servers, s), append(clerks, newClerk(f, o))
		o.IsSatellite, o.SatelliteAutoSync, o.Domain, o.SignInURL = true, true, "sat.example", "https://primary.example/sign-in"
		o.AcceptsToken = core.AnyToken()
		servers, clerks = append(servers, s), append(clerks, newClerk(f, o))
	}
	return servers, clerks
}

// parseHeaders reads lines of "name: value".
func parseHeaders(text string) http.Header {
	h := http.Header{}
	for line := range strings.SplitSeq(text, "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			h.Add(name, value)
		}
	}
	return h
}

// checkHeaders looks for what would break out of a response header.
func checkHeaders(t *testing.T, headers []core.Header) {
	t.Helper()
	for _, h := range headers {
		if strings.ContainsAny(h.Name+h.Value, "\r\n\x00") {
			t.Errorf("header %q breaks the response", h)
		}
	}
}

// FuzzAuthenticate: whatever is sent, nothing panics, nothing breaks out of a
// header, and nobody is signed in who does not present a genuine token.
func FuzzAuthenticate(f *testing.F) {
	servers, clerks := fuzzServers(f)
	genuine := servers[0].SessionToken("user_1") // Of this process's key, so inputs name it as {token}.
	suffix := servers[0].CookieSuffix()
	for _, seed := range [][4]string{
		{"GET", "/", "app.example", ""},
		{"GET", "/p?a=b&__clerk_db_jwt=x&__clerk_synced=false", "app.example", "Sec-Fetch-Dest: document\nCookie: __client_uat=1; __session={token}"},
		{"POST", "/orgs/acme/x?__clerk_redirect_url=http://a%0d%0a", "h:1", "Authorization: Bearer {token}"},
		{"GET", "//evil.example/%zz?%zz", "[::1]:80", "Authorization: Bearer {token}x\nReferer: http://x.example/"},
		{"GET", "/?__clerk_handshake=e30.e30.AA&__clerk_handshake_nonce=n", "", "Cookie: __client_uat_" + suffix + "=1; __session_" + suffix + "=x; __clerk_redirect_count=0x3"},
		{"GET", "http://other.example/", "a b", "X-Forwarded-Host: \xff@evil,b\nX-Forwarded-Proto: javascript\nAccept: text/html\nOrigin: null"},
		{"OPTIONS", "*", "app.example", "Authorization: mt_x\nCookie: \xe9=%ff; __refresh_" + suffix + "=r"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, method, target, host, headers string) {
		headers = strings.ReplaceAll(headers, "{token}", genuine)
		for _, c := range clerks {
			r := &request{method: method, target: target, host: host, header: parseHeaders(headers), tls: len(target)%2 == 1}
			ra, out := adapter.Attach(t.Context(), c, r)
			checkHeaders(t, out.Headers)
			state := ra.State()
			checkHeaders(t, state.Headers())
			if state.IsSignedIn() && !presents(r, genuine) {
				t.Errorf("%q %q %q signs in without a genuine token", method, target, headers)
			}
			for _, a := range []*core.Auth{ra.Auth(), ra.Auth(core.PendingAsSignedIn)} {
				if a.IsAuthenticated() && !state.IsSignedIn() {
					t.Errorf("authenticated in state %s", outcome(state))
				}
			}
			guarded := adapter.Guard("Protect", core.AcceptTokens(core.SessionToken, core.APIKey)).Check(t.Context(), ra)
			checkHeaders(t, guarded.Headers)
			if guarded.Allowed() != ra.Auth().IsAuthenticated() {
				t.Errorf("a guard allowed %v, authenticated %v", guarded.Allowed(), ra.Auth().IsAuthenticated())
			}
			checkHeaders(t, ra.RedirectToSignIn().Headers)
			checkHeaders(t, ra.RedirectToSignUp(core.ReturnBackURL(target)).Headers)
		}
	})
}

// presents reports whether a request holds a token somewhere, escaped or not.
func presents(r *request, token string) bool {
	texts := []string{r.target}
	for _, values := range r.header {
		texts = append(texts, values...)
	}
	for _, text := range texts {
		var plain strings.Builder
		for text != "" {
			n := 1
			if c, err := url.PathUnescape(text[:min(3, len(text))]); err == nil && text[0] == '%' {
				n = 3
				plain.WriteString(c)
			} else {
				plain.WriteByte(text[0])
			}
			text = text[n:]
		}
		if strings.Contains(plain.String(), token) {
			return true
		}
	}
	return false
}

// FuzzCookies compares the cookie reader with one that is slow and plain. A
// session cookie without a client makes a handshake that carries its value.
func FuzzCookies(f *testing.F) {
	for _, seed := range []string{
		"", "__session=a", "a=b; __session = a%20b ;__session=c", "__session=%zz;", "__session;=;__session==", "__session=%e2%82%ac", "__session=\xff%41",
		"__session=%f0%9f%98%80%", "__session=; __session=x", "\t__session\t=\tx\t", "__session=%c3a%a9", "__session=%ed%a0%80", "__session=%C0%80", "__session=\"a b\"",
	} {
		f.Add(seed)
	}
	c := newClerk(f, core.Options{PublishableKey: liveKey, SecretKey: liveSK, LookupEnv: noEnv, HTTPClient: (&recorder{}).client(), Outage: persistent})
	f.Fuzz(func(t *testing.T, header string) {
		for _, special := range []string{"__client_uat", "__clerk", "_naoXFJnI"} {
			if strings.Contains(header, special) {
				return // Other cookies lead elsewhere.
			}
		}
		state := c.Authenticate(t.Context(), page("/", "Cookie", header))
		if got, want := locationQuery(t, state).Get("__session"), slowCookie(header, "__session"); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	})
}

// slowCookie reads a cookie by the letter of the specification.
func slowCookie(header, name string) string {
	for pair := range strings.SplitSeq(strings.Trim(header, " \t"), ";") {
		parts := strings.SplitN(pair, "=", 2)
		if len(parts) != 2 || strings.Trim(parts[0], " \t") != name {
			continue
		}
		runes := []rune{} // A header is ISO 8859-1.
		for _, b := range []byte(strings.Trim(parts[1], " \t")) {
			runes = append(runes, rune(b))
		}
		value := string(runes)
		if decoded, err := url.PathUnescape(value); err == nil && validEscapes(value) {
			return decoded
		}
		return value
	}
	return ""
}

// validEscapes reports whether each run of escapes is UTF-8 by itself.
func validEscapes(s string) bool {
	for i := 0; i < len(s); {
		run := ""
		for i < len(s) && s[i] == '%' && i+2 < len(s) {
			run, i = run+s[i:i+3], i+3
		}
		if decoded, err := url.PathUnescape(run); err != nil || !utf8.ValidString(decoded) {
			return false
		}
		i++
	}
	return true
}

// FuzzPublicURL: the path never decides about the host, and what comes out is a
// URL.
func FuzzPublicURL(f *testing.F) {
	for _, seed := range [][4]string{
		{"/", "h.com", "", ""},
		{"//evil.example/p", "h.com", "", ""},
		{`/\evil.example`, "h.com", "a.com", "https"},
		{"http://evil.example/", "h.com", "", ""},
		{"@evil.example", "h.com", "", ""},
		{"/a?b#c", "h.com:443", "u:p@a.com/x?y#z", "wss"},
		{"/%2e%2e//..;/\t", "[::1]", "a\\b", "file"},
		{"/", "\xff", "xn--", "blob"},
		{"://evil.example", "", ",", ",https"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	c := newClerk(f, core.Options{PublishableKey: liveKey, SecretKey: liveSK, LookupEnv: noEnv, AcceptsToken: core.OnlyToken(core.APIKey)})
	publicURL := func(t *testing.T, r *request) string {
		t.Helper()
		signIn, err := attach(t, c, r).SignInURL()
		if err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
		checkHeaders(t, []core.Header{{Value: signIn}})
		outer, err := url.Parse(signIn)
		if err != nil || outer.Host != "accounts.example.com" {
			t.Fatalf("%+v: got sign-in page %q, %v", r, signIn, err)
		}
		text := outer.Query().Get("redirect_url")
		if _, err := url.Parse(text); err != nil && !strings.Contains(err.Error(), "invalid URL escape") && !strings.Contains(err.Error(), "invalid character") {
			t.Fatalf("%+v: got %q, %v", r, text, err)
		}
		return text
	}
	f.Fuzz(func(t *testing.T, target, host, forwardedHost, forwardedProto string) {
		h := http.Header{}
		h.Set("X-Forwarded-Host", forwardedHost)
		h.Set("X-Forwarded-Proto", forwardedProto)
		text := publicURL(t, &request{method: "GET", target: target, host: host, header: h})
		plain := publicURL(t, &request{method: "GET", target: "/", host: host, header: h})
		origin := strings.TrimSuffix(plain, "/")
		rest, ok := strings.CutPrefix(text, origin)
		if !ok || rest != "" && !strings.ContainsAny(rest[:1], "/?#") {
			t.Errorf("target %q: got %q, want something at %q", target, text, origin)
		}
	})
}

// FuzzHandshakeDirectives: whatever a signed handshake or the Backend API brings
// as cookies, no header holds a line end, and no token signs in that is not one.
func FuzzHandshakeDirectives(f *testing.F) {
	servers, clerks := fuzzServers(f)
	for _, seed := range []string{
		"__session=x; Path=/", "__session=x\r\nSet-Cookie: a=b", "a=\x00", "__session=é", "__session=日本", "__session", "__session=;\n", " \n__session=x ", "",
		"__session=eyJ.eyJ.AA; Path=/\n", "\xff",
	} {
		f.Add(seed, "a=b")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		for i, c := range clerks {
			if i%2 == 1 {
				continue // The satellites resolve handshakes in the same way.
			}
			token := servers[i].HandshakeToken([]string{one, two}, clerktest.Lifetime(time.Minute))
			state := c.Authenticate(t.Context(), page("/", "Cookie", "__clerk_handshake="+token))
			checkHeaders(t, state.Headers())
			if state.IsSignedIn() {
				t.Errorf("%q and %q sign in, though nobody signed a session", one, two)
			}
		}
	})
}

// FuzzPublishableKey: New never panics, and a key that it takes is one that its
// description allows.
func FuzzPublishableKey(f *testing.F) {
	for _, seed := range []string{
		devKey, liveKey, "", "pk_test_", "pk_live_LiQ", "pk_test_aHR0cHM6Ly9hLmIvYyQ", "pk_test_YSAuYiQ", "pk_live_ \nY2xlcmsuZXhhbXBsZS5jb20k==", "pk_test_/+8uJA", "sk_test_x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		c, err := core.New(core.Options{PublishableKey: key, SecretKey: "test_x", LookupEnv: noEnv, Outage: persistent})
		if err != nil {
			return
		}
		code := strings.TrimPrefix(strings.TrimPrefix(key, "pk_test_"), "pk_live_")
		for _, space := range []string{" ", "\t", "\n", "\f", "\r"} {
			code = strings.ReplaceAll(code, space, "")
		}
		decoded, decodeErr := base64.RawStdEncoding.DecodeString(strings.TrimRight(code, "="))
		if len(key) == len(code) || decodeErr != nil || strings.Count(string(decoded), "$") != 1 || !strings.HasSuffix(string(decoded), "$") || !strings.Contains(string(decoded), ".") {
			t.Errorf("New took %q (%q)", key, decoded)
		}
		state := c.Authenticate(t.Context(), page("/", "Cookie", "__client_uat=1; __clerk_db_jwt=d"))
		checkHeaders(t, state.Headers())
		if state.IsSignedIn() || state.Err() == nil && state.Location() == "" {
			t.Errorf("%q: got %s, error %v", key, outcome(state), state.Err())
		}
		checkHeaders(t, attach(t, c, get("/")).RedirectToSignIn().Headers)
	})
}
