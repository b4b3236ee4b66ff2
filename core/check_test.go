package core_test

import (
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
	{"", "\n"}, {"", "\r\n"}, {" ", " "}, {"\t", "\t\n\n"}, {"\ufeff", ""}, {"\u200b", "\u200b"}, {"\u00a0", "\u2028"}, {"\u2060\u200e", "\u00ad\x00"},
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
		{"https://example.com", "https://example.com"},
		{"https://example.com/", "https://example.com"},
		{"https://Example.com", "https://example.com"},
		{"HTTPS://EXAMPLE.COM/", "https://example.com"},
		{"https://example.com:443", "https://example.com"},
		{"https://example.com:443/", "https://example.com"},
		{"http://example.com:80", "http://example.com"},
		{"http://example.com:443", "http://example.com:443"},
		{"https://example.com:", "https://example.com"},
		{"https://b\u00fccher.example", "https://xn--bcher-kva.example"},
		{"https://B\u00dcCHER.example:8443/", "https://xn--bcher-kva.example:8443"},
		{"http://localhost:3000", "http://localhost:3000"},
		{"http://[::1]:3000/", "http://[::1]:3000"},
		{"http://[0:0::1]", "http://[::1]"},
		{"chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"},
		{"chrome-extension://abcdefghijklmnop/", "chrome-extension://abcdefghijklmnop"},
		{"moz-extension://7b0e5c4c-1a2b", "moz-extension://7b0e5c4c-1a2b"},
		{"safari-web-extension://9D5A2D5F-AAAA", "safari-web-extension://9D5A2D5F-AAAA"}, // Safari spells them so.
		{"Capacitor://localhost", "capacitor://localhost"},
		{"exp://192.168.1.2:8081", "exp://192.168.1.2:8081"},
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
	satellite := core.Options{PublishableKey: liveKey, SecretKey: liveSK, IsSatellite: true, LookupEnv: noEnv, SignInURL: "https://primary.example/sign-in"}
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
		{"Backend API with credentials", func(o *core.Options) { o.APIURL = "https://user:hush@api.example" }, "Options.APIURL (CLERK_API_URL) must not include credentials"},
		{"Backend API with a user", func(o *core.Options) { o.APIURL = "https://hush@api.example" }, "Options.APIURL (CLERK_API_URL) must not include credentials"},
		{"Backend API with a query", func(o *core.Options) { o.APIURL = "https://api.example?token=hush" }, "Options.APIURL (CLERK_API_URL) must not include"},
		{"Backend API with a fragment", func(o *core.Options) { o.APIURL = "https://api.example#hush" }, "Options.APIURL (CLERK_API_URL) must not include"},
		{"Backend API without a host", func(o *core.Options) { o.APIURL = "https:/hush" }, "Options.APIURL (CLERK_API_URL) is not an http or https URL"},
		{"Backend API in quotes", func(o *core.Options) { o.APIURL = `"https://hush.example"` }, "Options.APIURL (CLERK_API_URL) is not an http or https URL"},
		{"version that is none", func(o *core.Options) { o.APIVersion = "v1?x" }, "Options.APIVersion (CLERK_API_VERSION)"},
		{"version that leads elsewhere", func(o *core.Options) { o.APIVersion = ".." }, "Options.APIVersion (CLERK_API_VERSION)"},
		{"proxy with credentials", func(o *core.Options) { o.ProxyURL = "https://user:hush@app.example/__clerk" }, "Options.ProxyURL (CLERK_PROXY_URL) must not include credentials"},
		{"proxy without a host", func(o *core.Options) { o.ProxyURL = "https://" }, "Options.ProxyURL (CLERK_PROXY_URL)"},
		{"sign-in page without a host", func(o *core.Options) { o.SignInURL = "https://" }, `Options.SignInURL (CLERK_SIGN_IN_URL) "https://" is not an http or https URL`},
		{"sign-in page that is a script", func(o *core.Options) { o.SignInURL = " JavaScript:alert(1)" }, "Options.SignInURL (CLERK_SIGN_IN_URL)"},
		{"sign-up page of a port without scheme", func(o *core.Options) { o.SignUpURL = "localhost:3000/sign-up" }, "Options.SignUpURL (CLERK_SIGN_UP_URL)"},
		{"sign-up page that is no URL", func(o *core.Options) { o.SignUpURL = "https://a b/" }, "Options.SignUpURL (CLERK_SIGN_UP_URL)"},
		{"tolerance of days", func(o *core.Options) { o.ClockSkew = new(24*time.Hour + 1) }, "Options.ClockSkew is more than a day"},
		{"tolerance without end", func(o *core.Options) { o.ClockSkew = new(time.Duration(math.MaxInt64)) }, "Options.ClockSkew is more than a day"},
		{"organization pattern that is an address", func(o *core.Options) {
			o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:id", "https://example.com/orgs/:slug"}
		}, `pattern "https://example.com/orgs/:slug" is an address: write its path only`},
		{"organization pattern without its slash", func(o *core.Options) {
			o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:id", "orgs/:slug"}
		}, `Options.OrganizationSync.OrganizationPatterns: Invalid pattern "orgs/:slug": pattern "orgs/:slug" matches no path, because paths start with a slash: write "/orgs/:slug"`},
		{"organization pattern that is a glob", func(o *core.Options) {
			o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:id", "/orgs/:slug/*"}
		}, `Invalid pattern "/orgs/:slug/*": pattern "/orgs/:slug/*" is a glob: write "/orgs/:slug/(.*)"`},
		{"personal pattern that is a glob", func(o *core.Options) {
			o.OrganizationSync.PersonalAccountPatterns = []string{"/fine", "/me/**"}
		}, `Options.OrganizationSync.PersonalAccountPatterns: Invalid pattern "/me/**": pattern "/me/**" is a glob`},
		{"blank pattern", func(o *core.Options) {
			o.OrganizationSync.PersonalAccountPatterns = []string{"/me", " "}
		}, "an empty pattern matches nothing"},
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
		{"sign-in page without its slash", func(o *core.Options) { o.SignInURL = "sign-in" }, "write /sign-in"},
		{"sign-in page of a host without scheme", func(o *core.Options) { o.SignInURL = "accounts.example/sign-in" }, "CLERK_SIGN_IN_URL"},
		{"sign-up page without its slash", func(o *core.Options) { o.SignUpURL = "../sign-up" }, "CLERK_SIGN_UP_URL"},
		{"Backend API with its version", func(o *core.Options) { o.APIURL = "https://api.clerk.com/v1" }, "CLERK_API_URL"},
		{"satellite with the prefix of the Frontend API", func(o *core.Options) {
			o.PublishableKey, o.SecretKey, o.IsSatellite, o.Domain = liveKey, liveSK, true, "clerk.sat.example"
		}, "CLERK_DOMAIN"},
		{"proxy of a host without scheme", func(o *core.Options) { o.ProxyURL = "//app.example/__clerk" }, "write https:// in front"},
		{"proxy with a query", func(o *core.Options) { o.ProxyURL = "https://app.example/__clerk?a=b" }, "CLERK_PROXY_URL"},
		{"proxy path with a fragment", func(o *core.Options) { o.ProxyURL = "/__clerk#a" }, "CLERK_PROXY_URL"},
		{"tolerance that is negative", func(o *core.Options) { o.ClockSkew = new(-time.Second) }, "Options.ClockSkew is negative (-1s)"},
		{"tolerance in milliseconds", func(o *core.Options) { o.ClockSkew = new(time.Duration(5000)) }, "5 * time.Second"},
		{"tolerance of hours", func(o *core.Options) { o.ClockSkew = new(2 * time.Hour) }, "Options.ClockSkew is 2h0m0s"},
		{"satellite that says yes", func(o *core.Options) { o.LookupEnv = env(map[string]string{"CLERK_IS_SATELLITE": "yes"}) }, "CLERK_IS_SATELLITE is neither true nor false"},
		{"satellite in quotes", func(o *core.Options) {
			o.LookupEnv = env(map[string]string{"NEXT_PUBLIC_CLERK_IS_SATELLITE": `"true"`})
		}, "CLERK_IS_SATELLITE is neither"},
		{"parameter whose name only starts like a slug", func(o *core.Options) {
			o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:slugs"}
		}, "/orgs/:slugs names no organization"},
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
	o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:slug", "/organizations/:id(.*)"}
	o.ClockSkew = new(time.Duration(0))
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
	{"Options.PublishableKey (CLERK_PUBLISHABLE_KEY)", func(o *core.Options) *string { return &o.PublishableKey }},
	{"Options.SecretKey (CLERK_SECRET_KEY)", func(o *core.Options) *string { return &o.SecretKey }},
	{"Options.MachineSecretKey (CLERK_MACHINE_SECRET_KEY)", func(o *core.Options) *string { return &o.MachineSecretKey }},
	{"Options.JWTKey (CLERK_JWT_KEY)", func(o *core.Options) *string { return &o.JWTKey }},
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
		{"publishable key", pk, []int{1, 2, 3}, "holds a publishable key"},
		{"secret key", sk, []int{0, 3}, "holds a secret key"},
		{"live secret key", "sk_live_" + tail, []int{0, 3}, "holds a secret key"},
		{"machine's key", "ak_" + tail, []int{0, 1, 3}, "CLERK_MACHINE_SECRET_KEY"},
		{"machine's token", "mt_" + tail, []int{0, 1, 2, 3}, "holds a machine's token"},
		{"OAuth token", "oat_" + tail, []int{0, 1, 2, 3}, "holds an OAuth access token"},
		{"webhook secret", "whsec_" + tail, []int{0, 1, 2, 3}, "CLERK_WEBHOOK_SIGNING_SECRET"},
		{"session token", jwt, []int{0, 1, 2, 3}, "holds a token (a JWT)"},
		{"PEM key", s.PEM(), []int{0, 1, 2}, "holds a PEM key"},
		{"JSON Web Key", `{"kty":"RSA","n":"` + tail + `"}`, []int{0, 1, 2, 3}, "JSON Web Key"},
		{"key set", `{"keys":[{"kty":"RSA"}]}`, []int{3}, "JWKS Public Key"},
		{"URL", "https://clerk.example/.well-known/jwks.json?" + tail, []int{0, 1, 2, 3}, "holds a URL"},
		{"quotes", `"` + sk + `"`, []int{1, 2}, "stands in quotes"},
		{"quotes", `"` + pk + `"`, []int{0}, "stands in quotes"},
		{"quotes", "'" + s.PEM() + "'", []int{3}, "stands in quotes"},
		{"one quote", sk + "'", []int{0, 1, 2, 3}, "quotes"},
		{"quotes of a word processor", "\u201c" + sk + "\u201d", []int{0, 1, 2, 3}, "quotes"},
		{"Bearer", "Bearer " + sk, []int{0, 1, 2, 3}, "starts with Bearer"},
		{"assignment", "CLERK_SECRET_KEY=" + sk, []int{0, 1, 2, 3}, "the name of the variable too"},
		{"exported assignment", "export CLERK_SECRET_KEY = " + sk, []int{1}, "the name of the variable too"},
		{"placeholder", "pk_test_\u2026", []int{0}, "placeholder"},
		{"placeholder with dots", "pk_test_...", []int{0}, "placeholder"},
		{"placeholder", "sk_test_\u2026", []int{1, 2}, "placeholder"},
		{"placeholder with dots", "sk_live_...", []int{1}, "placeholder"},
		{"placeholder of x", "pk_test_xxxxxxxxxxxx", []int{0}, "placeholder"},
		{"placeholder of x", "sk_test_XXXXXXXX", []int{1}, "placeholder"},
		{"masked key", "sk_test_********", []int{1}, "placeholder"},
		{"placeholder in words", "YOUR_SECRET_KEY", []int{0, 1, 2, 3}, "placeholder"},
		{"placeholder in brackets", "<your key>", []int{0, 1, 2, 3}, "placeholder"},
		{"variable that nobody expanded", "${CLERK_SECRET_KEY}", []int{0, 1, 2, 3}, "placeholder"},
		{"variable that nobody expanded", "$CLERK_SECRET_KEY", []int{0, 1, 2, 3}, "placeholder"},
		{"template that nobody expanded", "{{ .Values.clerk }}", []int{0, 1, 2}, "placeholder"},
		{"anything", "hello", []int{1}, "starts with neither sk_test_ nor sk_live_"},
		{"anything", "hello", []int{0}, "starts with neither pk_test_ nor pk_live_"},
		{"anything", "hello", []int{2}, "does not start with ak_"},
		{"anything", "hello", []int{3}, "cut off or damaged"},
		{"capitals", strings.ToUpper(sk), []int{1}, "small ones are meant"},
		{"capitals", "PK_TEST_" + pk[8:], []int{0}, "small ones are meant"},
		{"unknown environment", "pk_prod_" + pk[8:], []int{0}, "neither pk_test_ nor pk_live_"},
		{"cut off", "sk_test_", []int{1}, "cut off"},
		{"cut off", "pk_test_", []int{0}, "cut off or damaged"},
		{"cut off within", pk[:len(pk)-6], []int{0}, "cut off or damaged"},
		{"no base64", "pk_test_" + tail + "!", []int{0}, "cut off or damaged"},
		{"line end within", "sk_test_" + tail[:4] + "\n" + tail[4:], []int{1}, "white space"},
		{"line end within", pk[:12] + "\n" + pk[12:], []int{0}, "white space"},
		{"space within", pk[:12] + " " + pk[12:], []int{0}, "white space"},
		{"space within", "sk_test_" + tail[:4] + " " + tail[4:], []int{1}, "white space"},
		{"zero width within", "ak_" + tail[:4] + "\u200b" + tail[4:], []int{2}, "cannot be seen"},
		{"zero width within", pk[:12] + "\u200b" + pk[12:], []int{0}, "cannot be seen"},
		{"private key", "-----BEGIN PRIVATE KEY-----\n" + tail + "\n-----END PRIVATE KEY-----", []int{3}, "holds a private key"},
		{"private RSA key", "-----BEGIN RSA PRIVATE KEY-----\n" + tail + "\n-----END RSA PRIVATE KEY-----", []int{3}, "holds a private key"},
		{"certificate", "-----BEGIN CERTIFICATE-----\n" + tail + "\n-----END CERTIFICATE-----", []int{3}, "holds a certificate"},
		{"file name", "/etc/clerk/" + tail + ".pem", []int{3}, "name of a file"},
		{"PEM key that is cut off", s.PEM()[:200], []int{3}, "cut off or damaged"},
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
			o.LookupEnv = noEnv
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
