package core_test

import (
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// aged is a session token of that user, issued so long ago and valid so long
// from then on.
func aged(s *clerktest.Server, user string, age, lifetime time.Duration, opts ...clerktest.TokenOption) string {
	opts = append([]clerktest.TokenOption{clerktest.IssuedAt(epoch.Add(-age)), clerktest.Lifetime(lifetime)}, opts...)
	return s.SessionToken(user, opts...)
}

// TestWhichCookiesCount is about the two spellings of each cookie: the bare one,
// and the one with the instance's suffix. Exactly one spelling counts.
func TestWhichCookiesCount(t *testing.T) {
	t.Parallel()
	const missing = "signed-out session-token-and-uat-missing"
	for _, test := range []struct {
		name    string
		cookies string // {x} is the suffix
		want    string // outcome, and what else tells the spelling
		dev     string // on a development instance, if not the same
	}{
		{name: "the bare pair", cookies: "__session={new}; __client_uat=5", want: "signed-in user_new"},
		{name: "the suffixed pair", cookies: "__session_{x}={new}; __client_uat_{x}=5", want: "signed-in user_new"},
		{
			name: "what is no token shadows the suffixed pair", cookies: "__session=garbage; __session_{x}={new}; __client_uat_{x}=5",
			want: "handshake session-token-but-no-client-uat false garbage",
		},
		{
			name: "so does a token without issuer", cookies: "__session={noissuer}; __session_{x}={new}; __client_uat_{x}=5",
			want: "handshake session-token-but-no-client-uat false {noissuer}",
		},
		{name: "a foreign session", cookies: "__session={foreign}; __client_uat=5", want: missing},
		{name: "a foreign session beside the pair", cookies: "__session={foreign}; __client_uat=5; __session_{x}={new}; __client_uat_{x}=5", want: "signed-in user_new"},
		{name: "an issuer with a slash is foreign", cookies: "__session={slash}; __client_uat=5", want: missing},
		{name: "an issuer in capitals is foreign", cookies: "__session={capitals}; __client_uat=5", want: missing},
		{name: "an issuer that is no text is foreign", cookies: "__session={number}; __client_uat=5", want: missing},
		{name: "an issuer of another scheme is ours", cookies: "__session={http}; __client_uat=5", want: "signed-in user_new"},
		{name: "signed out at the suffixed client", cookies: "__client_uat_{x}=0", want: missing},
		{name: "signed out there, but not at the bare one", cookies: "__client_uat_{x}=0; __client_uat=5", want: "handshake client-uat-but-no-session-token false"},
		{name: "and with a session", cookies: "__client_uat_{x}=0; __client_uat=5; __session={new}", want: "signed-in user_new"},
		{name: "signed out there, no bare client", cookies: "__client_uat_{x}=0; __session={new}", want: "handshake session-token-but-no-client-uat false {new}"},
		{
			name: "suffixed session expired, signed out at the bare client", cookies: "__client_uat_{x}=5; __client_uat=0; __session_{x}={expired}",
			want: "handshake session-token-expired-refresh-non-eligible-no-refresh-cookie true {expired}", dev: missing,
		},
		{
			name: "signed out at both, bare session newer", cookies: "__client_uat_{x}=0; __client_uat=0; __session={new}; __session_{x}={old}",
			want: "handshake session-token-but-no-client-uat true {old}",
		},
		{name: "both alike, bare session newer", cookies: "__client_uat_{x}=5; __client_uat=5; __session={new}; __session_{x}={old}", want: "signed-in user_new"},
		{name: "both alike, bare session older", cookies: "__client_uat_{x}=5; __client_uat=5; __session={old}; __session_{x}={new}", want: "signed-in user_new"},
		{name: "both alike, as old", cookies: "__client_uat_{x}=5; __client_uat=5; __session={old}; __session_{x}={twin}", want: "signed-in user_twin"},
		{name: "bare session, suffixed client", cookies: "__client_uat_{x}=5; __session={new}", want: "handshake session-token-but-no-client-uat false {new}"},
		{name: "suffixed session without client", cookies: "__session_{x}={new}", want: missing},
		{name: "suffixed session, bare client", cookies: "__session_{x}={new}; __client_uat=5", want: "handshake client-uat-but-no-session-token false"},
		{name: "another instance's suffix", cookies: "__session_AAAAAAAA={new}; __client_uat_AAAAAAAA=5", want: missing},
	} {
		for _, production := range []bool{true, false} {
			s := newServer(t, production)
			o := plain(s)
			o.ProxyURL = "https://proxy.example" // Issuers are compared with the key's own host all the same.
			c := newClerk(t, o)
			token := func(opts ...clerktest.TokenOption) string {
				return aged(s, "user_new", 10*time.Second, time.Hour, opts...)
			}
			issuer := func(iss any) string { return token(clerktest.Claim("iss", iss)) }
			host := strings.TrimPrefix(s.Issuer(), "https://")
			fill := strings.NewReplacer(
				"{x}", s.CookieSuffix(), "{new}", token(), "{old}", aged(s, "user_old", time.Minute, time.Hour),
				"{twin}", aged(s, "user_twin", time.Minute, time.Hour), "{expired}", aged(s, "user_new", time.Hour, time.Minute),
				"{foreign}", issuer("https://clerk.other.example"), "{slash}", issuer(s.Issuer()+"/"),
				"{capitals}", issuer("https://"+strings.ToUpper(host)), "{number}", issuer(5), "{noissuer}", issuer(nil), "{http}", issuer("HTTP://"+host),
			)
			want := test.want
			if !production && test.dev != "" {
				want = test.dev
			}
			cookies := fill.Replace(test.cookies + "; __clerk_db_jwt=d; __clerk_db_jwt_{x}=d")
			state := c.Authenticate(t.Context(), page("/", "Cookie", cookies))
			got := outcome(state)
			if user := state.Auth().UserID; user != "" {
				got += " " + user
			}
			if query := locationQuery(t, state); len(query) > 0 {
				got = strings.TrimSpace(got + " " + query.Get("suffixed_cookies") + " " + query.Get("__session"))
			}
			if want := fill.Replace(want); got != want {
				t.Errorf("%s (production %v): got %q, want %q", test.name, production, got, want)
			}
		}
	}
}

func TestSatelliteComparesIssuersWithItsOwnDomain(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	o := plain(s)
	o.IsSatellite, o.Domain = true, "sat.com"
	c := newClerk(t, o)
	for iss, want := range map[string]string{
		"https://clerk.sat.com": "signed-in",
		s.Issuer():              "signed-out session-token-and-uat-missing",
	} {
		token := s.SessionToken("user_1", clerktest.Claim("iss", iss))
		r := get("/", "Cookie", "__session="+token+"; __client_uat=1")
		if got := outcome(c.Authenticate(t.Context(), r)); got != want {
			t.Errorf("issuer %s: got %q, want %q", iss, got, want)
		}
	}
}

// TestEdges are the worked examples of the documented behaviour.
func TestEdges(t *testing.T) {
	t.Parallel()
	prod, dev := newServer(t, true), newServer(t, false)
	iat := "1795217577"
	expired := func(s *clerktest.Server) string { return aged(s, "user_1", time.Hour, time.Minute) }
	unknown := prod.SessionToken("user_1", clerktest.HeaderField("kid", "unknown"))
	satellite := func(o core.Options) core.Options {
		o.IsSatellite, o.Domain, o.SignInURL = true, "app.example", "https://primary.example/sign-in?x=1#h"
		o.SatelliteAutoSync = true
		return o
	}
	accept := func(o core.Options, a core.TokenChoice) core.Options { o.AcceptsToken = a; return o }
	keyless := accept(prod.Options(), core.OnlyToken(core.APIKey))
	keyless.PublishableKey = ""
	key := prod.APIKey(clerktest.MachineToken{})
	refresh := "__refresh_" + prod.CookieSuffix() + "=r"
	active := "; __client_uat=1"
	bare := "__session=" + prod.SessionToken("user_1")
	for _, test := range []struct {
		name    string
		options core.Options
		request *request
		want    string
		headers []string // of these names; "Name: " means absent
	}{
		{
			name: "development, no cookies, not a page", options: plain(dev), request: get("/", "Sec-Fetch-Dest", "empty"), want: "signed-out dev-browser-missing",
			headers: []string{"X-Clerk-Auth-Status: signed-out", "X-Clerk-Auth-Reason: dev-browser-missing", "X-Clerk-Auth-Message: ", "Location: ", "Set-Cookie: "},
		},
		{
			name: "development, a page by its Accept header", options: plain(dev), request: get("/", "Accept", "text/html,*/*"), want: "handshake dev-browser-missing",
			headers: []string{"Cache-Control: no-store", "Set-Cookie: __clerk_redirect_count=1; SameSite=Lax; HttpOnly; Max-Age=2"},
		},
		{name: "Accept must start so", options: plain(dev), request: get("/", "Accept", "*/*,text/html"), want: "signed-out dev-browser-missing"},
		{name: "Sec-Fetch-Dest goes before Accept", options: plain(dev), request: get("/", "Accept", "text/html", "Sec-Fetch-Dest", "image"), want: "signed-out dev-browser-missing"},
		{name: "only GET makes a handshake", options: plain(dev), request: page("/").as("HEAD"), want: "signed-out dev-browser-missing"},
		{
			name: "development browser in the URL", options: plain(dev),
			request: page("/p?__clerk_db_jwt=x", "Cookie", "__session="+dev.SessionToken("user_1")+active+"; __clerk_db_jwt=d"), want: "handshake dev-browser-sync",
		},
		{
			name: "loop", options: plain(prod), request: page("/", "Cookie", "__client_uat=1; __clerk_redirect_count=3"), want: "signed-out client-uat-but-no-session-token",
			headers: []string{"Set-Cookie: ", "Location: "},
		},
		{name: "session as old as the client", options: plain(prod), request: page("/", "Cookie", bare+"; __client_uat="+iat), want: "signed-in"},
		{name: "session older than the client", options: plain(prod), request: page("/", "Cookie", bare+"; __client_uat=1795217578"), want: "handshake session-token-iat-before-client-uat"},
		{
			name: "expired and older than the client", options: plain(prod), request: page("/", "Cookie", "__session="+expired(prod)+"; __client_uat="+iat+"; "+refresh),
			want: "handshake session-token-iat-before-client-uat",
		},
		{
			name: "expired, sent by a script, no such session", options: plain(prod), request: get("/", "Cookie", "__session="+expired(prod)+active+"; "+refresh),
			want: "signed-out session-token-expired-refresh-refresh_token_invalid",
		},
		{
			name: "expired, POST", options: plain(prod), request: page("/", "Cookie", "__session="+expired(prod)+active+"; "+refresh).as("POST"),
			want: "signed-out session-token-expired-refresh-non-eligible-non-get",
		},
		{name: "unknown key", options: plain(prod), request: page("/", "Cookie", "__session="+unknown+active), want: "signed-out jwk-kid-mismatch"},
		{name: "return address on a production instance", options: plain(prod), request: page("/?__clerk_redirect_url=https://sat.example"), want: "signed-out session-token-and-uat-missing"},
		{
			name: "return address on a development instance", options: plain(dev), request: page("/?__clerk_redirect_url=http://sat.com/d?a%3Db%2520c", "Cookie", "__clerk_db_jwt=d"),
			want:    "handshake primary-responds-to-syncing",
			headers: []string{"Location: http://sat.com/d?a=b+c&__clerk_db_jwt=d&__clerk_synced=true"},
		},
		{
			name: "return address that is none", options: plain(dev), request: page("/?__clerk_redirect_url=javascript:alert(1)", "Cookie", "__clerk_db_jwt=d"),
			want: "signed-out session-token-and-uat-missing",
		},
		{
			name: "development satellite", options: satellite(plain(dev)), request: page("/p?q=a%20b"), want: "handshake satellite-needs-syncing",
			headers: []string{"Location: https://primary.example/sign-in?x=1&__clerk_redirect_url=http%3A%2F%2Fapp.example%2Fp%3Fq%3Da%2520b#h"},
		},
		{
			name: "development satellite in a frame", options: satellite(plain(dev)), request: get("/", "Sec-Fetch-Dest", "iframe", "Cookie", "__clerk_db_jwt=d"),
			want: "signed-out session-token-and-uat-missing",
		},
		{name: "satellite, POST", options: satellite(plain(prod)), request: page("/").as("POST"), want: "signed-out session-token-and-uat-missing"},
		{name: "satellite that was synced", options: satellite(plain(prod)), request: page("/?__clerk_synced=true"), want: "signed-out session-token-and-uat-missing"},
		{
			name: "list without sessions, session cookie", options: accept(plain(prod), core.TokenList(core.APIKey, core.M2MToken)), request: page("/", "Cookie", bare+active),
			want:    "signed-out token-type-mismatch",
			headers: []string{"X-Clerk-Auth-Reason: token-type-mismatch"},
		},
		{name: "list of a type without name", options: accept(plain(prod), core.OnlyToken("")), request: get("/", "Authorization", strings.TrimPrefix(bare, "__session=")), want: "signed-out token-type-mismatch"},
		{name: "empty list", options: accept(plain(prod), core.TokenList()), request: page("/", "Cookie", bare+active), want: "signed-out token-type-mismatch"},
		{name: "API key without a publishable key", options: keyless, request: get("/", "Authorization", "Bearer "+key), want: "signed-in"},
		{name: "no token where machines are expected", options: keyless, request: page("/", "Cookie", bare+active), want: "signed-out No token in header"},
		{
			name: "handshake token", options: plain(prod),
			request: page("/", "Cookie", "__clerk_handshake="+prod.HandshakeToken([]string{bare + "; Path=/", "__client_uat=1"})), want: "signed-in",
			headers: []string{"Set-Cookie: " + bare + "; Path=/ | __client_uat=1", "Access-Control-Allow-Origin: null", "Access-Control-Allow-Credentials: true", "Location: ", "X-Clerk-Auth-Status: "},
		},
		{
			name: "handshake token on a development instance", options: plain(dev),
			request: page("/p?a=b%20c&__clerk_help=1&__clerk_handshake=" + dev.HandshakeToken([]string{"__session=" + dev.SessionToken("user_1")})), want: "signed-in",
			headers: []string{"Location: http://app.example/p?a=b+c", "Cache-Control: no-store"},
		},
		{
			name: "handshake without a session", options: plain(prod), request: page("/", "Cookie", "__clerk_handshake="+prod.HandshakeToken([]string{"__session=; Max-Age=0"})+"; "+bare+active),
			want:    "signed-out session-token-missing",
			headers: []string{"Set-Cookie: __session=; Max-Age=0"},
		},
		{
			name: "valid header token and a broken cookie", options: plain(prod), request: get("/", "Authorization", strings.TrimPrefix(bare, "__session="), "Cookie", "__session=x"),
			want: "signed-in",
		},
		{
			name: "broken header token and a valid cookie", options: plain(prod), request: get("/", "Authorization", "Bearer x", "Cookie", bare+active),
			want: "signed-out token-invalid",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			state := newClerk(t, test.options).Authenticate(t.Context(), test.request)
			if got := outcome(state); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			for _, want := range test.headers {
				name, value, _ := strings.Cut(want, ": ")
				if got := headerOf(state.Headers(), name); got != value {
					t.Errorf("header %s: got %q, want %q", name, got, value)
				}
			}
			if list := strings.HasPrefix(test.name, "list") || test.name == "empty list"; list != (state.TokenType() == "") {
				t.Errorf("got token type %q", state.TokenType())
			}
		})
	}
}

func TestHandshakeURL(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	o := plain(s)
	o.PublishableKey = "pk_test_Y2xlcmsuaW5zcGlyZWQucHVtYS03NC5sY2wuZGV2JA"
	o.OrganizationSync = core.OrganizationSync{OrganizationPatterns: []string{"/orgs/:slug", "/o/:id"}, PersonalAccountPatterns: []string{"/me"}}
	for _, test := range []struct {
		name    string
		proxy   string
		request *request
		want    string
	}{
		{
			name: "query is written anew, Clerk's own parameters go", request: page("/p?a=b%20c&__clerk_db_jwt=&__dev_session=zz").on("localhost:3000"),
			want: "https://clerk.inspired.puma-74.lcl.dev/v1/client/handshake?redirect_url=http%3A%2F%2Flocalhost%3A3000%2Fp%3Fa%3Db%2Bc&__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=dev-browser-sync&format=nonce",
		},
		{
			name: "proxy with slashes at its end, session and browser", proxy: "https://p.com/clerk//", request: page("/", "Cookie", "__session=x; __clerk_db_jwt=d"),
			want: "https://p.com/clerk/v1/client/handshake?redirect_url=http%3A%2F%2Fapp.example%2F&__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=session-token-but-no-client-uat&format=nonce&__session=x&__clerk_db_jwt=d",
		},
		{
			name: "organization by slug, percent-encoded as it came", proxy: "/__clerk", request: page("/orgs/a%20b"),
			want: "http://app.example/__clerk/v1/client/handshake?redirect_url=http%3A%2F%2Fapp.example%2Forgs%2Fa%2520b&__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=dev-browser-missing&format=nonce&organization_id=a%2520b",
		},
		{
			name: "personal account", request: page("/ME/"),
			want: "https://clerk.inspired.puma-74.lcl.dev/v1/client/handshake?redirect_url=http%3A%2F%2Fapp.example%2FME%2F&__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=dev-browser-missing&format=nonce&organization_id=",
		},
	} {
		o := o
		o.ProxyURL = test.proxy
		if got := newClerk(t, o).Authenticate(t.Context(), test.request).Location(); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
}
