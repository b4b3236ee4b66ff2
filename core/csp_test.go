package core_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// keyFor is the publishable key of an instance.
func keyFor(prefix, host string) string {
	return prefix + base64.StdEncoding.EncodeToString([]byte(host+"$"))
}

// policyOptions are the options of the instance clerk.example.com with a policy.
func policyOptions(p *core.ContentSecurityPolicy) core.Options {
	return core.Options{
		PublishableKey:        keyFor("pk_live_", "clerk.example.com"),
		SecretKey:             "sk_live_policy",
		LookupEnv:             noEnv,
		ContentSecurityPolicy: p,
	}
}

// developmentPolicy is what Clerk's SDK for Next.js sends without options outside
// production.
const developmentPolicy = "connect-src 'self' https://clerk-telemetry.com https://*.clerk-telemetry.com https://api.stripe.com https://maps.googleapis.com https://img.clerk.com https://images.clerkstage.dev https://*.protect.clerk.com:* clerk.example.com; default-src 'self'; form-action 'self'; frame-src 'self' https://challenges.cloudflare.com https://*.js.stripe.com https://js.stripe.com https://hooks.stripe.com https://*.protect.clerk.com; img-src 'self' https://img.clerk.com; script-src 'self' 'unsafe-eval' 'unsafe-inline' https: http: https://*.js.stripe.com https://js.stripe.com https://maps.googleapis.com https://*.protect.clerk.com; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:"

// policyWith is developmentPolicy, or the one of production, with replacements.
func policyWith(development bool, oldnew ...string) string {
	if !development {
		oldnew = append(oldnew, " 'unsafe-eval'", "")
	}
	return strings.NewReplacer(oldnew...).Replace(developmentPolicy)
}

func TestContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	const csp, reportOnly = "Content-Security-Policy", "Content-Security-Policy-Report-Only"
	for _, tt := range []struct {
		name   string
		policy *core.ContentSecurityPolicy
		want   []core.Header
	}{
		{name: "is not sent unless asked for"},
		{name: "permits eval in development", policy: &core.ContentSecurityPolicy{Development: true}, want: []core.Header{{Name: csp, Value: developmentPolicy}}},
		{name: "does not permit eval otherwise", policy: &core.ContentSecurityPolicy{}, want: []core.Header{{Name: csp, Value: policyWith(false)}}},
		{
			name: "merges directives",
			policy: &core.ContentSecurityPolicy{Development: true, Directives: map[string][]string{
				"default-src": {"none"},
				"img-src":     {"'self'", "https://example.com", "self"},
				"base-uri":    {"self", "value2"},
				"frame-src":   {"none", "https://x"},
			}},
			want: []core.Header{{Name: csp, Value: "base-uri 'self' value2; " + policyWith(true,
				"default-src 'self'", "default-src 'none'",
				"img-src 'self' https://img.clerk.com", "img-src 'self' https://img.clerk.com https://example.com",
				"frame-src 'self' https://challenges.cloudflare.com https://*.js.stripe.com https://js.stripe.com https://hooks.stripe.com https://*.protect.clerk.com", "frame-src 'none'")}},
		},
		{
			name:   "quotes keywords and nothing else",
			policy: &core.ContentSecurityPolicy{Directives: map[string][]string{"Zz-Src": {"none-such", "unsafe-hashes", "'strict-dynamic'", "'sha256-abc='", "data:"}}},
			want:   []core.Header{{Name: csp, Value: policyWith(false) + "; zz-src none-such 'unsafe-hashes' 'strict-dynamic' 'sha256-abc=' data:"}},
		},
		{
			name:   "reports",
			policy: &core.ContentSecurityPolicy{ReportOnly: true, ReportTo: "https://example.com/csp"},
			want: []core.Header{
				{Name: reportOnly, Value: policyWith(false) + "; report-to csp-endpoint"},
				{Name: "Reporting-Endpoints", Value: `csp-endpoint="https://example.com/csp"`},
			},
		},
		{
			name:   "has a nonce when strict",
			policy: &core.ContentSecurityPolicy{Strict: true, ReportTo: "/csp", Development: true, Directives: map[string][]string{"script-src": {"https://x.example", "strict-dynamic"}}},
			want: []core.Header{
				{Name: csp, Value: policyWith(true,
					"'unsafe-inline' https: http: https://*.js", "'unsafe-inline' https://*.js",
					"https://*.protect.clerk.com; style-src", "https://*.protect.clerk.com 'strict-dynamic' 'nonce-N' https://x.example; style-src") + "; report-to csp-endpoint"},
				{Name: "Reporting-Endpoints", Value: `csp-endpoint="/csp"`},
				{Name: "X-Nonce", Value: "N"},
			},
		},
		{
			name:   "lets none override the strict script-src",
			policy: &core.ContentSecurityPolicy{Strict: true, Directives: map[string][]string{"script-src": {"none"}}},
			want: []core.Header{
				{Name: csp, Value: policyWith(false,
					"script-src 'self' 'unsafe-eval' 'unsafe-inline' https: http: https://*.js.stripe.com https://js.stripe.com https://maps.googleapis.com https://*.protect.clerk.com", "script-src 'none'")},
				{Name: "X-Nonce", Value: "N"},
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClerk(t, policyOptions(tt.policy))
			ra, outcome := adapter.Attach(t.Context(), c, get("/"))
			nonce := ra.Nonce()
			if got := core.CSPNonce(ra.NewContext(t.Context())); got != nonce {
				t.Errorf("got nonce %q from the context, want %q", got, nonce)
			}
			if strict := tt.policy != nil && tt.policy.Strict; strict != (nonce != "") {
				t.Errorf("got nonce %q", nonce)
			}
			got := append([]core.Header(nil), outcome.SetHeaders...)
			for i := range got {
				if nonce != "" {
					got[i].Value = strings.ReplaceAll(got[i].Value, nonce, "N")
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestContentSecurityPolicyNonces(t *testing.T) {
	t.Parallel()
	c := newClerk(t, policyOptions(&core.ContentSecurityPolicy{Strict: true}))
	seen := make(map[string]bool)
	for range 100 {
		ra, outcome := adapter.Attach(t.Context(), c, get("/"))
		raw, err := base64.StdEncoding.DecodeString(ra.Nonce())
		if err != nil || len(raw) != 16 || seen[ra.Nonce()] {
			t.Fatalf("got nonce %q (seen: %t)", ra.Nonce(), seen[ra.Nonce()])
		}
		seen[ra.Nonce()] = true
		if !strings.Contains(outcome.SetHeaders[0].Value, "'nonce-"+ra.Nonce()+"'") {
			t.Errorf("policy %q lacks nonce %q", outcome.SetHeaders[0].Value, ra.Nonce())
		}
		again, second := adapter.Attach(ra.NewContext(t.Context()), c, get("/"))
		if again.Nonce() != ra.Nonce() || second.SetHeaders != nil {
			t.Fatal("the second middleware changed the nonce")
		}
	}
	if got := core.CSPNonce(context.Background()); got != "" {
		t.Errorf("got nonce %q without a middleware", got)
	}
}

func TestContentSecurityPolicyIsOnlyForWhatGoesOn(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	o := plain(s)
	o.ContentSecurityPolicy = &core.ContentSecurityPolicy{Strict: true}
	o.Skip = func(r core.Request) bool { return r.Target() == "/skipped" }
	c := newClerk(t, o)
	for _, tt := range []struct {
		name    string
		request *request
		status  int
		want    bool
	}{
		{name: "a signed-out request", request: get("/"), status: 0, want: true},
		{name: "a machine's request", request: get("/", "Authorization", "Bearer ak_1"), status: 0, want: true},
		{name: "a handshake", request: page("/"), status: http.StatusTemporaryRedirect, want: false},
		{name: "a skipped request", request: get("/skipped"), status: 0, want: false},
	} {
		_, outcome := adapter.Attach(t.Context(), c, tt.request)
		if got := len(outcome.SetHeaders) > 0; got != tt.want || outcome.Status != tt.status {
			t.Errorf("%s: got policy %t and status %d, want %t and %d", tt.name, got, outcome.Status, tt.want, tt.status)
		}
	}
}

func TestContentSecurityPolicyFaults(t *testing.T) {
	t.Parallel()
	for _, p := range []core.ContentSecurityPolicy{
		{Directives: map[string][]string{"script-src x": {"self"}}},
		{Directives: map[string][]string{"": {"self"}}},
		{Directives: map[string][]string{"img-src": {"self; script-src *"}}},
		{Directives: map[string][]string{"img-src": {"a, b"}}},
		{Directives: map[string][]string{"img-src": {"a\r\nSet-Cookie: b"}}},
		{Directives: map[string][]string{"img-src": {"a\x00b"}}},
		{Directives: map[string][]string{"img-src": {"https://é.example"}}},
		{ReportTo: `https://x", evil="https://y`},
		{ReportTo: "https://x\ny"},
	} {
		if _, err := core.New(policyOptions(&p)); err == nil || !strings.Contains(err.Error(), "Options.ContentSecurityPolicy") {
			t.Errorf("%+v: got error %v", p, err)
		}
	}
}

func TestContentSecurityPolicyOfTenants(t *testing.T) {
	t.Parallel()
	i := adapter.Instances(core.Options{Now: clerktest.NewClock(epoch).Now})
	policies := []*core.ContentSecurityPolicy{
		nil, {}, {Strict: true}, {Directives: map[string][]string{"img-src": {"a"}}}, {Directives: map[string][]string{"img-src": {"b"}}},
	}
	seen := make(map[*core.Clerk]int)
	for n, p := range policies {
		o := policyOptions(p)
		o.LookupEnv = nil
		first, err := i.Get(o)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[first]; ok {
			t.Errorf("policies %d and %d share an instance", n, other)
		}
		seen[first] = n
		if again, err := i.Get(o); err != nil || again != first {
			t.Errorf("policy %d: got another instance for equal options (error %v)", n, err)
		}
	}
}
