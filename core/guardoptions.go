package core

import (
	"errors"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/redact"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// UnauthenticatedURL redirects requests without a signed-in user to u instead of
// the sign-in page, page loads or not. A relative u belongs to the application.
func UnauthenticatedURL(u string) ProtectOption {
	return protectOption(func(g *Guard) { g.setURL("UnauthenticatedURL", &g.unauthenticatedURL, u) })
}

// UnauthorizedURL redirects users who lack a requirement to u instead of
// answering 404. A relative u belongs to the application.
func UnauthorizedURL(u string) ProtectOption {
	return protectOption(func(g *Guard) { g.setURL("UnauthorizedURL", &g.unauthorizedURL, u) })
}

// AcceptTokens makes a guard accept these types of token. The default is
// [SessionToken] alone. Without types nothing passes, as with [TokenList].
func AcceptTokens(types ...TokenType) ProtectOption {
	types = append([]TokenType{}, types...)
	return protectOption(func(g *Guard) { g.setTokens(types) })
}

// ResourceMetadataURL says where OAuth clients find the metadata of the resource
// that a guard protects (RFC 9728), in the challenge of its 401 and 403. A relative
// u belongs to the application. It goes with an [AcceptTokens] that accepts
// [OAuthToken].
//
// Without it, the guards of a program that serves the metadata with an adapter's
// ProtectedResource name /.well-known/oauth-protected-resource on the origin that
// the request came to. Otherwise an OAuth token that does not pass is answered, as
// by Clerk's SDKs, with the metadata of Clerk's own Frontend API.
func ResourceMetadataURL(u string) ProtectOption {
	return protectOption(func(g *Guard) { g.setURL("ResourceMetadataURL", &g.resourceMetadata, u) })
}

// NoGrace makes a guard refuse sessions that have expired and pass elsewhere because Clerk
// is down ([Outage].Grace, [Auth.InGrace]): with 503, as what could not be checked. A guard
// that asks for [Reverification] refuses them anyway.
var NoGrace ProtectOption = protectOption(func(g *Guard) {
	g.once("NoGrace", g.noGrace)
	g.noGrace = true
})

// What is wrong with the options of a guard. A guard that left out what it cannot
// honour would let its routes look safer than they are.

// newGuard applies options. The guard is not to be used where [Guard.err] has faults.
func newGuard(adapter, call string, opts []ProtectOption) *Guard {
	g := &Guard{adapter: adapter, call: call}
	for _, opt := range opts {
		if opt == nil {
			g.faults = append(g.faults, optionError("an option is nil: leave it out"))
			continue
		}
		opt.applyGuard(g)
	}
	for _, r := range g.requirements {
		g.refuseHopeless(r)
	}
	if g.resourceMetadata != "" && !slices.Contains(g.tokens, OAuthToken) {
		g.faults = append(g.faults, optionError("ResourceMetadataURL has no effect without AcceptTokens(core.OAuthToken): OAuth clients alone look there"))
	}
	if !g.acceptsSession() {
		g.refuseUsers()
	}
	if g.onlySession() {
		g.refuseMachines()
	}
	return g
}

// refuseUsers refuses what concerns users on a guard for machines alone.
func (g *Guard) refuseUsers() {
	const remedy = ": accept core.SessionToken too, or leave it out"
	for _, u := range [...]struct{ name, value string }{
		{"UnauthorizedURL", g.unauthorizedURL}, {"UnauthenticatedURL", g.unauthenticatedURL},
	} {
		if u.value != "" {
			g.faults = append(g.faults, optionError(u.name+" has no effect on a guard that accepts machines alone, which are answered 401"+remedy))
		}
	}
	if g.noGrace {
		g.faults = append(g.faults, optionError("NoGrace has no effect on a guard that accepts machines alone, which never have grace"+remedy))
	}
	for _, r := range g.requirements {
		if _, ok := r.(reverification); ok {
			g.faults = append(g.faults, optionError("Reverification never holds for machines, and the guard accepts nobody else"+remedy))
		}
	}
}

// refuseMachines refuses what concerns machines on a guard for users alone.
func (g *Guard) refuseMachines() {
	for _, r := range g.requirements {
		if r, ok := r.(*requirement); ok && r.ofMachines {
			g.faults = append(g.faults, optionError(r.asks+" never holds for sessions, and the guard accepts nothing else: add core.AcceptTokens with the types of the machines' tokens"))
		}
	}
}

// refuseHopeless refuses a requirement that names nothing, also within others.
func (g *Guard) refuseHopeless(r Requirement) {
	switch r := r.(type) {
	case hopeless:
		g.faults = append(g.faults, optionError(string(r)))
	case *combination:
		for _, one := range r.of {
			if one == nil {
				g.faults = append(g.faults, optionError("a requirement of "+r.name+" is nil: leave it out"))
				continue
			}
			g.refuseHopeless(one)
		}
	}
}

// refuseFramework refuses options for path guards on another.
func (g *Guard) refuseFramework() {
	if g.framework != nil {
		g.faults = append(g.faults, optionError(g.frameworkName+" is for "+g.adapter+".ProtectRoutes alone: other guards read no path"))
	}
}

// once notes an option that is given again.
func (g *Guard) once(name string, given bool) {
	if given {
		g.faults = append(g.faults, optionError(name+" is given twice: put everything into one"))
	}
}

func (g *Guard) setURL(name string, field *string, u string) {
	g.once(name, *field != "")
	*field = u
	if u == "" {
		g.faults = append(g.faults, optionError(name+" is empty: leave the option out"))
	} else if at, err := anyPage.Resolve(u); err != nil || !at.IsHTTP() {
		g.faults = append(g.faults, optionError(name+" ("+redact.Quoted(u)+") is not an http or https URL, nor a path"))
	}
}

// anyPage stands for the page that a guard's URLs are relative to.
var anyPage, _ = weburl.Parse("https://app.example.com/page")

// tokenTypes are all there are.
var tokenTypes = [...]TokenType{SessionToken, APIKey, M2MToken, OAuthToken}

func (g *Guard) setTokens(types []TokenType) {
	g.once("AcceptTokens", g.tokens != nil)
	g.tokens = types
	for i, t := range types {
		switch {
		case slices.Contains(types[:i], t):
			g.faults = append(g.faults, optionError("AcceptTokens names "+string(t)+" twice"))
		case !slices.Contains(tokenTypes[:], t):
			g.faults = append(g.faults, optionError("AcceptTokens names "+redact.Quoted(string(t))+", which is no type of token: use core.SessionToken, APIKey, M2MToken or OAuthToken"))
		}
	}
}

// err returns every fault at once, nil without any.
func (g *Guard) err() error {
	if len(g.faults) == 0 {
		return nil
	}
	return &Error{
		class:   ErrConfiguration,
		message: "invalid options of " + strings.TrimPrefix(g.adapter+"."+g.call, "."),
		cause:   errors.Join(g.faults...),
	}
}

// must returns the guard, and panics where it has faults.
func (g *Guard) must() *Guard {
	if err := g.err(); err != nil {
		panic(err) //nolint:forbidigo // documented; at start-up only
	}
	return g
}
