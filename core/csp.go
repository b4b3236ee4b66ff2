package core

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strings"
)

// ContentSecurityPolicy describes the Content-Security-Policy header that the
// middleware sends: Clerk's contentSecurityPolicy option. The zero value sends
// what Clerk's components need.
type ContentSecurityPolicy struct {
	// Strict replaces the permission to load scripts from anywhere by
	// 'strict-dynamic' and a nonce, fresh for each request, which every script
	// element must carry: see [CSPNonce].
	Strict bool
	// Directives add values to Clerk's, or directives that Clerk does not set, by
	// name. Keywords such as self and none need no quotes; a directive whose values
	// include none consists of it.
	Directives map[string][]string
	// ReportOnly reports violations and blocks nothing.
	ReportOnly bool
	// ReportTo is the URL that browsers report violations to.
	ReportTo string
	// Development permits eval, which the development tools of frontend frameworks
	// need. Clerk's SDK for Next.js permits it wherever NODE_ENV is not production.
	Development bool
}

// Response headers of a policy.
const (
	headerCSP                = "Content-Security-Policy"
	headerCSPReportOnly      = "Content-Security-Policy-Report-Only"
	headerReportingEndpoints = "Reporting-Endpoints"
	headerNonce              = "X-Nonce"
)

// nonceMark stands in a policy where the nonce goes. No given value contains it.
const nonceMark = "\x00"

// securityPolicy is a compiled policy.
type securityPolicy struct {
	strict  bool
	headers []Header // the policy first
	// The policy of a strict one around the nonce.
	before, after string
	hasNonce      bool // unless script-src was overridden
}

// newSecurityPolicy compiles a policy for the instance of a Frontend API.
func newSecurityPolicy(o *ContentSecurityPolicy, frontendAPI string) (*securityPolicy, error) {
	if o == nil {
		return nil, nil
	}
	directives := defaultDirectives(frontendAPI, o.Development)
	if o.Strict {
		script := slices.DeleteFunc(directives["script-src"], func(v string) bool { return v == "https:" || v == "http:" })
		directives["script-src"] = append(script, "strict-dynamic", "'nonce-"+nonceMark+"'")
	}
	var errs []error
	for _, given := range slices.Sorted(maps.Keys(o.Directives)) {
		name, values := strings.ToLower(given), o.Directives[given]
		if !isDirectiveName(name) || slices.ContainsFunc(values, func(v string) bool { return !isDirectiveValue(v) }) {
			errs = append(errs, optionError("Options.ContentSecurityPolicy.Directives: "+
				"a name may hold letters, digits and hyphens, a value everything printable except commas and semicolons: check "+given))
			continue
		}
		if slices.Contains(values, "none") || slices.Contains(values, "'none'") {
			directives[name] = []string{"none"}
			continue
		}
		directives[name] = append(directives[name], values...)
	}
	if strings.ContainsFunc(o.ReportTo, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
		errs = append(errs, optionError("Options.ContentSecurityPolicy.ReportTo is not a URL"))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	p := &securityPolicy{strict: o.Strict}
	text := policyText(directives)
	name := headerCSP
	if o.ReportOnly {
		name = headerCSPReportOnly
	}
	if o.ReportTo != "" {
		text += "; report-to csp-endpoint"
	}
	p.headers = []Header{{name, text}}
	if o.ReportTo != "" {
		p.headers = append(p.headers, Header{headerReportingEndpoints, `csp-endpoint="` + o.ReportTo + `"`})
	}
	p.before, p.after, p.hasNonce = strings.Cut(text, nonceMark)
	return p, nil
}

// respond returns the headers for one response, and the nonce of a strict policy.
func (p *securityPolicy) respond() (headers []Header, nonce string) {
	if p == nil {
		return nil, ""
	}
	if !p.strict {
		return p.headers, ""
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // It never fails.
	nonce = base64.StdEncoding.EncodeToString(random[:])
	headers = make([]Header, 0, len(p.headers)+1)
	headers = append(headers, p.headers...)
	if p.hasNonce {
		headers[0].Value = p.before + nonce + p.after
	}
	return append(headers, Header{headerNonce, nonce}), nonce
}

// defaultDirectives are what Clerk's components need.
func defaultDirectives(frontendAPI string, development bool) map[string][]string {
	connect := []string{
		"self", "https://clerk-telemetry.com", "https://*.clerk-telemetry.com", "https://api.stripe.com",
		"https://maps.googleapis.com", "https://img.clerk.com", "https://images.clerkstage.dev", "https://*.protect.clerk.com:*",
	}
	if frontendAPI != "" {
		connect = append(connect, frontendAPI)
	}
	script := []string{"self"}
	if development {
		script = append(script, "unsafe-eval")
	}
	return map[string][]string{
		"connect-src": connect,
		"default-src": {"self"},
		"form-action": {"self"},
		"frame-src": {
			"self", "https://challenges.cloudflare.com", "https://*.js.stripe.com", "https://js.stripe.com",
			"https://hooks.stripe.com", "https://*.protect.clerk.com",
		},
		"img-src": {"self", "https://img.clerk.com"},
		"script-src": append(script, "unsafe-inline", "https:", "http:", "https://*.js.stripe.com", "https://js.stripe.com",
			"https://maps.googleapis.com", "https://*.protect.clerk.com"),
		"style-src":  {"self", "unsafe-inline"},
		"worker-src": {"self", "blob:"},
	}
}

// policyText writes directives down, sorted by name, without duplicate values.
func policyText(directives map[string][]string) string {
	var b strings.Builder
	for i, name := range slices.Sorted(maps.Keys(directives)) {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(name)
		b.WriteByte(' ')
		var written []string
		for _, value := range directives[name] {
			value = quoteKeyword(value)
			if slices.Contains(written, value) {
				continue
			}
			if len(written) > 0 {
				b.WriteByte(' ')
			}
			written = append(written, value)
			b.WriteString(value)
		}
	}
	return b.String()
}

// quoteKeyword returns a value as the header spells it.
func quoteKeyword(value string) string {
	switch bare := strings.TrimSuffix(strings.TrimPrefix(value, "'"), "'"); bare {
	case "none", "self", "strict-dynamic", "unsafe-eval", "unsafe-hashes", "unsafe-inline":
		return "'" + bare + "'"
	}
	return value
}

func isDirectiveName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}

// isDirectiveValue reports whether s cannot end its directive or its header.
func isDirectiveValue(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == ';' || r == ',' })
}

// Nonce returns the nonce of the response's Content-Security-Policy, for the
// nonce attribute of script elements. It is empty unless
// [ContentSecurityPolicy].Strict is set.
func (ra *RequestAuth) Nonce() string { return ra.nonce }

// CSPNonce returns the nonce of the Content-Security-Policy of the response to the
// request that ctx belongs to, for the nonce attribute of script elements. It is
// empty unless [ContentSecurityPolicy].Strict is set and the middleware ran.
func CSPNonce(ctx context.Context) string {
	if ra, ok := ctx.Value(contextKey{}).(*RequestAuth); ok {
		return ra.nonce
	}
	return ""
}
