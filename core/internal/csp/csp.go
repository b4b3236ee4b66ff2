// Package csp compiles a Content-Security-Policy that Clerk's components work under.
package csp

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// Config describes a policy. The zero value is what Clerk's components need.
type Config struct {
	// Strict replaces the permission to load scripts from anywhere by a nonce.
	Strict bool
	// Directives add values to Clerk's, by name.
	Directives map[string][]string
	// ReportTo is the URL that browsers report violations to.
	ReportTo string
	// Development permits eval.
	Development bool
	// FrontendAPI is the host of the instance's Frontend API.
	FrontendAPI string
}

// Policy is the text of a policy. That of a strict one has a gap, for a nonce which is
// fresh for each response.
type Policy struct {
	before, after string
	hasGap        bool
}

// With returns the policy with a nonce, where it takes one: a script-src without
// permissions takes none.
func (p Policy) With(nonce string) string {
	if !p.hasGap {
		return p.before
	}
	return p.before + nonce + p.after
}

// nonceMark stands in a policy where the nonce goes. No given value contains it.
const nonceMark = "\x00"

// Endpoint is the name of the endpoint for reports.
const Endpoint = "csp-endpoint"

// Compile compiles a policy. It reports every fault at once.
func Compile(c Config) (Policy, error) {
	directives := defaultDirectives(c.FrontendAPI, c.Development)
	if c.Strict {
		script := slices.DeleteFunc(directives["script-src"], func(v string) bool { return v == "https:" || v == "http:" })
		directives["script-src"] = append(script, "strict-dynamic", "'nonce-"+nonceMark+"'")
	}
	var errs []error
	for _, given := range slices.Sorted(maps.Keys(c.Directives)) {
		name, values := strings.ToLower(given), c.Directives[given]
		if !isDirectiveName(name) || slices.ContainsFunc(values, func(v string) bool { return !isDirectiveValue(v) }) {
			errs = append(errs, errors.New("Options.ContentSecurityPolicy.Directives: "+
				"a name may hold letters, digits and hyphens, a value everything printable except commas and semicolons: check "+given))
			continue
		}
		if slices.Contains(values, "none") || slices.Contains(values, "'none'") {
			directives[name] = []string{"none"}
			continue
		}
		directives[name] = append(directives[name], values...)
	}
	if strings.ContainsFunc(c.ReportTo, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
		errs = append(errs, errors.New("Options.ContentSecurityPolicy.ReportTo is not a URL"))
	}
	if len(errs) > 0 {
		return Policy{}, errors.Join(errs...)
	}
	text := policyText(directives)
	if c.ReportTo != "" {
		text += "; report-to " + Endpoint
	}
	before, after, hasGap := strings.Cut(text, nonceMark)
	return Policy{before, after, hasGap}, nil
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
