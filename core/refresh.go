package core

import "errors"

// refresh exchanges an expired session token and the refresh cookie for a new
// session. It returns the signed-in state, or why there is none.
func (a *authentication) refresh() (state *State, failure string) {
	if a.method != "GET" {
		return nil, refreshNonEligibleNonGet
	}
	a.readCookies() // A token in the header may be refreshed too.
	refreshToken := a.cookies.refreshSuffixed.value
	if refreshToken == "" {
		return nil, refreshNonEligibleNoCookie
	}
	expired := a.sessionToken()
	if expired == "" {
		return nil, refreshMissingSessionToken
	}
	t, err := a.clerk.verifier.Decode(expired)
	if err != nil {
		return nil, refreshExpiredTokenDecode
	}
	sid := t.Claims().Get("sid")
	if !sid.Truthy() {
		return nil, refreshExpiredTokenMissingSid
	}
	sessionID, ok := sid.Text()
	if !ok || !validID(sessionID) {
		return nil, refreshUnexpectedBackendError
	}
	cookies, err := a.clerk.backend.refreshSession(a.ctx, refreshRequest{
		sessionID:    sessionID,
		suffixed:     a.suffixed,
		expiredToken: expired,
		refreshToken: refreshToken,
		origin:       a.publicURL().origin(),
		headers:      a.request,
	})
	if err != nil {
		return nil, refreshErrorCode(err)
	}
	if len(cookies) == 0 {
		return nil, refreshUnexpectedSDKError
	}
	headers, session, err := setCookies(cookies)
	if err != nil {
		return nil, refreshUnexpectedSDKError
	}
	verified, err := onlySession(a.clerk.verifier.Session(a.ctx, session.value))
	if err != nil {
		return nil, refreshInvalidSessionToken
	}
	return signedIn(verified, headers...), ""
}

// refreshErrorCode names why the Backend API gave no new session.
func refreshErrorCode(err error) string {
	var failure *BackendError
	if !errors.As(err, &failure) {
		return refreshUnexpectedBackendError
	}
	switch code := failure.Code(); code {
	case refreshBackendCodeNetworkError:
		return refreshFetchError
	case "":
		if len(failure.Items) > 0 {
			return refreshUnexpectedSDKError
		}
		return refreshUnexpectedBackendError
	default:
		return code
	}
}
