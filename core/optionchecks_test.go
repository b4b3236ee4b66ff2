package core_test

import (
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"

	"github.com/clerkgo/clerkgo/core/reason"
)

// surroundings are what comes along with a text that is pasted or read from a file.
var surroundings = [...]struct{ before, after string }{
	{after: "\n"}, {after: "\r\n"}, {before: " ", after: " "}, {before: "\t", after: "\t\n\n"}, {before: "\ufeff"}, {before: "\u200b", after: "\u200b"}, {before: "\u00a0", after: "\u2028"}, {before: "\u2060\u200e", after: "\u00ad\x00"},
}

func TestWhatStandsAroundKeysAndURLsGoes(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	token := s.SessionToken("user_ada", clerktest.AuthorizedParty("https://app.example"), clerktest.Claim("aud", "api"))
	for _, around := range surroundings {
		wrap := func(text string) string { return around.before + text + around.after }
		vars := map[string]string{
			"CLERK_PUBLISHABLE_KEY": wrap(s.PublishableKey()), "CLERK_SECRET_KEY": wrap(s.SecretKey()), "CLERK_MACHINE_SECRET_KEY": wrap(s.MachineSecretKey()),
			"CLERK_API_URL": wrap(s.URL()), "CLERK_API_VERSION": wrap("v1"), "CLERK_PROXY_URL": wrap(s.URL()), "CLERK_SIGN_IN_URL": wrap("/sign-in"),
			"CLERK_SIGN_UP_URL": wrap("/sign-up"), "CLERK_IS_SATELLITE": wrap("false"), "CLERK_DOMAIN": wrap("app.example"),
		}
		withPEM := map[string]string{"CLERK_JWT_KEY": wrap(s.PEM())}
		maps.Copy(withPEM, vars)
		options := core.Options{
			PublishableKey: wrap(s.PublishableKey()), SecretKey: wrap(s.SecretKey()), MachineSecretKey: wrap(s.MachineSecretKey()), LookupEnv: noEnv,
			APIURL: wrap(s.URL()), APIVersion: wrap("v1"), ProxyURL: wrap(s.URL()), SignInURL: wrap("/sign-in"), SignUpURL: wrap("/sign-up"),
		}
		optionsWithPEM := options
		optionsWithPEM.JWTKey = wrap(s.PEM())
		for name, o := range map[string]core.Options{
			"environment": {LookupEnv: env(vars)}, "environment with a PEM key": {LookupEnv: env(withPEM)}, "options": options, "options with a PEM key": optionsWithPEM,
			"blank options": {PublishableKey: wrap(""), SecretKey: wrap(""), APIURL: wrap(""), LookupEnv: env(vars)},
		} {
			o.Now = s.Clock().Now
			o.AuthorizedParties, o.Audience = []string{wrap("https://app.example")}, []string{wrap("api")}
			o.OrganizationSync.OrganizationPatterns = []string{wrap("/orgs/:slug")}
			c := newClerk(t, o)
			if got := outcome(c.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+token))); got != "signed-in" {
				t.Errorf("%s in %q and %q: got %s", name, around.before, around.after, got)
			}
			// The suffix of cookies depends on each byte of the publishable key, and what
			// is redeemed at the Backend API on the secret key.
			machine := s.M2MToken(clerktest.MachineToken{})
			ra := attach(t, c, get("/", "Authorization", "Bearer "+machine))
			if out := adapter.Guard("Protect", core.AcceptTokens(core.M2MToken)).Check(t.Context(), ra); !out.Allowed() {
				t.Errorf("%s in %q and %q: a machine's token is refused: %v", name, around.before, around.after, out.Err)
			}
			uat := "__client_uat_" + s.CookieSuffix() + "=1; __session_" + s.CookieSuffix() + "="
			state := c.Authenticate(t.Context(), page("/orgs/acme", "Cookie", uat+token+"; __clerk_db_jwt_"+s.CookieSuffix()+"=dvb_1"))
			if state.Reason() != reason.ActiveOrganizationMismatch || !strings.HasPrefix(state.Location(), s.URL()+"/v1/client/handshake?") {
				t.Errorf("%s in %q and %q: got %s to %s", name, around.before, around.after, outcome(state), state.Location())
			}
		}
	}
}

// TestEveryTextIsTrimmed finds fields that a list of fields would forget: options
// whose texts have something around them mean the same as those without.
func TestEveryTextIsTrimmed(t *testing.T) {
	t.Parallel()
	fill := func(text string) core.Options {
		o := goodOptions()
		o.ContentSecurityPolicy = &core.ContentSecurityPolicy{Directives: map[string][]string{"img-src": {text}}}
		v := reflect.ValueOf(&o).Elem()
		for _, f := range v.Fields() {
			switch {
			case f.Kind() == reflect.String:
				f.SetString(text)
			case f.Type() == reflect.TypeFor[[]string]():
				f.Set(reflect.ValueOf([]string{text, text}))
			}
		}
		o.ContentSecurityPolicy.ReportTo, o.FrontendAPIProxy.Path, o.FrontendAPIProxy.FAPIURL = text, text, text
		o.OrganizationSync.OrganizationPatterns, o.OrganizationSync.PersonalAccountPatterns = []string{text}, []string{text}
		o.FrontendAPIProxy.Enabled = true
		return o
	}
	_, plain := core.New(fill("a b"))
	if plain == nil {
		t.Fatal("got no error")
	}
	for _, around := range surroundings {
		o := fill(around.before + "a b" + around.after)
		given := fill(around.before + "a b" + around.after)
		_, err := core.New(o)
		if err == nil || err.Error() != plain.Error() {
			t.Errorf("in %q and %q: got %v, want %v", around.before, around.after, err, plain)
		}
		if o.Audience[0] != given.Audience[0] || o.AuthorizedParties[0] != given.AuthorizedParties[0] ||
			!reflect.DeepEqual(o.OrganizationSync, given.OrganizationSync) || !reflect.DeepEqual(o.ContentSecurityPolicy, given.ContentSecurityPolicy) {
			t.Errorf("New changed the caller's lists: %+v", o)
		}
	}
}

func TestAuthorizedPartiesMeanOrigins(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	for _, test := range []struct {
		party, azp string
	}{
		{party: "https://example.com", azp: "https://example.com"},
		{party: "https://example.com/", azp: "https://example.com"},
		{party: "https://Example.com", azp: "https://example.com"},
		{party: "HTTPS://EXAMPLE.COM/", azp: "https://example.com"},
		{party: "https://example.com:443", azp: "https://example.com"},
		{party: "https://example.com:443/", azp: "https://example.com"},
		{party: "http://example.com:80", azp: "http://example.com"},
		{party: "http://example.com:443", azp: "http://example.com:443"},
		{party: "https://example.com:", azp: "https://example.com"},
		{party: "https://b\u00fccher.example", azp: "https://xn--bcher-kva.example"},
		{party: "https://B\u00dcCHER.example:8443/", azp: "https://xn--bcher-kva.example:8443"},
		{party: "http://localhost:3000", azp: "http://localhost:3000"},
		{party: "http://[::1]:3000/", azp: "http://[::1]:3000"},
		{party: "http://[0:0::1]", azp: "http://[::1]"},
		{party: "chrome-extension://abcdefghijklmnop", azp: "chrome-extension://abcdefghijklmnop"},
		{party: "chrome-extension://abcdefghijklmnop/", azp: "chrome-extension://abcdefghijklmnop"},
		{party: "moz-extension://7b0e5c4c-1a2b", azp: "moz-extension://7b0e5c4c-1a2b"},
		{party: "safari-web-extension://9D5A2D5F-AAAA", azp: "safari-web-extension://9D5A2D5F-AAAA"}, // Safari spells them so.
		{party: "Capacitor://localhost", azp: "capacitor://localhost"},
		{party: "exp://192.168.1.2:8081", azp: "exp://192.168.1.2:8081"},
	} {
		o := plain(s)
		o.AuthorizedParties = []string{"https://other.example", test.party}
		state := newClerk(t, o).Authenticate(t.Context(), get("/", "Authorization", s.SessionToken("user_1", clerktest.AuthorizedParty(test.azp))))
		if got := outcome(state); got != "signed-in" {
			t.Errorf("%s: a token of %s is %s", test.party, test.azp, got)
		}
		for _, other := range []string{"https://example.co", "http://example.com.evil.example", test.party + "x", "null", ""} {
			state := newClerk(t, o).Authenticate(t.Context(), get("/", "Authorization", s.SessionToken("user_1", clerktest.AuthorizedParty(other))))
			if state.IsSignedIn() {
				t.Errorf("%s: a token of %q is signed in", test.party, other)
			}
		}
	}
}

func TestAuthorizedPartiesThatAreNoOrigins(t *testing.T) {
	t.Parallel()
	for party, want := range map[string]string{
		"":                                    "blank",
		" ":                                   "blank",
		"\u200b":                              "blank",
		"example.com":                         "write the scheme in front, such as https://example.com",
		"www.example.com/app":                 "such as https://www.example.com",
		"//example.com":                       "such as https://example.com",
		"localhost:3000":                      "such as http://localhost:3000",
		"*":                                   "wildcards",
		"*.example.com":                       "wildcards",
		"https://*.example.com":               "wildcards",
		"https://example.com/app":             "write https://example.com alone",
		"https://example.com//":               "write https://example.com alone",
		"https://Example.com:443/?a=b":        "write https://example.com alone",
		"https://example.com?a=b":             "write https://example.com alone",
		"https://example.com#x":               "write https://example.com alone",
		"https://example.com/@x":              "write https://example.com alone",
		`https://example.com\app`:             "write https://example.com alone",
		"https://user@example.com":            "write https://example.com alone",
		"https://user:hush@example.com/":      "write https://example.com alone",
		"chrome-extension://abc/popup.html":   "write chrome-extension://abc alone",
		"https:example.com":                   "write https://example.com",
		"https:/example.com":                  "write https://example.com",
		"https://":                            "write scheme and host",
		"file:///":                            "write scheme and host",
		"://example.com":                      "write scheme and host",
		"1http://example.com":                 "write scheme and host",
		"https://a.example,https://b.example": "one origin for each entry",
		"https://a.example https://b.example": "one origin for each entry",
		"https://exam ple.com":                "one origin for each entry",
		"https://exam\nple.com":               "one origin for each entry",
		"https://example.com:99999":           "the host is none",
		"https://exa%mple.com":                "the host is none",
		`"https://example.com"`:               "quotes",
		"null":                                "null is the origin of no page",
	} {
		o := goodOptions()
		o.AuthorizedParties = []string{"https://fine.example", party}
		_, err := core.New(o)
		if err == nil {
			t.Errorf("%q: got no error", party)
			continue
		}
		if !strings.Contains(err.Error(), "Options.AuthorizedParties[1] ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "fine.example") ||
			strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: got %v, want it to name the entry, alone, and %q", party, err, want)
		}
	}
	o := goodOptions()
	o.AuthorizedParties = []string{"one.example", "two.example"}
	if _, err := core.New(o); err == nil || !strings.Contains(err.Error(), "one.example") || !strings.Contains(err.Error(), "two.example") {
		t.Errorf("got %v, want both", err)
	}
}

func TestAudienceOfBlanks(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	o := plain(s)
	o.Audience = []string{"", "api", " "}
	c := newClerk(t, o)
	for aud, want := range map[string]string{"api": "signed-in", "": "signed-in", "other": "signed-out token-verification-failed", " ": "signed-out token-verification-failed"} {
		if got := outcome(c.Authenticate(t.Context(), get("/", "Authorization", s.SessionToken("user_1", clerktest.Claim("aud", aud))))); got != want {
			t.Errorf("aud %q: got %s, want %s", aud, got, want)
		}
	}
	for _, audience := range [][]string{{""}, {" ", "\n"}} {
		o.Audience = audience
		if _, err := core.New(o); err == nil || !strings.Contains(err.Error(), "Options.Audience") {
			t.Errorf("%q: got %v, want an error: it would check nothing", audience, err)
		}
	}
}

func TestDomainsOfSatellites(t *testing.T) {
	t.Parallel()
	satellite := core.Options{PublishableKey: liveKey, SecretKey: liveSK, IsSatellite: true, LookupEnv: noEnv, SignInURL: "https://primary.example/sign-in", Outage: persistent}
	for domain, want := range map[string]string{
		"sat.example": "clerk.sat.example", "https://sat.example": "clerk.sat.example", "https://sat.example/": "clerk.sat.example", "http://Sat.Example": "clerk.sat.example",
		"sat.example/": "clerk.sat.example", "SAT.example": "clerk.sat.example", "b\u00fccher.example": "clerk.xn--bcher-kva.example", "sat.example:8443": "clerk.sat.example:8443",
	} {
		o := satellite
		o.Domain = domain
		state := newClerk(t, o).Authenticate(t.Context(), page("/", "Cookie", "__client_uat=5"))
		if !strings.HasPrefix(state.Location(), "https://"+want+"/v1/client/handshake?") {
			t.Errorf("%s: got %s", domain, state.Location())
		}
	}
	for _, domain := range []string{"sat.example/app", "https://sat.example/app", "user@sat.example", "*.sat.example", "sat example", "sat.example,other.example", "sat.example?x", "ftp://sat.example"} {
		o := satellite
		o.Domain = domain
		if _, err := core.New(o); err == nil || !strings.Contains(err.Error(), "Options.Domain") || !strings.Contains(err.Error(), "CLERK_DOMAIN") {
			t.Errorf("%s: got %v, want an error that names the field", domain, err)
		}
		o.IsSatellite = false // Then the domain has no say.
		newClerk(t, o)
	}
}

func TestURLsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		edit func(*core.Options)
		want string
	}{
		{name: "Backend API with credentials", edit: func(o *core.Options) { o.APIURL = "https://user:hush@api.example" }, want: "Options.APIURL (CLERK_API_URL) must not include credentials"},
		{name: "Backend API with a user", edit: func(o *core.Options) { o.APIURL = "https://hush@api.example" }, want: "Options.APIURL (CLERK_API_URL) must not include credentials"},
		{name: "Backend API with a query", edit: func(o *core.Options) { o.APIURL = "https://api.example?token=hush" }, want: "Options.APIURL (CLERK_API_URL) must not include"},
		{name: "Backend API with a fragment", edit: func(o *core.Options) { o.APIURL = "https://api.example#hush" }, want: "Options.APIURL (CLERK_API_URL) must not include"},
		{name: "Backend API without a host", edit: func(o *core.Options) { o.APIURL = "https:/hush" }, want: "Options.APIURL (CLERK_API_URL) is not an http or https URL"},
		{name: "Backend API in quotes", edit: func(o *core.Options) { o.APIURL = `"https://hush.example"` }, want: "Options.APIURL (CLERK_API_URL) is not an http or https URL"},
		{name: "version that is none", edit: func(o *core.Options) { o.APIVersion = "v1?x" }, want: "Options.APIVersion (CLERK_API_VERSION)"},
		{name: "version that leads elsewhere", edit: func(o *core.Options) { o.APIVersion = ".." }, want: "Options.APIVersion (CLERK_API_VERSION)"},
		{name: "proxy with credentials", edit: func(o *core.Options) { o.ProxyURL = "https://user:hush@app.example/__clerk" }, want: "Options.ProxyURL (CLERK_PROXY_URL) must not include credentials"},
		{name: "proxy without a host", edit: func(o *core.Options) { o.ProxyURL = "https://" }, want: "Options.ProxyURL (CLERK_PROXY_URL)"},
		{name: "sign-in page without a host", edit: func(o *core.Options) { o.SignInURL = "https://" }, want: `Options.SignInURL (CLERK_SIGN_IN_URL) "https://" is not an http or https URL`},
		{name: "sign-in page that is a script", edit: func(o *core.Options) { o.SignInURL = " JavaScript:alert(1)" }, want: "Options.SignInURL (CLERK_SIGN_IN_URL)"},
		{name: "sign-up page of a port without scheme", edit: func(o *core.Options) { o.SignUpURL = "localhost:3000/sign-up" }, want: "Options.SignUpURL (CLERK_SIGN_UP_URL)"},
		{name: "sign-up page that is no URL", edit: func(o *core.Options) { o.SignUpURL = "https://a b/" }, want: "Options.SignUpURL (CLERK_SIGN_UP_URL)"},
		{name: "tolerance of days", edit: func(o *core.Options) { o.ClockSkew = new(24*time.Hour + 1) }, want: "Options.ClockSkew is more than a day"},
		{name: "tolerance without end", edit: func(o *core.Options) { o.ClockSkew = new(time.Duration(math.MaxInt64)) }, want: "Options.ClockSkew is more than a day"},
		{name: "organization pattern that is an address", edit: func(o *core.Options) {
			o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:id", "https://example.com/orgs/:slug"}
		}, want: `pattern "https://example.com/orgs/:slug" is an address: write its path only`},
		{name: "organization pattern without its slash", edit: func(o *core.Options) {
			o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:id", "orgs/:slug"}
		}, want: `Options.OrganizationSync.OrganizationPatterns: Invalid pattern "orgs/:slug": pattern "orgs/:slug" matches no path, because paths start with a slash: write "/orgs/:slug"`},
		{name: "organization pattern that is a glob", edit: func(o *core.Options) {
			o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:id", "/orgs/:slug/*"}
		}, want: `Invalid pattern "/orgs/:slug/*": pattern "/orgs/:slug/*" is a glob: write "/orgs/:slug/(.*)"`},
		{name: "personal pattern that is a glob", edit: func(o *core.Options) {
			o.OrganizationSync.PersonalAccountPatterns = []string{"/fine", "/me/**"}
		}, want: `Options.OrganizationSync.PersonalAccountPatterns: Invalid pattern "/me/**": pattern "/me/**" is a glob`},
		{name: "blank pattern", edit: func(o *core.Options) {
			o.OrganizationSync.PersonalAccountPatterns = []string{"/me", " "}
		}, want: "an empty pattern matches nothing"},
	} {
		o := goodOptions()
		test.edit(&o)
		_, err := core.New(o)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		} else if strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "/fine") || strings.Contains(err.Error(), "/orgs/:id") {
			t.Errorf("%s: got %v, which says too much", test.name, err)
		}
	}
}

func TestWhatMayWorkIsAWarning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		edit func(*core.Options)
		want string
	}{
		{name: "sign-in page without its slash", edit: func(o *core.Options) { o.SignInURL = "sign-in" }, want: "write /sign-in"},
		{name: "sign-in page of a host without scheme", edit: func(o *core.Options) { o.SignInURL = "accounts.example/sign-in" }, want: "CLERK_SIGN_IN_URL"},
		{name: "sign-up page without its slash", edit: func(o *core.Options) { o.SignUpURL = "../sign-up" }, want: "CLERK_SIGN_UP_URL"},
		{name: "Backend API with its version", edit: func(o *core.Options) { o.APIURL = "https://api.clerk.com/v1" }, want: "CLERK_API_URL"},
		{name: "satellite with the prefix of the Frontend API", edit: func(o *core.Options) {
			o.PublishableKey, o.SecretKey, o.IsSatellite, o.Domain = liveKey, liveSK, true, "clerk.sat.example"
		}, want: "CLERK_DOMAIN"},
		{name: "proxy of a host without scheme", edit: func(o *core.Options) { o.ProxyURL = "//app.example/__clerk" }, want: "write https:// in front"},
		{name: "proxy with a query", edit: func(o *core.Options) { o.ProxyURL = "https://app.example/__clerk?a=b" }, want: "CLERK_PROXY_URL"},
		{name: "proxy path with a fragment", edit: func(o *core.Options) { o.ProxyURL = "/__clerk#a" }, want: "CLERK_PROXY_URL"},
		{name: "tolerance that is negative", edit: func(o *core.Options) { o.ClockSkew = new(-time.Second) }, want: "Options.ClockSkew is negative (-1s)"},
		{name: "tolerance in milliseconds", edit: func(o *core.Options) { o.ClockSkew = new(time.Duration(5000)) }, want: "5 * time.Second"},
		{name: "tolerance of hours", edit: func(o *core.Options) { o.ClockSkew = new(2 * time.Hour) }, want: "Options.ClockSkew is 2h0m0s"},
		{name: "grace in nanoseconds", edit: func(o *core.Options) { o.Outage.Grace = 30 }, want: "Options.Outage.Grace is 30ns"},
		{name: "grace of days", edit: func(o *core.Options) { o.Outage.Grace = 48 * time.Hour }, want: "Options.Outage.Grace is 48h0m0s"},
		{name: "grace that never begins", edit: func(o *core.Options) {
			o.Outage.Grace, o.Outage.ProbeInterval, o.Outage.Failures = time.Hour, -1, -1
		}, want: "Options.Outage.Grace has no effect"},
		{name: "satellite that says yes", edit: func(o *core.Options) { o.LookupEnv = env(map[string]string{"CLERK_IS_SATELLITE": "yes"}) }, want: "CLERK_IS_SATELLITE is neither true nor false"},
		{name: "satellite in quotes", edit: func(o *core.Options) {
			o.LookupEnv = env(map[string]string{"NEXT_PUBLIC_CLERK_IS_SATELLITE": `"true"`})
		}, want: "CLERK_IS_SATELLITE is neither"},
		{name: "parameter whose name only starts like a slug", edit: func(o *core.Options) {
			o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:slugs"}
		}, want: "/orgs/:slugs names no organization"},
	} {
		var log logBuffer
		o := goodOptions()
		o.Logger = log.logger()
		test.edit(&o)
		newClerk(t, o)
		if got := log.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(strings.ReplaceAll(got, `\"`, `"`), test.want) {
			t.Errorf("%s: got log %s, want one warning with %q", test.name, got, test.want)
		}
	}
	var log logBuffer
	o := goodOptions()
	o.Logger = log.logger()
	o.SignInURL, o.SignUpURL, o.ProxyURL, o.APIURL = "/sign-in", "https://accounts.example/sign-up", "/__clerk", "https://api.clerk.com"
	o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:slug", "/organizations/:id/(.*)"}
	o.ClockSkew, o.Outage.Grace = new(time.Duration(0)), 24*time.Hour
	o.LookupEnv = env(map[string]string{"CLERK_IS_SATELLITE": "0", "NEXT_PUBLIC_CLERK_IS_SATELLITE": "no"})
	if newClerk(t, o); log.String() != "" {
		t.Errorf("got %s for usual options", log.String())
	}
}

// fields are the three keys, how each is called, and one that is fine.
var keyFields = []struct {
	name  string
	field func(*core.Options) *string
}{
	{name: "Options.PublishableKey (CLERK_PUBLISHABLE_KEY)", field: func(o *core.Options) *string { return &o.PublishableKey }},
	{name: "Options.SecretKey (CLERK_SECRET_KEY)", field: func(o *core.Options) *string { return &o.SecretKey }},
	{name: "Options.MachineSecretKey (CLERK_MACHINE_SECRET_KEY)", field: func(o *core.Options) *string { return &o.MachineSecretKey }},
	{name: "Options.JWTKey (CLERK_JWT_KEY)", field: func(o *core.Options) *string { return &o.JWTKey }},
}

func TestMistakesWithKeysAreNamed(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	jwt := s.SessionToken("user_ada")
	const tail = "4f6b7c8d9e0aHush"
	pk, sk := devKey, "sk_test_"+tail
	for _, test := range []struct {
		name, text string
		fields     []int // of keyFields; 0 is the publishable key, and so on
		want       string
	}{
		{name: "publishable key", text: pk, fields: []int{1, 2, 3}, want: "holds a publishable key"},
		{name: "secret key", text: sk, fields: []int{0, 3}, want: "holds a secret key"},
		{name: "live secret key", text: "sk_live_" + tail, fields: []int{0, 3}, want: "holds a secret key"},
		{name: "machine's key", text: "ak_" + tail, fields: []int{0, 1, 3}, want: "CLERK_MACHINE_SECRET_KEY"},
		{name: "machine's token", text: "mt_" + tail, fields: []int{0, 1, 2, 3}, want: "holds a machine's token"},
		{name: "OAuth token", text: "oat_" + tail, fields: []int{0, 1, 2, 3}, want: "holds an OAuth access token"},
		{name: "webhook secret", text: "whsec_" + tail, fields: []int{0, 1, 2, 3}, want: "CLERK_WEBHOOK_SIGNING_SECRET"},
		{name: "session token", text: jwt, fields: []int{0, 1, 2, 3}, want: "holds a token (a JWT)"},
		{name: "PEM key", text: s.PEM(), fields: []int{0, 1, 2}, want: "holds a PEM key"},
		{name: "JSON Web Key", text: `{"kty":"RSA","n":"` + tail + `"}`, fields: []int{0, 1, 2, 3}, want: "JSON Web Key"},
		{name: "key set", text: `{"keys":[{"kty":"RSA"}]}`, fields: []int{3}, want: "JWKS Public Key"},
		{name: "URL", text: "https://clerk.example/.well-known/jwks.json?" + tail, fields: []int{0, 1, 2, 3}, want: "holds a URL"},
		{name: "quotes", text: `"` + sk + `"`, fields: []int{1, 2}, want: "stands in quotes"},
		{name: "quotes", text: `"` + pk + `"`, fields: []int{0}, want: "stands in quotes"},
		{name: "quotes", text: "'" + s.PEM() + "'", fields: []int{3}, want: "stands in quotes"},
		{name: "one quote", text: sk + "'", fields: []int{0, 1, 2, 3}, want: "quotes"},
		{name: "quotes of a word processor", text: "\u201c" + sk + "\u201d", fields: []int{0, 1, 2, 3}, want: "quotes"},
		{name: "Bearer", text: "Bearer " + sk, fields: []int{0, 1, 2, 3}, want: "starts with Bearer"},
		{name: "assignment", text: "CLERK_SECRET_KEY=" + sk, fields: []int{0, 1, 2, 3}, want: "the name of the variable too"},
		{name: "exported assignment", text: "export CLERK_SECRET_KEY = " + sk, fields: []int{1}, want: "the name of the variable too"},
		{name: "placeholder", text: "pk_test_\u2026", fields: []int{0}, want: "placeholder"},
		{name: "placeholder with dots", text: "pk_test_...", fields: []int{0}, want: "placeholder"},
		{name: "placeholder", text: "sk_test_\u2026", fields: []int{1, 2}, want: "placeholder"},
		{name: "placeholder with dots", text: "sk_live_...", fields: []int{1}, want: "placeholder"},
		{name: "placeholder of x", text: "pk_test_xxxxxxxxxxxx", fields: []int{0}, want: "placeholder"},
		{name: "placeholder of x", text: "sk_test_XXXXXXXX", fields: []int{1}, want: "placeholder"},
		{name: "masked key", text: "sk_test_********", fields: []int{1}, want: "placeholder"},
		{name: "placeholder in words", text: "YOUR_SECRET_KEY", fields: []int{0, 1, 2, 3}, want: "placeholder"},
		{name: "placeholder in brackets", text: "<your key>", fields: []int{0, 1, 2, 3}, want: "placeholder"},
		{name: "variable that nobody expanded", text: "${CLERK_SECRET_KEY}", fields: []int{0, 1, 2, 3}, want: "placeholder"},
		{name: "variable that nobody expanded", text: "$CLERK_SECRET_KEY", fields: []int{0, 1, 2, 3}, want: "placeholder"},
		{name: "template that nobody expanded", text: "{{ .Values.clerk }}", fields: []int{0, 1, 2}, want: "placeholder"},
		{name: "anything", text: "hello", fields: []int{1}, want: "starts with neither sk_test_ nor sk_live_"},
		{name: "anything", text: "hello", fields: []int{0}, want: "starts with neither pk_test_ nor pk_live_"},
		{name: "anything", text: "hello", fields: []int{2}, want: "does not start with ak_"},
		{name: "anything", text: "hello", fields: []int{3}, want: "cut off or damaged"},
		{name: "capitals", text: strings.ToUpper(sk), fields: []int{1}, want: "small ones are meant"},
		{name: "capitals", text: "PK_TEST_" + pk[8:], fields: []int{0}, want: "small ones are meant"},
		{name: "unknown environment", text: "pk_prod_" + pk[8:], fields: []int{0}, want: "neither pk_test_ nor pk_live_"},
		{name: "cut off", text: "sk_test_", fields: []int{1}, want: "cut off"},
		{name: "cut off", text: "pk_test_", fields: []int{0}, want: "cut off or damaged"},
		{name: "cut off within", text: pk[:len(pk)-6], fields: []int{0}, want: "cut off or damaged"},
		{name: "no base64", text: "pk_test_" + tail + "!", fields: []int{0}, want: "cut off or damaged"},
		{name: "line end within", text: "sk_test_" + tail[:4] + "\n" + tail[4:], fields: []int{1}, want: "white space"},
		{name: "line end within", text: pk[:12] + "\n" + pk[12:], fields: []int{0}, want: "white space"},
		{name: "space within", text: pk[:12] + " " + pk[12:], fields: []int{0}, want: "white space"},
		{name: "space within", text: "sk_test_" + tail[:4] + " " + tail[4:], fields: []int{1}, want: "white space"},
		{name: "zero width within", text: "ak_" + tail[:4] + "\u200b" + tail[4:], fields: []int{2}, want: "cannot be seen"},
		{name: "zero width within", text: pk[:12] + "\u200b" + pk[12:], fields: []int{0}, want: "cannot be seen"},
		{name: "private key", text: "-----BEGIN PRIVATE KEY-----\n" + tail + "\n-----END PRIVATE KEY-----", fields: []int{3}, want: "holds a private key"},
		{name: "private RSA key", text: "-----BEGIN RSA PRIVATE KEY-----\n" + tail + "\n-----END RSA PRIVATE KEY-----", fields: []int{3}, want: "holds a private key"},
		{name: "certificate", text: "-----BEGIN CERTIFICATE-----\n" + tail + "\n-----END CERTIFICATE-----", fields: []int{3}, want: "holds a certificate"},
		{name: "file name", text: "/etc/clerk/" + tail + ".pem", fields: []int{3}, want: "name of a file"},
		{name: "PEM key that is cut off", text: s.PEM()[:200], fields: []int{3}, want: "cut off or damaged"},
	} {
		for _, i := range test.fields {
			o := goodOptions()
			*keyFields[i].field(&o) = test.text
			_, err := core.New(o)
			if err == nil {
				t.Errorf("%s in %s: got no error", test.name, keyFields[i].name)
				continue
			}
			got := err.Error()
			if !strings.Contains(got, keyFields[i].name) || !strings.Contains(got, test.want) || !strings.Contains(got, "dashboard.clerk.com") {
				t.Errorf("%s in %s: got %s, want it to say %q, and where the key is", test.name, keyFields[i].name, got, test.want)
			}
			if strings.Contains(got, tail[6:]) || strings.Contains(got, jwt[10:30]) || strings.Contains(got, pk[12:]) {
				t.Errorf("%s in %s: got %s, which holds the key", test.name, keyFields[i].name, got)
			}
			if lines := strings.Count(got, "Copy the"); lines != 1 {
				t.Errorf("%s in %s: got %d remedies: %s", test.name, keyFields[i].name, lines, got)
			}
		}
	}
	// The two keys, each in the other's field.
	o := goodOptions()
	o.PublishableKey, o.SecretKey = o.SecretKey, o.PublishableKey
	if _, err := core.New(o); err == nil || !strings.Contains(err.Error(), "swap them") || strings.Contains(err.Error(), "notarealkey") {
		t.Errorf("swapped: got %v", err)
	}
}

func TestKeysThatAreFine(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	for _, o := range []core.Options{
		{PublishableKey: devKey, SecretKey: "test_legacy"},
		{PublishableKey: liveKey, SecretKey: "live_legacy"},
		{PublishableKey: "pk_test_Y2xlcmsuY2xlcmsuZGV2JA==", SecretKey: "sk_test_x"},
		{PublishableKey: devKey, SecretKey: devSK, MachineSecretKey: "ak_x"},
		{PublishableKey: devKey, SecretKey: devSK, MachineSecretKey: devSK},
		{PublishableKey: devKey, SecretKey: devSK, JWTKey: s.PEM()},
		{PublishableKey: devKey, SecretKey: devSK, JWTKey: strings.ReplaceAll(s.PEM(), "\n", `\n`)},
		{PublishableKey: devKey, SecretKey: devSK, JWTKey: strings.Join(slices.DeleteFunc(strings.Split(s.PEM(), "\n"), func(line string) bool { return strings.HasPrefix(line, "---") }), "")},
	} {
		o.LookupEnv = noEnv
		newClerk(t, o)
	}
}

// FuzzNew finds texts that make New panic, or that come back whole in its error.
func FuzzNew(f *testing.F) {
	for _, text := range []string{
		"", " ", "pk_test_", "sk_live_x", "https://", "https://user:pass@[::1", "{", "-----BEGIN PUBLIC KEY-----", "\ufeff", "\xff\xfe", "a\x00b", "://", "*", "//@:", "/:", "/(((",
		"chrome-extension://", "https://example.com/%", "\u200b\u200b", "localhost:99999", "/orgs/:slug*", strings.Repeat("(", 50), "pk_test_YSAuYiQ", "@", "https://@", "x://y@z@",
	} {
		f.Add(text, "https://app.example")
		f.Add(devKey, text)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, o := range []core.Options{
			{
				PublishableKey: a, SecretKey: b, MachineSecretKey: a, JWTKey: b, Audience: []string{a, b}, AuthorizedParties: []string{a, b}, Domain: a, IsSatellite: true,
				ProxyURL: b, SignInURL: a, SignUpURL: b, APIURL: a, APIVersion: b, OrganizationSync: core.OrganizationSync{OrganizationPatterns: []string{a, b}, PersonalAccountPatterns: []string{b}},
				FrontendAPIProxy:      core.FrontendAPIProxy{Enabled: true, Path: a, FAPIURL: b},
				ContentSecurityPolicy: &core.ContentSecurityPolicy{Directives: map[string][]string{a: {b}}, ReportTo: a},
			},
			{PublishableKey: devKey, SecretKey: devSK, AuthorizedParties: []string{a}, Domain: b, IsSatellite: true, ProxyURL: a, SignInURL: b, SignUpURL: a},
			{PublishableKey: liveKey, SecretKey: liveSK, APIURL: a, Domain: a, IsSatellite: true, SignInURL: a},
			{PublishableKey: a, SecretKey: devSK},
			{PublishableKey: devKey, SecretKey: a},
			{PublishableKey: devKey, SecretKey: devSK, JWTKey: a},
		} {
			o.LookupEnv, o.Outage = noEnv, persistent
			c, err := core.New(o)
			if (c == nil) == (err == nil) {
				t.Fatalf("got %v and %v", c, err)
			}
			if err != nil && err.Error() == "" {
				t.Fatal("got an error without text")
			}
			if c != nil { // What New lets through is good for requests.
				adapter.Attach(t.Context(), c, page("/", "Cookie", "__client_uat=5", "Origin", "https://app.example"))
			}
		}
	})
}

// lost is a store, and what a fleet shares, that is not there: what is left of a function whose
// error was ignored.
type lost struct{ core.Shared }

func TestStoresThatAreNotThere(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		set  func(*core.Options)
		want string // "" for none
	}{
		{name: "none", set: func(*core.Options) {}},
		{name: "a store", set: func(o *core.Options) { o.Outage.Store = core.FileStore(t.TempDir()) }},
		{name: "a lost store", set: func(o *core.Options) { o.Outage.Store = (*lost)(nil) }, want: "Options.Outage.Store is a nil *core_test.lost"},
		{name: "a lost fleet", set: func(o *core.Options) { o.Shared = (*lost)(nil) }, want: "Options.Shared is a nil *core_test.lost"},
	} {
		o := plain(newServer(t, false))
		test.set(&o)
		_, err := core.New(o)
		if test.want == "" && err != nil || test.want != "" && (!errors.Is(err, core.ErrConfiguration) || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want an error with %q", test.name, err, test.want)
		}
	}
}
