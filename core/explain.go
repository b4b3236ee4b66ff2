package core

import (
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/reason"
)

// Explain says in a few plain sentences why a request is not signed in, and what
// usually mends it. It is for developers: logs, and error pages in development.
// It holds no token and no key, but may quote claims and names of hosts: escape it
// in HTML, and show it to developers only. It ends with the address of the guide's
// section on the reason, where there is one. For a signed-in request it is "".
func Explain(s *State) string {
	text, link := explain(s)
	return withLink(text, link)
}

// explain is [Explain] with the link apart, "" where there is none. The text may quote what
// came with a request; the link holds none of it.
func explain(s *State) (text, link string) {
	if s == nil || s.status == engine.SignedIn {
		return "", ""
	}
	if err := s.Err(); err != nil {
		return err.Error(), ""
	}
	sentences := []string{explainReason(s.reason)}
	if s.isLoop() {
		sentences[0] = "The browser was sent to Clerk and back " + strconv.Itoa(engine.MaxHandshakes) + " times, and is still not known here."
	}
	if message := s.Message(); message != "" {
		sentences = append(sentences, "Clerk's words: "+message)
	}
	if err := s.Unavailable(); err != nil {
		sentences = append(sentences, "The credential could not be checked, so guards answer 503: "+err.Error()+".")
	}
	if s.why != nil && s.why.Hint != "" {
		sentences = append(sentences, s.why.Hint)
	}
	section := sectionOf(s.reason)
	if s.isLoop() {
		section = "redirect-loop"
	}
	if section != "" {
		link = guide + section
	}
	return strings.Join(sentences, " "), link
}

// withLink ends an explanation with its link.
func withLink(text, link string) string {
	if link == "" {
		return text
	}
	return text + " More: " + link
}

// guide is the page with a section for each reason.
const guide = "https://github.com/clerkgo/clerkgo/blob/main/docs/troubleshooting.md#"

// sectionOf is the anchor of the reason's section in the guide, "" where it has none. What
// may follow the prefix of expired tokens is an open set, so these share a section.
func sectionOf(r reason.Reason) string {
	if strings.HasPrefix(string(r), reason.ExpiredPrefix) {
		return strings.TrimSuffix(reason.ExpiredPrefix, "-")
	}
	if _, ok := explanations[r]; !ok {
		return ""
	}
	return strings.ReplaceAll(strings.ToLower(string(r)), " ", "-")
}

// proxyHint is about a proxy that does not say which address it serves. Redirects
// and handshakes then lead to the wrong one, and cookies do not come back.
const proxyHint = "A proxy stands in front (it sends X-Forwarded-For or the like) but does not name the public address: " +
	"let it send X-Forwarded-Host and X-Forwarded-Proto."

// ignoredHint is the same where the options do not believe the proxy.
const ignoredHint = "A proxy names the public address, but Options.IgnoreForwarded is set."

// hintAt looks for a usual cause in the request itself.
func (c *Clerk) hintAt(r Request) string {
	names := request.Header(r, "X-Forwarded-Host") != "" || request.Header(r, "X-Forwarded-Proto") != ""
	switch {
	case names && c.opts.IgnoreForwarded:
		return ignoredHint
	case names:
		return ""
	}
	for _, name := range [...]string{"X-Forwarded-For", "Forwarded", "Via", "X-Real-Ip", "Cf-Connecting-Ip"} {
		if request.Header(r, name) != "" {
			return proxyHint
		}
	}
	return ""
}

// explanations are the usual causes of the reasons.
var explanations = map[reason.Reason]string{
	reason.SessionTokenAndUATMissing: "The browser is signed out, or the request carries no credential. " +
		"Calls from another origin need credentials: 'include', or the session token as a bearer.",
	reason.DevBrowserMissing: "This development instance does not know the browser yet (cookie __clerk_db_jwt). " +
		"Page loads get it by a redirect; other calls work after the first page load, or with a bearer token.",
	reason.DevBrowserSync: "Clerk has just sent the browser back; the request is no page load, so the cookies could not be set. Load the page again.",
	reason.ClientUATWithoutSessionToken: "The browser says that it is signed in (cookie __client_uat) but sends no session (cookie __session). " +
		"If this repeats, the publishable key and the secret key probably belong to different instances.",
	reason.SessionTokenWithoutClientUAT: "The browser sends a session (cookie __session) but not the cookie __client_uat. " +
		"If this repeats, something drops the cookie: check its domain, and that the application is reached under one host name only.",
	reason.SessionTokenIATBeforeClientUAT: "The session token is older than the last sign-in or sign-out of this browser; a fresh one is needed.",
	reason.SessionTokenMissing:            "The browser came back from Clerk without a session: it is signed out there.",
	reason.SessionTokenNBF:                "The session token is not valid yet: the clocks of this machine and of Clerk differ. Set this machine's clock right.",
	reason.SessionTokenIATInTheFuture: "The session token was issued in the future: the clocks of this machine and of Clerk differ. " +
		"Set this machine's clock right.",
	reason.SatelliteNeedsSyncing: "This satellite has to ask its primary domain who the user is. " +
		"If this repeats, check that the domain is configured as a satellite in Clerk's dashboard.",
	reason.PrimaryDomainCrossOriginSync: "The browser came from another site, where the session may have changed; it is being checked.",
	reason.PrimaryRespondsToSyncing:     "A satellite of this application asked who the user is.",
	reason.ActiveOrganizationMismatch:   "The URL names another organization than the session's active one; it is being activated.",
	reason.TokenTypeMismatch: "The token is of another kind than this route accepts: a JWT template's token is no session, " +
		"and machine tokens need a guard with core.AcceptTokens.",
	reason.NoTokenInHeader: "This route wants a machine's token in the Authorization header, and there is none.",
	reason.TokenInvalid:    "The token is no JWT that Clerk has issued, or it is damaged.",
	reason.TokenInvalidAuthorizedParties: "The token was issued to another origin (its azp claim) than Options.AuthorizedParties lists. " +
		"Behind a proxy, check that X-Forwarded-Host and X-Forwarded-Proto name the public address.",
	reason.TokenInvalidIssuer: "The token was issued by another instance (its iss claim) than Options.Issuer lists. They are compared letter by letter, " +
		"a slash at the end included; a production instance that is reached through a proxy may put the proxy's address there.",
	reason.TokenInvalidSignature: "The token's signature is wrong: it was signed with the key of another instance, or Options.JWTKey (CLERK_JWT_KEY) is of another instance. " +
		"A forged token looks the same: if your users are signed in, somebody tries.",
	reason.TokenVerificationFailed: "The token could not be verified: its audience (the aud claim) is none of Options.Audience, its key is not one that Clerk uses, " +
		"or it is forged.",
	reason.TokenInvalidAlgorithm: "The token is signed with an algorithm that Clerk does not use.",
	reason.JWKKidMismatch: "The token was signed with a key that this instance does not have: " +
		"the publishable key and the secret key, or the keys of the application and of the sign-in page, probably belong to different instances: " +
		"copy them from the same page of Clerk's dashboard. A forged token looks the same: if your users are signed in, somebody tries.",
	reason.SessionRevoked: "The session has ended at Clerk, or the application has revoked it; the token had some seconds left.",
	reason.UserRevoked:    "The user is banned or deleted at Clerk, or the application has revoked all of the user's tokens.",
	reason.MembershipRevoked: "The user is a member of the token's organization no longer, or that is deleted. Page loads get a fresh token by a redirect; " +
		"other calls should ask clerk-js for one (getToken with skipCache).",
	reason.RoleChanged: "The user's role in the token's organization has changed since the token was issued. Page loads get a fresh token by a redirect; " +
		"other calls should ask clerk-js for one (getToken with skipCache).",
	reason.TokenExpired:       "The token of a long connection has expired, and the client has sent no fresher one in time (Watch.Renew).",
	reason.RevocationsUnknown: "Options.Revocations.Required is set, and this process has no connection to what its fleet shares (Options.Shared).",
	reason.SecretKeyInvalid:   refusesSecretKey + ". Copy it again from the dashboard.",
	reason.JWKRemoteFailedToLoad: "The instance's signing keys could not be loaded from Clerk. " +
		"Check that this machine reaches Clerk's Backend API, and Options.APIURL (CLERK_API_URL) where it is set.",
	reason.UnexpectedError: "The request could not be authenticated for an unexpected reason, such as a network failure; the log has details. " +
		"Check that this machine reaches Clerk's Backend API.",
}

func explainReason(r reason.Reason) string {
	if text, ok := explanations[r]; ok {
		return text
	}
	if why, expired := strings.CutPrefix(string(r), reason.ExpiredPrefix); expired {
		return "The session token has expired and was not refreshed here (" + why + "). " +
			"Page loads get a fresh one by a redirect; other calls should ask clerk-js for a fresh token. " +
			"If it expires at once, the clock of this machine is ahead of Clerk's."
	}
	return "The reason is " + string(r) + "."
}
