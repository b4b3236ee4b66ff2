package core

import "github.com/clerkgo/clerkgo/core/token"

// Status is the outcome of authenticating a request.
type Status string

// The statuses of a [State].
const (
	// StatusSignedIn means that the request carries a valid credential.
	StatusSignedIn Status = "signed-in"
	// StatusSignedOut means that it carries none, or one that is not valid.
	StatusSignedOut Status = "signed-out"
	// StatusHandshake means that only Clerk can tell: the browser is redirected.
	StatusHandshake Status = "handshake"
)

// Reason says why a request is not signed in, in the words of Clerk's SDKs. It is
// empty for a request that is.
type Reason string

// The reasons of the authentication itself. See the handshake and satellite
// flows for when each arises.
const (
	ReasonClientUATWithoutSessionToken   Reason = "client-uat-but-no-session-token"
	ReasonDevBrowserMissing              Reason = "dev-browser-missing"
	ReasonDevBrowserSync                 Reason = "dev-browser-sync"
	ReasonPrimaryRespondsToSyncing       Reason = "primary-responds-to-syncing"
	ReasonPrimaryDomainCrossOriginSync   Reason = "primary-domain-cross-origin-sync"
	ReasonSatelliteNeedsSyncing          Reason = "satellite-needs-syncing"
	ReasonSessionTokenAndUATMissing      Reason = "session-token-and-uat-missing"
	ReasonSessionTokenMissing            Reason = "session-token-missing"
	ReasonSessionTokenNBF                Reason = "session-token-nbf"
	ReasonSessionTokenIATInTheFuture     Reason = "session-token-iat-in-the-future"
	ReasonSessionTokenIATBeforeClientUAT Reason = "session-token-iat-before-client-uat"
	ReasonSessionTokenWithoutClientUAT   Reason = "session-token-but-no-client-uat"
	ReasonActiveOrganizationMismatch     Reason = "active-organization-mismatch"
	ReasonTokenTypeMismatch              Reason = "token-type-mismatch"
	ReasonUnexpectedError                Reason = "unexpected-error"
	ReasonNoTokenInHeader                Reason = "No token in header"
)

// The reasons of token verification.
const (
	ReasonTokenInvalid                  = Reason(token.ReasonInvalid)
	ReasonTokenInvalidAlgorithm         = Reason(token.ReasonInvalidAlgorithm)
	ReasonTokenInvalidAuthorizedParties = Reason(token.ReasonInvalidAuthorizedParties)
	ReasonTokenInvalidIssuer            = Reason(token.ReasonInvalidIssuer)
	ReasonTokenInvalidSignature         = Reason(token.ReasonInvalidSignature)
	ReasonTokenVerificationFailed       = Reason(token.ReasonVerificationFailed)
	ReasonSecretKeyInvalid              = Reason(token.ReasonSecretKeyInvalid)
	ReasonJWKRemoteFailedToLoad         = Reason(token.ReasonRemoteFailedToLoad)
	ReasonJWKKidMismatch                = Reason(token.ReasonKIDMismatch)
)

// reasonExpiredPrefix starts the reasons of an expired token; what follows says
// why it could not be refreshed here.
const reasonExpiredPrefix = "session-token-expired-refresh-"

// Why an expired session token was not refreshed, besides the error codes of the
// Backend API.
const (
	refreshNonEligibleNoCookie     = "non-eligible-no-refresh-cookie"
	refreshNonEligibleNonGet       = "non-eligible-non-get"
	refreshInvalidSessionToken     = "invalid-session-token"
	refreshMissingSessionToken     = "missing-session-token"
	refreshMissingRefreshToken     = "missing-refresh-token"
	refreshExpiredTokenDecode      = "expired-session-token-decode-failed"
	refreshExpiredTokenMissingSid  = "expired-session-token-missing-sid-claim"
	refreshFetchError              = "fetch-error"
	refreshUnexpectedSDKError      = "unexpected-sdk-error"
	refreshUnexpectedBackendError  = "unexpected-bapi-error"
	refreshBackendCodeNetworkError = "unexpected_error"
)
