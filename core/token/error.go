package token

import "errors"

// Reason says why a token was refused. The values are those of Clerk's other SDKs and are safe to
// show to a client.
type Reason string

// The reasons an [Error] can have.
const (
	ReasonExpired                  Reason = "token-expired"
	ReasonInvalid                  Reason = "token-invalid"
	ReasonInvalidAlgorithm         Reason = "token-invalid-algorithm"
	ReasonInvalidAuthorizedParties Reason = "token-invalid-authorized-parties"
	ReasonInvalidIssuer            Reason = "token-invalid-issuer"
	ReasonInvalidSignature         Reason = "token-invalid-signature"
	ReasonNotActiveYet             Reason = "token-not-active-yet"
	ReasonIATInTheFuture           Reason = "token-iat-in-the-future"
	ReasonVerificationFailed       Reason = "token-verification-failed"
	ReasonSecretKeyInvalid         Reason = "secret-key-invalid"
	ReasonRemoteFailedToLoad       Reason = "jwk-remote-failed-to-load"
	ReasonFailedToResolve          Reason = "jwk-failed-to-resolve"
	ReasonKIDMismatch              Reason = "jwk-kid-mismatch"
)

// What an [Error] advises to do.
const (
	ActionContactSupport = "Contact support@clerk.com"
	ActionEnsureClerkJWT = "Make sure that this is a valid Clerk-generated JWT."
	ActionSetJWTKey      = "Set the CLERK_JWT_KEY environment variable."
)

// ErrUnavailable is matched (with [errors.Is]) by errors that come from not reaching the keys at
// all, and that Clerk's documented reasons do not cover: transport failures, unreadable answers, a
// caller that gave up waiting.
var ErrUnavailable = errors.New("token: keys are unavailable")

// ErrCategory is matched by the refusal of a machine-to-machine token that was issued for something
// else.
var ErrCategory = errors.New("token: issued for something else")

// Error is the refusal of a token, or the failure to get the keys to judge it. It is never changed
// once returned and may be shared between requests. It can quote single header or claim values,
// never a token.
type Error struct {
	// Reason is the documented reason.
	Reason Reason
	// Message says what was found and what was expected.
	Message string
	// Action advises what to do; empty if there is nothing to advise.
	Action string
	// Unavailable is true if keys could not be had, so that nothing is known about the token.
	Unavailable bool
	// Err is the cause, for logs; nil if the message says everything.
	Err error
}

// Error returns the reason and the message, for logs.
func (e *Error) Error() string {
	s := "token: " + string(e.Reason)
	if e.Message != "" {
		s += ": " + e.Message
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// FullMessage returns message, action, reason and carrier in the one line that Clerk's SDKs send in
// the x-clerk-auth-message header. Carrier is where the token was found, "header" or "cookie";
// empty prints "undefined".
func (e *Error) FullMessage(carrier string) string {
	s := e.Message
	if s != "" && e.Action != "" {
		s += " "
	}
	s += e.Action
	if carrier == "" {
		carrier = "undefined"
	}
	return s + " (reason=" + string(e.Reason) + ", token-carrier=" + carrier + ")"
}

// refuse returns a refusal without an action, and ensure one that advises to look at the token's
// origin.
func refuse(r Reason, message string) *Error { return &Error{Reason: r, Message: message} }

func ensure(r Reason, message string) *Error {
	return &Error{Reason: r, Message: message, Action: ActionEnsureClerkJWT}
}
