package core

import (
	"crypto/rand"
	"encoding/base64"

	"github.com/clerkgo/clerkgo/core/internal/csp"
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

// securityPolicy is a compiled [ContentSecurityPolicy].
type securityPolicy struct {
	strict  bool
	text    csp.Policy
	headers []Header // the policy first
}

// newSecurityPolicy compiles a policy for the instance of a Frontend API.
func newSecurityPolicy(o *ContentSecurityPolicy, frontendAPI string) (*securityPolicy, error) {
	if o == nil {
		return nil, nil
	}
	text, err := csp.Compile(csp.Config{
		Strict:      o.Strict,
		Directives:  o.Directives,
		ReportTo:    o.ReportTo,
		Development: o.Development,
		FrontendAPI: frontendAPI,
	})
	if err != nil {
		return nil, err
	}
	name := headerCSP
	if o.ReportOnly {
		name = headerCSPReportOnly
	}
	headers := []Header{{name, text.With("")}}
	if o.ReportTo != "" {
		headers = append(headers, Header{headerReportingEndpoints, csp.Endpoint + `="` + o.ReportTo + `"`})
	}
	return &securityPolicy{o.Strict, text, headers}, nil
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
	headers[0].Value = p.text.With(nonce)
	return append(headers, Header{headerNonce, nonce}), nonce
}
