package core

import "errors"

// refresh exchanges an expired session token and the refresh cookie for a new
// session. It returns the signed-in state, or why there is none. A handshake would
// mend that, but where Clerk could not be asked nobody is sent into one, other than
// in Clerk's JavaScript SDK: unanswered is then why.
func (a *authentication) refresh() (state *State, failure string, unanswered error) {
	if a.method != "GET" {
		return nil, refreshNonEligibleNonGet, nil
	}
	a.readCookies() // A token in the header may be refreshed too.
	refreshToken := a.cookies.refreshSuffixed.value
	if refreshToken == "" {
		return nil, refreshNonEligibleNoCookie, nil
	}
	expired := a.sessionToken()
	if expired == "" {
		return nil, refreshMissingSessionToken, nil
	}
	t, err := a.clerk.verifier.Decode(expired)
	if err != nil {
		return nil, refreshExpiredTokenDecode, nil
	}
	sid := t.Claims().Get("sid")
	if !sid.Truthy() {
		return nil, refreshExpiredTokenMissingSid, nil
	}
	sessionID, ok := sid.Text()
	if !ok || !validID(sessionID) {
		return nil, refreshUnexpectedBackendError, nil
	}
	cookies, err := a.refreshSession(refreshRequest{
		sessionID:    sessionID,
		suffixed:     a.suffixed,
		expiredToken: expired,
		refreshToken: refreshToken,
		origin:       a.publicURL().Origin(),
	})
	if err != nil {
		return nil, refreshErrorCode(err), ifUnanswered(err)
	}
	if len(cookies) == 0 {
		return nil, refreshUnexpectedSDKError, nil
	}
	headers, session, err := setCookies(cookies)
	if err != nil {
		return nil, refreshUnexpectedSDKError, nil
	}
	verified, err := onlySession(a.clerk.verifier.Session(a.ctx, session.value))
	if err != nil {
		return nil, refreshInvalidSessionToken, ifUnanswered(err)
	}
	return signedIn(verified, headers...), "", nil
}

// ifUnanswered returns err unless it is Clerk's own refusal.
func ifUnanswered(err error) error {
	if answerOf(err) == answerNo {
		return nil
	}
	return err
}

// refreshErrorCode names why the Backend API gave no new session.
func refreshErrorCode(err error) string {
	var failure *BackendError
	switch {
	case errors.Is(err, errNoRefresh):
		return refreshUnexpectedSDKError
	case !errors.As(err, &failure):
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
