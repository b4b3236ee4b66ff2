package engine

import (
	"errors"

	"github.com/clerkgo/clerkgo/core/reason"
)

// Why an expired session token was not refreshed, behind [reason.ExpiredPrefix]. The error
// codes of the Backend API are others.
const (
	refreshNonEligibleNoCookie    reason.Reason = "non-eligible-no-refresh-cookie"
	refreshNonEligibleNonGet      reason.Reason = "non-eligible-non-get"
	refreshInvalidSessionToken    reason.Reason = "invalid-session-token"
	refreshMissingSessionToken    reason.Reason = "missing-session-token"
	refreshExpiredTokenDecode     reason.Reason = "expired-session-token-decode-failed"
	refreshExpiredTokenMissingSid reason.Reason = "expired-session-token-missing-sid-claim"
	refreshFetchError             reason.Reason = "fetch-error"
	refreshUnexpectedSDKError     reason.Reason = "unexpected-sdk-error"
	refreshUnexpectedBackendError reason.Reason = "unexpected-bapi-error"
)

// CodeNetworkError is the code of a call without an answer.
const CodeNetworkError = "unexpected_error"

// ErrNoCookies says that Clerk answered a refresh without a list of cookies.
var ErrNoCookies = errors.New("the answer holds no list of cookies")

// refresh exchanges an expired session token and the refresh cookie for a new
// session. It returns the signed-in verdict, or why there is none. A handshake would
// mend that, but where Clerk could not be asked nobody is sent into one, other than
// in Clerk's JavaScript SDK: unanswered is then why.
func (a *Authentication) refresh() (v Verdict, why reason.Reason, unanswered error) {
	if a.method != "GET" {
		return Verdict{}, refreshNonEligibleNonGet, nil
	}
	a.readCookies() // A token in the header may be refreshed too.
	refreshToken := a.refreshCookie
	if refreshToken == "" {
		return Verdict{}, refreshNonEligibleNoCookie, nil
	}
	expired := a.sessionToken()
	if expired == "" {
		return Verdict{}, refreshMissingSessionToken, nil
	}
	t, err := a.engine.Verifier.Decode(expired)
	if err != nil {
		return Verdict{}, refreshExpiredTokenDecode, nil //nolint:nilerr // The code says it; the error is for what Clerk did not answer.
	}
	sid := t.Claims().Get("sid")
	if !sid.Truthy() {
		return Verdict{}, refreshExpiredTokenMissingSid, nil
	}
	sessionID, ok := sid.Text()
	if !ok || !ValidID(sessionID) {
		return Verdict{}, refreshUnexpectedBackendError, nil
	}
	cookies, err := a.engine.Clerk.RefreshSession(a.ctx, a.request, Refresh{
		SessionID:    sessionID,
		Suffixed:     a.suffixed,
		ExpiredToken: expired,
		RefreshToken: refreshToken,
		Origin:       a.publicURL().Origin(),
	})
	if err != nil {
		unanswered := a.ifUnanswered(err)
		a.sessionRefused = unanswered == nil
		return Verdict{}, a.refreshErrorCode(err), unanswered
	}
	if len(cookies) == 0 {
		return Verdict{}, refreshUnexpectedSDKError, nil
	}
	cookies, session, err := setCookies(cookies)
	if err != nil {
		return Verdict{}, refreshUnexpectedSDKError, nil //nolint:nilerr // as above
	}
	verified, err := onlySession(a.engine.Verifier.Session(a.ctx, session.value))
	if err != nil {
		return Verdict{}, refreshInvalidSessionToken, a.ifUnanswered(err)
	}
	return signedIn(verified, cookies...), "", nil
}

// ifUnanswered returns err unless it is Clerk's own refusal.
func (a *Authentication) ifUnanswered(err error) error {
	if a.answerOf(err) == No {
		return nil
	}
	return err
}

// refreshErrorCode names why the Backend API gave no new session.
func (a *Authentication) refreshErrorCode(err error) reason.Reason {
	if errors.Is(err, ErrNoCookies) {
		return refreshUnexpectedSDKError
	}
	failure, ok := a.engine.Clerk.Failure(err)
	switch {
	case !ok:
		return refreshUnexpectedBackendError
	case failure.Code == CodeNetworkError:
		return refreshFetchError
	case failure.Code != "":
		return reason.Reason(failure.Code)
	case failure.Listed > 0:
		return refreshUnexpectedSDKError
	}
	return refreshUnexpectedBackendError
}

// ValidID reports whether an id may stand in a path of the Backend API.
func ValidID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '~':
		default:
			return false
		}
	}
	return true
}
