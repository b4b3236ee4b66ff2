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
		{"the bare pair", "__session={new}; __client_uat=5", "signed-in user_new", ""},
		{"the suffixed pair", "__session_{x}={new}; __client_uat_{x}=5", "signed-in user_new", ""},
		{
			"what is no token shadows the suffixed pair", "__session=garbage; __session_{x}={new}; __client_uat_{x}=5",
			"handshake session-token-but-no-client-uat false garbage", "",
		},
		{
			"so does a token without issuer", "__session={noissuer}; __session_{x}={new}; __client_uat_{x}=5",
			"handshake session-token-but-no-client-uat false {noissuer}", "",
		},
		{"a foreign session", "__session={foreign}; __client_uat=5", missing, ""},
		{"a foreign session beside the pair", "__session={foreign}; __client_uat=5; __session_{x}={new}; __client_uat_{x}=5", "signed-in user_new", ""},
		{"an issuer with a slash is foreign", "__session={slash}; __client_uat=5", missing, ""},
		{"an issuer in capitals is foreign", "__session={capitals}; __client_uat=5", missing, ""},
		{"an issuer that is no text is foreign", "__session={number}; __client_uat=5", missing, ""},
		{"an issuer of another scheme is ours", "__session={http}; __client_uat=5", "signed-in user_new", ""},
		{"signed out at the suffixed client", "__client_uat_{x}=0", missing, ""},
		{"signed out there, but not at the bare one", "__client_uat_{x}=0; __client_uat=5", "handshake client-uat-but-no-session-token false", ""},
		{"and with a session", "__client_uat_{x}=0; __client_uat=5; __session={new}", "signed-in user_new", ""},
		{"signed out there, no bare client", "__client_uat_{x}=0; __session={new}", "handshake session-token-but-no-client-uat false {new}", ""},
		{
			"suffixed session expired, signed out at the bare client", "__client_uat_{x}=5; __client_uat=0; __session_{x}={expired}",
			"handshake session-token-expired-refresh-non-eligible-no-refresh-cookie true {expired}", missing,
		},
		{
			"signed out at both, bare session newer", "__client_uat_{x}=0; __client_uat=0; __session={new}; __session_{x}={old}",
			"handshake session-token-but-no-client-uat true {old}", "",
		},
		{"both alike, bare session newer", "__client_uat_{x}=5; __client_uat=5; __session={new}; __session_{x}={old}", "signed-in user_new", ""},
		{"both alike, bare session older", "__client_uat_{x}=5; __client_uat=5; __session={old}; __session_{x}={new}", "signed-in user_new", ""},
		{"both alike, as old", "__client_uat_{x}=5; __client_uat=5; __session={old}; __session_{x}={twin}", "signed-in user_twin", ""},
		{"bare session, suffixed client", "__client_uat_{x}=5; __session={new}", "handshake session-token-but-no-client-uat false {new}", ""},
		{"suffixed session without client", "__session_{x}={new}", missing, ""},
		{"suffixed session, bare client", "__session_{x}={new}; __client_uat=5", "handshake client-uat-but-no-session-token false", ""},
		{"another instance's suffix", "__session_AAAAAAAA={new}; __client_uat_AAAAAAAA=5", missing, ""},
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
			"development, no cookies, not a page", plain(dev), get("/", "Sec-Fetch-Dest", "empty"), "signed-out dev-browser-missing",
			[]string{"X-Clerk-Auth-Status: signed-out", "X-Clerk-Auth-Reason: dev-browser-missing", "X-Clerk-Auth-Message: ", "Location: ", "Set-Cookie: "},
		},
		{
			"development, a page by its Accept header", plain(dev), get("/", "Accept", "text/html,*/*"), "handshake dev-browser-missing",
			[]string{"Cache-Control: no-store", "Set-Cookie: __clerk_redirect_count=1; SameSite=Lax; HttpOnly; Max-Age=2"},
		},
		{"Accept must start so", plain(dev), get("/", "Accept", "*/*,text/html"), "signed-out dev-browser-missing", nil},
		{"Sec-Fetch-Dest goes before Accept", plain(dev), get("/", "Accept", "text/html", "Sec-Fetch-Dest", "image"), "signed-out dev-browser-missing", nil},
		{"only GET makes a handshake", plain(dev), page("/").as("HEAD"), "signed-out dev-browser-missing", nil},
		{
			"development browser in the URL", plain(dev),
			page("/p?__clerk_db_jwt=x", "Cookie", "__session="+dev.SessionToken("user_1")+active+"; __clerk_db_jwt=d"), "handshake dev-browser-sync", nil,
		},
		{
			"loop", plain(prod), page("/", "Cookie", "__client_uat=1; __clerk_redirect_count=3"), "signed-out client-uat-but-no-session-token",
			[]string{"Set-Cookie: ", "Location: "},
		},
		{"session as old as the client", plain(prod), page("/", "Cookie", bare+"; __client_uat="+iat), "signed-in", nil},
		{"session older than the client", plain(prod), page("/", "Cookie", bare+"; __client_uat=1795217578"), "handshake session-token-iat-before-client-uat", nil},
		{
			"expired and older than the client", plain(prod), page("/", "Cookie", "__session="+expired(prod)+"; __client_uat="+iat+"; "+refresh),
			"handshake session-token-iat-before-client-uat", nil,
		},
		{
			"expired, sent by a script, no such session", plain(prod), get("/", "Cookie", "__session="+expired(prod)+active+"; "+refresh),
			"signed-out session-token-expired-refresh-refresh_token_invalid", nil,
		},
		{
			"expired, POST", plain(prod), page("/", "Cookie", "__session="+expired(prod)+active+"; "+refresh).as("POST"),
			"signed-out session-token-expired-refresh-non-eligible-non-get", nil,
		},
		{"unknown key", plain(prod), page("/", "Cookie", "__session="+unknown+active), "signed-out jwk-kid-mismatch", nil},
		{"return address on a production instance", plain(prod), page("/?__clerk_redirect_url=https://sat.example"), "signed-out session-token-and-uat-missing", nil},
		{
			"return address on a development instance", plain(dev), page("/?__clerk_redirect_url=http://sat.com/d?a%3Db%2520c", "Cookie", "__clerk_db_jwt=d"),
			"handshake primary-responds-to-syncing",
			[]string{"Location: http://sat.com/d?a=b+c&__clerk_db_jwt=d&__clerk_synced=true"},
		},
		{
			"return address that is none", plain(dev), page("/?__clerk_redirect_url=javascript:alert(1)", "Cookie", "__clerk_db_jwt=d"),
			"signed-out session-token-and-uat-missing", nil,
		},
		{
			"development satellite", satellite(plain(dev)), page("/p?q=a%20b"), "handshake satellite-needs-syncing",
			[]string{"Location: https://primary.example/sign-in?x=1&__clerk_redirect_url=http%3A%2F%2Fapp.example%2Fp%3Fq%3Da%2520b#h"},
		},
		{
			"development satellite in a frame", satellite(plain(dev)), get("/", "Sec-Fetch-Dest", "iframe", "Cookie", "__clerk_db_jwt=d"),
			"signed-out session-token-and-uat-missing", nil,
		},
		{"satellite, POST", satellite(plain(prod)), page("/").as("POST"), "signed-out session-token-and-uat-missing", nil},
		{"satellite that was synced", satellite(plain(prod)), page("/?__clerk_synced=true"), "signed-out session-token-and-uat-missing", nil},
		{
			"list without sessions, session cookie", accept(plain(prod), core.TokenList(core.APIKey, core.M2MToken)), page("/", "Cookie", bare+active),
			"signed-out token-type-mismatch",
			[]string{"X-Clerk-Auth-Reason: token-type-mismatch"},
		},
		{"list of a type without name", accept(plain(prod), core.OnlyToken("")), get("/", "Authorization", strings.TrimPrefix(bare, "__session=")), "signed-out token-type-mismatch", nil},
		{"empty list", accept(plain(prod), core.TokenList()), page("/", "Cookie", bare+active), "signed-out token-type-mismatch", nil},
		{"API key without a publishable key", keyless, get("/", "Authorization", "Bearer "+key), "signed-in", nil},
		{"no token where machines are expected", keyless, page("/", "Cookie", bare+active), "signed-out No token in header", nil},
		{
			"handshake token", plain(prod),
			page("/", "Cookie", "__clerk_handshake="+prod.HandshakeToken([]string{bare + "; Path=/", "__client_uat=1"})), "signed-in",
			[]string{"Set-Cookie: " + bare + "; Path=/ | __client_uat=1", "Access-Control-Allow-Origin: null", "Access-Control-Allow-Credentials: true", "Location: ", "X-Clerk-Auth-Status: "},
		},
		{
			"handshake token on a development instance", plain(dev),
			page("/p?a=b%20c&__clerk_help=1&__clerk_handshake=" + dev.HandshakeToken([]string{"__session=" + dev.SessionToken("user_1")})), "signed-in",
			[]string{"Location: http://app.example/p?a=b+c", "Cache-Control: no-store"},
		},
		{
			"handshake without a session", plain(prod), page("/", "Cookie", "__clerk_handshake="+prod.HandshakeToken([]string{"__session=; Max-Age=0"})+"; "+bare+active),
			"signed-out session-token-missing",
			[]string{"Set-Cookie: __session=; Max-Age=0"},
		},
		{
			"valid header token and a broken cookie", plain(prod), get("/", "Authorization", strings.TrimPrefix(bare, "__session="), "Cookie", "__session=x"),
			"signed-in", nil,
		},
		{
			"broken header token and a valid cookie", plain(prod), get("/", "Authorization", "Bearer x", "Cookie", bare+active),
			"signed-out token-invalid", nil,
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
			"query is written anew, Clerk's own parameters go", "", page("/p?a=b%20c&__clerk_db_jwt=&__dev_session=zz").on("localhost:3000"),
			"https://clerk.inspired.puma-74.lcl.dev/v1/client/handshake?redirect_url=http%3A%2F%2Flocalhost%3A3000%2Fp%3Fa%3Db%2Bc&__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=dev-browser-sync&format=nonce",
		},
		{
			"proxy with slashes at its end, session and browser", "https://p.com/clerk//", page("/", "Cookie", "__session=x; __clerk_db_jwt=d"),
			"https://p.com/clerk/v1/client/handshake?redirect_url=http%3A%2F%2Fapp.example%2F&__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=session-token-but-no-client-uat&format=nonce&__session=x&__clerk_db_jwt=d",
		},
		{
			"organization by slug, percent-encoded as it came", "/__clerk", page("/orgs/a%20b"),
			"http://app.example/__clerk/v1/client/handshake?redirect_url=http%3A%2F%2Fapp.example%2Forgs%2Fa%2520b&__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=dev-browser-missing&format=nonce&organization_id=a%2520b",
		},
		{
			"personal account", "", page("/ME/"),
			"https://clerk.inspired.puma-74.lcl.dev/v1/client/handshake?redirect_url=http%3A%2F%2Fapp.example%2FME%2F&__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=dev-browser-missing&format=nonce&organization_id=",
		},
	} {
		o := o
		o.ProxyURL = test.proxy
		if got := newClerk(t, o).Authenticate(t.Context(), test.request).Location(); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
}
