// Package reason names why a request is not signed in, in the words of Clerk's SDKs.
package reason

import "github.com/clerkgo/clerkgo/core/token"

// A new reason has its text for developers in core/explain.go; those of a token's verification
// are declared in core/token/error.go.

// Reason says why a request is not signed in, in the words of Clerk's SDKs. It is
// empty for a request that is. core.Explain says what each means, and what mends it.
type Reason string

// The reasons of the authentication itself. See the handshake and satellite
// flows for when each arises.
const (
	ClientUATWithoutSessionToken   Reason = "client-uat-but-no-session-token"
	DevBrowserMissing              Reason = "dev-browser-missing"
	DevBrowserSync                 Reason = "dev-browser-sync"
	PrimaryRespondsToSyncing       Reason = "primary-responds-to-syncing"
	PrimaryDomainCrossOriginSync   Reason = "primary-domain-cross-origin-sync"
	SatelliteNeedsSyncing          Reason = "satellite-needs-syncing"
	SessionTokenAndUATMissing      Reason = "session-token-and-uat-missing"
	SessionTokenMissing            Reason = "session-token-missing"
	SessionTokenNBF                Reason = "session-token-nbf"
	SessionTokenIATInTheFuture     Reason = "session-token-iat-in-the-future"
	SessionTokenIATBeforeClientUAT Reason = "session-token-iat-before-client-uat"
	SessionTokenWithoutClientUAT   Reason = "session-token-but-no-client-uat"
	ActiveOrganizationMismatch     Reason = "active-organization-mismatch"
	TokenTypeMismatch              Reason = "token-type-mismatch"
	UnexpectedError                Reason = "unexpected-error"
	NoTokenInHeader                Reason = "No token in header"
)

// The reasons of credentials that are valid but for what Clerk has ended since they were
// issued: see core.Revocations.
const (
	// SessionRevoked: the session has ended, or was removed or revoked.
	SessionRevoked Reason = "session-revoked"
	// UserRevoked: the user is banned or deleted.
	UserRevoked Reason = "user-revoked"
	// MembershipRevoked: the user is a member of the token's organization no longer, or that
	// is deleted. A fresh token says so.
	MembershipRevoked Reason = "membership-revoked"
	// RoleChanged: the membership in the token's organization has changed since it was issued. A
	// fresh token says how.
	RoleChanged Reason = "role-changed"
	// RevocationsUnknown: what was revoked could not be found out, and that is required.
	RevocationsUnknown Reason = "revocations-unknown"
)

// Reverification is the reason of a guard's refusal where only a fresh verification
// of the user is missing.
const Reverification Reason = "reverification-error"

// The reasons of token verification.
const (
	TokenInvalid                  = Reason(token.ReasonInvalid)
	TokenInvalidAlgorithm         = Reason(token.ReasonInvalidAlgorithm)
	TokenInvalidAuthorizedParties = Reason(token.ReasonInvalidAuthorizedParties)
	TokenInvalidIssuer            = Reason(token.ReasonInvalidIssuer)
	TokenInvalidSignature         = Reason(token.ReasonInvalidSignature)
	TokenVerificationFailed       = Reason(token.ReasonVerificationFailed)
	SecretKeyInvalid              = Reason(token.ReasonSecretKeyInvalid)
	JWKRemoteFailedToLoad         = Reason(token.ReasonRemoteFailedToLoad)
	JWKKidMismatch                = Reason(token.ReasonKIDMismatch)
	// TokenExpired: the token of a long connection has expired, and no fresher one came, or what
	// came had expired: see core.Watch. Requests have a reason with [ExpiredPrefix] instead.
	TokenExpired = Reason(token.ReasonExpired)
)

// ExpiredPrefix starts the reasons of an expired session token; what follows says why
// it was not refreshed.
const ExpiredPrefix = "session-token-expired-refresh-"
