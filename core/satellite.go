package core

import (
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// syncSatellite makes a satellite learn from the primary domain who the user is.
func (a *authentication) syncSatellite() *State {
	if !a.clerk.opts.IsSatellite || a.method != "GET" || request.Header(a.request, "Sec-Fetch-Dest") != "document" {
		return nil
	}
	synced := a.query(querySynced)
	needsSync, done := synced == "false", synced == "true"
	hasCookies := a.sessionCookie != "" || a.clientUAT != 0
	switch {
	case done:
		return nil
	case !a.clerk.opts.SatelliteAutoSync && !hasCookies && !needsSync:
		return signedOut(SessionToken, ReasonSessionTokenAndUATMissing, "")
	case hasCookies && !needsSync:
		return nil
	case a.clerk.key.instance == production:
		return a.handshake(ReasonSatelliteNeedsSyncing, "")
	}
	primary, err := weburl.Parse(a.clerk.opts.SignInURL)
	if err != nil {
		return failed(errSatelliteSignInURL)
	}
	primary = primary.AppendParams(weburl.Pair(queryRedirectURL, withoutHandshake(a.publicURL()).String()))
	return a.redirectTo(ReasonSatelliteNeedsSyncing, primary)
}

// respondToSatellite sends a browser that a development satellite sent here back,
// with the development browser's identity. The address to go back to comes from
// the URL: one that is not http or https is ignored, deliberately.
func (a *authentication) respondToSatellite() *State {
	if a.clerk.key.instance != development || a.clerk.opts.IsSatellite {
		return nil
	}
	back := a.query(queryRedirectURL)
	if back == "" {
		return nil
	}
	satellite, err := weburl.Parse(back)
	if err != nil || !satellite.IsHTTP() {
		return nil
	}
	edit := weburl.Edit{Set: []weburl.Param{weburl.Pair(querySynced, "true")}}
	if a.devBrowser != "" {
		edit.Append = []weburl.Param{weburl.Pair(queryDevBrowser, a.devBrowser)}
	}
	return a.redirectTo(ReasonPrimaryRespondsToSyncing, satellite.Edit(edit))
}

// syncDevBrowser makes sure that a development instance knows the browser.
func (a *authentication) syncDevBrowser() *State {
	if a.clerk.key.instance != development {
		return nil
	}
	if _, present := a.lookupQuery(queryDevBrowser); present {
		return a.handshake(ReasonDevBrowserSync, "")
	}
	if a.devBrowser == "" {
		return a.handshake(ReasonDevBrowserMissing, "")
	}
	return nil
}

// needsCrossOriginSync reports whether a signed-in page load came from another
// site, where the user may have signed in or out of a satellite.
func (a *authentication) needsCrossOriginSync() bool {
	if a.clerk.opts.IsSatellite || a.method != "GET" || a.loopCounter != 0 ||
		request.Header(a.request, "Sec-Fetch-Dest") != "document" {
		return false
	}
	referer := jstext.Latin1(request.Header(a.request, "Referer"))
	if referer == "" {
		return false
	}
	from, err := weburl.Parse(withoutPath(referer))
	if err != nil || from.Origin() == a.publicURL().Origin() {
		return false
	}
	return !a.isClerkReferrer(from)
}

// withoutPath cuts a URL behind its host. The rest of a referrer says nothing here.
func withoutPath(u string) string {
	if i := strings.Index(u, "://"); i >= 0 {
		i += len("://")
		if end := strings.IndexAny(u[i:], `/\?#`); end >= 0 {
			return u[:i+end]
		}
	}
	return u
}

// isClerkReferrer reports whether the browser comes from Clerk's own pages.
func (a *authentication) isClerkReferrer(from weburl.URL) bool {
	fapi := a.frontendAPI()
	switch {
	case fapi.host == "":
		return false
	case from.Hostname() == fapi.host:
		return true
	case a.clerk.key.instance != production && isDevAccountPortal(from.Hostname()):
		return true
	}
	return fapi.accountsOrigin != "" && fapi.accountsOrigin == from.Origin()
}

var (
	errSatelliteSignInURL = &Error{class: ErrConfiguration, message: "Options.SignInURL of a satellite must be an absolute URL of the primary application"}
	errSignInURLFormat    = &Error{class: ErrConfiguration, message: "The signInUrl needs to have a absolute url format. Set Options.SignInURL to the sign-in page of the primary application"}
	errSignInURLOrigin    = &Error{class: ErrConfiguration, message: "The signInUrl needs to be on a different origin than your satellite application. Set Options.SignInURL to the sign-in page of the primary application"}
)

// checkSatelliteOrigin refuses a satellite whose sign-in page is its own, as far
// as the request's Origin header tells.
func (a *authentication) checkSatelliteOrigin() error {
	o := &a.clerk.opts
	if !o.IsSatellite || o.SignInURL == "" || a.clerk.accepts.one() == M2MToken {
		return nil
	}
	origin := request.Header(a.request, "Origin")
	if origin == "" {
		return nil
	}
	signIn, err := weburl.Parse(o.SignInURL)
	if err != nil {
		return errSignInURLFormat
	}
	if signIn.Origin() == jstext.Latin1(origin) {
		return errSignInURLOrigin
	}
	return nil
}
