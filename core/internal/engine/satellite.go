package engine

import (
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
	"github.com/clerkgo/clerkgo/core/reason"
)

// syncSatellite makes a satellite learn from the primary domain who the user is.
func (a *Authentication) syncSatellite(v *Verdict) (done bool) {
	if !a.engine.Satellite || a.method != "GET" || request.Header(a.request, "Sec-Fetch-Dest") != "document" {
		return false
	}
	answer := a.query(QuerySynced)
	needsSync, synced := answer == "false", answer == "true"
	hasCookies := a.sessionCookie != "" || a.clientUAT != 0
	switch {
	case synced:
		return false
	case !a.engine.SatelliteAutoSync && !hasCookies && !needsSync:
		*v = stranger
		return true
	case hasCookies && !needsSync:
		return false
	case a.engine.Key.Instance == clerkkey.Production:
		*v = a.handshake(reason.SatelliteNeedsSyncing, "")
		return true
	}
	primary, err := weburl.Parse(a.engine.SignInURL)
	if err != nil {
		*v = failed(errSatelliteSignInURL)
		return true
	}
	primary = primary.AppendParams(weburl.Pair(QueryRedirectURL, withoutHandshake(a.publicURL()).String()))
	*v = a.redirectTo(reason.SatelliteNeedsSyncing, primary)
	return true
}

// respondToSatellite sends a browser that a development satellite sent here back,
// with the development browser's identity. The address to go back to comes from
// the URL: one that is not http or https is ignored, deliberately.
func (a *Authentication) respondToSatellite(v *Verdict) (done bool) {
	if a.engine.Key.Instance != clerkkey.Development || a.engine.Satellite {
		return false
	}
	back := a.query(QueryRedirectURL)
	if back == "" {
		return false
	}
	satellite, err := weburl.Parse(back)
	if err != nil || !satellite.IsHTTP() {
		return false
	}
	edit := weburl.Edit{Set: []weburl.Param{weburl.Pair(QuerySynced, "true")}}
	if a.devBrowser != "" {
		edit.Append = []weburl.Param{weburl.Pair(QueryDevBrowser, a.devBrowser)}
	}
	*v = a.redirectTo(reason.PrimaryRespondsToSyncing, satellite.Edit(edit))
	return true
}

// syncDevBrowser makes sure that a development instance knows the browser.
func (a *Authentication) syncDevBrowser(v *Verdict) (done bool) {
	if a.engine.Key.Instance != clerkkey.Development {
		return false
	}
	if _, present := a.lookupQuery(QueryDevBrowser); present {
		*v = a.handshake(reason.DevBrowserSync, "")
		return true
	}
	if a.devBrowser == "" {
		*v = a.handshake(reason.DevBrowserMissing, "")
		return true
	}
	return false
}

// needsCrossOriginSync reports whether a signed-in page load came from another
// site, where the user may have signed in or out of a satellite.
func (a *Authentication) needsCrossOriginSync() bool {
	if a.engine.Satellite || a.method != "GET" || a.loopCounter != 0 ||
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
func (a *Authentication) isClerkReferrer(from weburl.URL) bool {
	fapi := a.frontendAPI()
	switch {
	case fapi.Host == "":
		return false
	case from.Hostname() == fapi.Host:
		return true
	case a.engine.Key.Instance != clerkkey.Production && clerkkey.IsDevAccountPortal(from.Hostname()):
		return true
	}
	return fapi.AccountsOrigin != "" && fapi.AccountsOrigin == from.Origin()
}

var (
	errSatelliteSignInURL = &Fault{Message: "Options.SignInURL of a satellite must be an absolute URL of the primary application"}
	errSignInURLFormat    = &Fault{Message: "The signInUrl needs to have a absolute url format. Set Options.SignInURL to the sign-in page of the primary application"}
	errSignInURLOrigin    = &Fault{Message: "The signInUrl needs to be on a different origin than your satellite application. Set Options.SignInURL to the sign-in page of the primary application"}
)

// checkSatelliteOrigin refuses a satellite whose sign-in page is its own, as far
// as the request's Origin header tells.
func (a *Authentication) checkSatelliteOrigin() *Fault {
	e := a.engine
	if !e.Satellite || e.SignInURL == "" || e.Accepts.One == M2MToken {
		return nil
	}
	origin := request.Header(a.request, "Origin")
	if origin == "" {
		return nil
	}
	signIn, err := weburl.Parse(e.SignInURL)
	if err != nil {
		return errSignInURLFormat
	}
	if signIn.Origin() == jstext.Latin1(origin) {
		return errSignInURLOrigin
	}
	return nil
}
