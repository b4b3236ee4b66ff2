package adaptertest

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// optionCases shows the effect of every option, by the name of its field.
func optionCases() map[string]optionCase {
	type world = optionWorld
	const ada, guarded = "200 user_ada", "/guarded"
	never := func(string) (string, bool) { return "", false }
	satellite := func(_ *world, o *core.Options) {
		o.IsSatellite, o.Domain, o.SignInURL = true, "one.example", "https://primary.example/sign-in"
	}
	keysDown := func(w *world, _ *core.Options) {
		w.server.Inject("GET /v1/jwks", clerktest.Fault{Status: http.StatusServiceUnavailable})
	}
	proxied := func(w *world) string { return strconv.Itoa(w.server.Requests("GET /v1/environment")) + " proxied" }
	return map[string]optionCase{
		"PublishableKey": {
			path: guarded, headers: pageOf(), look: location,
			set: func(_ *world, o *core.Options) {
				o.PublishableKey = clerktest.PublishableKey("brave-heron-7.clerk.accounts.dev", false)
			},
			without: "307 calm-otter-42.accounts.dev/sign-in", with: "307 brave-heron-7.accounts.dev/sign-in",
		},
		"SecretKey": {
			path: guarded, headers: sessionOf(), set: func(_ *world, o *core.Options) { o.SecretKey = "sk_test_of_another_instance" },
			without: ada, with: "500",
		},
		"MachineSecretKey": {
			path: "/m2m", headers: func(w *world) []string { return bearer(w.server.M2MToken(clerktest.MachineToken{Subject: "mch_a"})) },
			set: func(_ *world, o *core.Options) { o.MachineSecretKey = "ak_of_a_machine" },
			probe: backendCall(func(r clerktest.Request) string {
				return r.Path + " " + strconv.FormatBool(r.Header.Get("Authorization") == "Bearer ak_of_a_machine")
			}),
			without: "/m2m_tokens/verify false", with: "/m2m_tokens/verify true",
		},
		"JWTKey": {
			path: guarded, headers: sessionOf(), base: keysDown, set: func(w *world, o *core.Options) { o.JWTKey = w.server.PEM() },
			without: "503", with: ada,
		},
		"Audience": {
			path: guarded, headers: sessionOf(clerktest.Claim("aud", "https://a.example")),
			set:     func(_ *world, o *core.Options) { o.Audience = []string{"https://b.example"} },
			without: ada, with: "404",
		},
		"AuthorizedParties": {
			path: guarded, headers: sessionOf(clerktest.AuthorizedParty("https://a.example")),
			set:     func(_ *world, o *core.Options) { o.AuthorizedParties = []string{"https://b.example"} },
			without: ada, with: "404",
		},
		"Issuer": {
			path: guarded, headers: sessionOf(), set: func(_ *world, o *core.Options) { o.Issuer = []string{"https://clerk.other.example"} },
			without: ada, with: "404",
		},
		"ClockSkew": {
			path: guarded, headers: func(w *world) []string {
				return bearer(w.server.SessionToken("user_ada", clerktest.IssuedAt(w.server.Clock().Now().Add(-63*time.Second))))
			},
			set: func(_ *world, o *core.Options) { o.ClockSkew = new(time.Duration) }, without: ada, with: "404",
		},
		"Domain": {
			production: true, path: "/?__clerk_synced=false", headers: pageOf(), base: satellite, look: location,
			set:     func(_ *world, o *core.Options) { o.Domain = "two.example" },
			without: "307 clerk.one.example/v1/client/handshake", with: "307 clerk.two.example/v1/client/handshake",
		},
		"IsSatellite": {
			production: true, path: "/?__clerk_synced=false", headers: pageOf(), set: satellite, without: "200 nobody", with: "307",
		},
		"SatelliteAutoSync": {
			production: true, headers: pageOf(), base: satellite, set: func(_ *world, o *core.Options) { o.SatelliteAutoSync = true },
			without: "200 nobody", with: "307",
		},
		"ProxyURL": {
			headers: func(*world) []string { return page() }, look: location, set: func(_ *world, o *core.Options) { o.ProxyURL = "https://app.example/__clerk" },
			without: "307 calm-otter-42.clerk.accounts.dev/v1/client/handshake", with: "307 app.example/__clerk/v1/client/handshake",
		},
		"FrontendAPIProxy": {
			path: "/__clerk/v1/environment", probe: proxied,
			set: func(w *world, o *core.Options) {
				o.FrontendAPIProxy = core.FrontendAPIProxy{Enabled: true, FAPIURL: w.server.URL()}
			},
			without: "0 proxied", with: "1 proxied",
		},
		"FrontendAPIProxy.Only": {
			path: "/__clerk/v1/environment", probe: proxied,
			base: func(w *world, o *core.Options) {
				o.FrontendAPIProxy = core.FrontendAPIProxy{Enabled: true, FAPIURL: w.server.URL()}
			},
			set:     func(_ *world, o *core.Options) { o.FrontendAPIProxy.Only = func(core.Request) bool { return false } },
			without: "1 proxied", with: "0 proxied",
		},
		"ContentSecurityPolicy": {
			look: func(resp *http.Response) string { return resp.Header.Get("Reporting-Endpoints") },
			set: func(_ *world, o *core.Options) {
				o.ContentSecurityPolicy = &core.ContentSecurityPolicy{ReportTo: "https://reports.example"}
			},
			without: "", with: `csp-endpoint="https://reports.example"`,
		},
		"SignInURL": {
			path: "/sign-me-in", look: location, set: func(_ *world, o *core.Options) { o.SignInURL = "/enter" },
			without: "307 calm-otter-42.accounts.dev/sign-in", with: "307 localhost:3000/enter",
		},
		"SignUpURL": {
			path: "/sign-me-up", look: location, set: func(_ *world, o *core.Options) { o.SignUpURL = "/join" },
			without: "307 calm-otter-42.accounts.dev/sign-up", with: "307 localhost:3000/join",
		},
		"OrganizationSync": {
			path: "/orgs/acme", set: func(_ *world, o *core.Options) { o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:slug"} },
			headers: func(w *world) []string {
				uat := strconv.FormatInt(w.server.Clock().Now().Unix()-60, 10)
				return page("Cookie", "__clerk_db_jwt=dvb_options; __client_uat="+uat+"; __session="+w.server.SessionToken("user_ada"))
			},
			without: ada, with: "307",
		},
		"APIURL": {
			path: guarded, headers: sessionOf(), set: func(_ *world, o *core.Options) { o.APIURL = "http://127.0.0.1:1" }, without: ada, with: "503",
		},
		"APIVersion": {
			path: guarded, headers: sessionOf(), set: func(_ *world, o *core.Options) { o.APIVersion = "v9" },
			probe: backendCall(func(r clerktest.Request) string { return r.Path }), without: "/v1/jwks", with: "/v9/jwks",
		},
		"AcceptsToken": {
			headers: func(w *world) []string { return bearer(w.server.APIKey(clerktest.MachineToken{Subject: "user_ada"})) },
			set:     func(_ *world, o *core.Options) { o.AcceptsToken = core.AnyToken() }, without: "200 nobody", with: ada,
		},
		"Debug": {
			base: func(w *world, o *core.Options) { o.Logger = w.log.logger() }, set: func(_ *world, o *core.Options) { o.Debug = true },
			probe: logged("clerk debug"), without: "false", with: "true",
		},
		"Logger": {
			base: func(_ *world, o *core.Options) { o.Debug = true }, set: func(w *world, o *core.Options) { o.Logger = w.log.logger() },
			probe: logged("clerk debug"), without: "false", with: "true",
		},
		"HTTPClient": {
			path: guarded, headers: sessionOf(), set: func(w *world, o *core.Options) { o.HTTPClient = &http.Client{Transport: w.calls} },
			probe: func(w *world) string { return w.calls.count(w) }, without: "0", with: "1",
		},
		"Now": {
			path: guarded, headers: sessionOf(),
			set: func(w *world, o *core.Options) {
				o.Now = func() time.Time { return w.server.Clock().Now().Add(time.Hour) }
			},
			without: ada, with: "404",
		},
		"Retry": {
			path: guarded, headers: sessionOf(), base: keysDown, set: func(_ *world, o *core.Options) { o.Retry.Attempts = 3 },
			probe:   func(w *world) string { return strconv.Itoa(w.server.Requests("GET /v1/jwks")) },
			without: "2", with: "3",
		},
		// These change what an answer costs, not what it is.
		"KeyRefresh": {
			path: guarded, headers: sessionOf(), without: ada, with: ada,
			set: func(_ *world, o *core.Options) { o.KeyRefresh = core.KeyRefresh{TTL: 1, StaleIfError: -1} },
		},
		"TokenCache": {
			path: guarded, headers: sessionOf(), without: ada, with: ada,
			set: func(_ *world, o *core.Options) { o.TokenCache = core.TokenCache{Entries: -1, Bytes: -1} },
		},
		"CallBudget": {
			path: guarded, headers: sessionOf(), without: ada, with: ada,
			set: func(_ *world, o *core.Options) { o.CallBudget = core.CallBudget{Rate: 1, Burst: 1} },
		},
		"BackendLimit": { // Its effect is on calls when there were many.
			path: guarded, headers: sessionOf(), without: ada, with: ada,
			set: func(_ *world, o *core.Options) { o.BackendLimit.Calls = 1 },
		},
		"MachineTokens": { // Its effect is on the second request with a token.
			path: guarded, headers: sessionOf(), without: ada, with: ada,
			set: func(_ *world, o *core.Options) { o.MachineTokens.MaxAge = time.Second },
		},
		"Users": { // Its effect is on the second request of a user.
			path: guarded, headers: sessionOf(), without: ada, with: ada,
			set: func(_ *world, o *core.Options) { o.Users.MaxAge = time.Second },
		},
		"Outage": { // No call takes no time at all.
			path: guarded, headers: sessionOf(), without: ada, with: "503",
			set: func(_ *world, o *core.Options) { o.Outage.MaxWait = time.Nanosecond },
		},
		"Outage.Observe": {
			path: guarded, headers: sessionOf(),
			set:   func(w *world, o *core.Options) { o.Outage.Observe = func(core.CallEvent) { w.calls.add() } },
			probe: func(w *world) string { return w.calls.count(w) }, without: "0", with: "1",
		},
		"Outage.Store": { // A process that has just started looks there when it cannot ask Clerk.
			path: guarded, headers: sessionOf(), base: keysDown,
			set:   func(w *world, o *core.Options) { o.Outage.Store = countingStore{w.calls} },
			probe: func(w *world) string { return w.calls.count(w) }, without: "0", with: "1",
		},
		"Revocations": { // The fleet never says what was revoked.
			path: guarded, headers: sessionOf(), base: func(w *world, o *core.Options) { o.Shared = silentFleet{countingStore{w.calls}} },
			set: func(_ *world, o *core.Options) { o.Revocations.Required = true }, without: ada, with: "503",
		},
		"Shared": { // It joins to hear what is revoked, and how long Clerk asks to wait.
			path: guarded, headers: sessionOf(),
			set:   func(w *world, o *core.Options) { o.Shared = silentFleet{countingStore{w.calls}} },
			probe: func(w *world) string { return w.calls.count(w) }, without: "0", with: "2",
		},
		"SharedTimeout": { // Its effect is where that is slow.
			path: guarded, headers: sessionOf(), without: ada, with: ada,
			set: func(_ *world, o *core.Options) { o.SharedTimeout = time.Millisecond },
		},
		"Hooks": { // Each is below. They do not change what anybody gets.
			path: guarded, headers: sessionOf(), without: ada, with: ada,
			set: func(_ *world, o *core.Options) {
				o.Hooks.Carry = func(ctx context.Context) context.Context { return ctx }
			},
		},
		"Hooks.Authenticate": {
			path: guarded, headers: sessionOf(), set: func(w *world, o *core.Options) {
				o.Hooks.Authenticate = func(ctx context.Context) (context.Context, func(core.Decision)) { w.calls.add(); return ctx, nil }
			},
			probe: func(w *world) string { return w.calls.count(w) }, without: "0", with: "1",
		},
		"Hooks.Call": {
			path: guarded, headers: sessionOf(), set: func(w *world, o *core.Options) {
				o.Hooks.Call = func(ctx context.Context, _ core.Call) (context.Context, func(core.CallEvent)) {
					w.calls.add()
					return ctx, nil
				}
			},
			probe: func(w *world) string { return w.calls.count(w) }, without: "0", with: "1",
		},
		"Hooks.Carry": {
			path: guarded, headers: sessionOf(), set: func(w *world, o *core.Options) {
				o.Hooks.Carry = func(context.Context) context.Context { w.calls.add(); return nil }
			},
			probe: func(w *world) string { return w.calls.count(w) }, without: "0", with: "1",
		},
		"Hooks.KeysFetched": {
			path: guarded, headers: sessionOf(), set: func(w *world, o *core.Options) {
				o.Hooks.KeysFetched = func(context.Context, core.KeyFetch) { w.calls.add() }
			},
			probe: func(w *world) string { return w.calls.count(w) }, without: "0", with: "1",
		},
		"Hooks.BreakerChanged": {
			path: guarded, headers: sessionOf(), base: func(w *world, o *core.Options) { keysDown(w, o); o.Outage.Failures = 1 },
			set: func(w *world, o *core.Options) {
				o.Hooks.BreakerChanged = func(string, bool) { w.calls.add() }
			},
			probe: func(w *world) string { return w.calls.count(w) }, without: "0", with: "1",
		},
		"Hooks.Revoked": { // Its effect is when something is revoked.
			path: guarded, headers: sessionOf(), without: ada, with: ada,
			set: func(_ *world, o *core.Options) { o.Hooks.Revoked = func(context.Context, core.Revocation) {} },
		},
		"Hooks.Counters": {
			path: guarded, headers: sessionOf(), set: func(w *world, o *core.Options) {
				o.Hooks.Counters = func(func() (core.Stats, bool)) { w.calls.add() }
			},
			probe: func(w *world) string { return w.calls.count(w) }, without: "0", with: "1",
		},
		"ClientAddress": {
			path: "/m2m", headers: func(*world) []string { return bearer("mt_made_up") },
			set: func(w *world, o *core.Options) {
				o.ClientAddress = func(core.Request) string { w.calls.add(); return "203.0.113.9" }
			},
			probe: func(w *world) string { return w.calls.count(w) }, without: "0", with: "1",
		},
		"LookupEnv": {
			path: "/sign-me-in", look: location, baseOnly: true, base: func(_ *world, o *core.Options) { o.LookupEnv = never },
			set: func(_ *world, o *core.Options) {
				o.LookupEnv = func(name string) (string, bool) { return "/from-the-environment", name == "CLERK_SIGN_IN_URL" }
			},
			without: "307 calm-otter-42.accounts.dev/sign-in", with: "307 localhost:3000/from-the-environment",
		},
		"APIStatus": {path: guarded, set: func(_ *world, o *core.Options) { o.APIStatus = true }, without: "404", with: "401"},
		"IgnoreForwarded": {
			path: guarded, headers: pageOf("X-Forwarded-Host", "public.example", "X-Forwarded-Proto", "https"), look: redirectBack,
			set:     func(_ *world, o *core.Options) { o.IgnoreForwarded = true },
			without: "https://public.example/guarded", with: "http://localhost:3000/guarded",
		},
		"IsPageRequest": {
			path: guarded, set: func(_ *world, o *core.Options) { o.IsPageRequest = func(core.Request) bool { return true } }, without: "404", with: "307",
		},
		"IsActionRequest": {
			path: guarded, set: func(_ *world, o *core.Options) { o.IsActionRequest = func(core.Request) bool { return true } }, without: "404", with: "401",
		},
		"Skip": {
			path: guarded, headers: sessionOf(), set: func(_ *world, o *core.Options) { o.Skip = func(core.Request) bool { return true } }, without: ada, with: "500",
		},
	}
}
