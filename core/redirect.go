package core

import (
	"net/http"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// RedirectOption changes where a user lands after signing in. More than one, or a nil
// one, is a fault of the application: the request is answered 500.
type RedirectOption interface{ applyRedirect(*redirectOptions) }

type redirectOptions struct {
	back    string
	hasBack bool // back was given; empty then means none
	given   int  // how often it was
}

type redirectOption func(*redirectOptions)

func (f redirectOption) applyRedirect(o *redirectOptions) { f(o) }

// ReturnBackURL sends the user to u after signing in, absolute or relative to the
// current page. An empty u means the current page, the default.
func ReturnBackURL(u string) RedirectOption {
	return redirectOption(func(o *redirectOptions) { o.back, o.hasBack, o.given = u, u != "", o.given+1 })
}

// NoReturnBackURL leaves it to the sign-in page where the user lands, like
// Clerk's returnBackUrl: null.
var NoReturnBackURL RedirectOption = redirectOption(func(o *redirectOptions) { o.back, o.hasBack, o.given = "", true, o.given+1 })

// userPage is one of the two pages that unknown users are sent to.
type userPage uint8

const (
	signInPage userPage = iota
	signUpPage
)

// RedirectToSignIn returns the outcome that sends the browser to the sign-in page
// and back to the current page afterwards. It does not look at who is signed in.
func (ra *RequestAuth) RedirectToSignIn(opts ...RedirectOption) Outcome {
	return ra.redirectTo(signInPage, opts)
}

// RedirectToSignUp is [RequestAuth.RedirectToSignIn] for the sign-up page.
func (ra *RequestAuth) RedirectToSignUp(opts ...RedirectOption) Outcome {
	return ra.redirectTo(signUpPage, opts)
}

func (ra *RequestAuth) redirectTo(p userPage, opts []RedirectOption) Outcome {
	target, err := ra.pageURL(p, ra.publicURL(), ra.devBrowserToken(), opts)
	if err != nil {
		return serverError(err)
	}
	return redirectOutcome(ra.redirectStatus(), target.String())
}

// redirectOutcome is a redirect that carries Clerk's mark.
func redirectOutcome(status int, location string) Outcome {
	return Outcome{
		kind:    deliverAnswer,
		Status:  status,
		Headers: []Header{{headerLocation, location}, {headerRedirectTo, "true"}},
	}
}

// SignInURL returns the address that [RequestAuth.RedirectToSignIn] redirects to,
// for links in pages.
func (ra *RequestAuth) SignInURL(opts ...RedirectOption) (string, error) {
	u, err := ra.pageURL(signInPage, ra.publicURL(), ra.devBrowserToken(), opts)
	return u.String(), err
}

// SignUpURL is [RequestAuth.SignInURL] for the sign-up page.
func (ra *RequestAuth) SignUpURL(opts ...RedirectOption) (string, error) {
	u, err := ra.pageURL(signUpPage, ra.publicURL(), ra.devBrowserToken(), opts)
	return u.String(), err
}

// pageURL builds the address of a page of Clerk's or of the application. base is the
// current page.
func (ra *RequestAuth) pageURL(p userPage, base weburl.URL, devBrowser string, opts []RedirectOption) (weburl.URL, error) {
	u, set, err := ra.page(p, base, opts)
	if err != nil {
		return weburl.URL{}, err
	}
	if devBrowser != "" && ra.clerk.key.Instance == clerkkey.Development && u.HostPort() != base.HostPort() {
		set = append(set, weburl.Pair(engine.QueryDevBrowser, devBrowser))
	}
	return withParams(u, weburl.Edit{Set: set}), nil
}

// guardPageURL is pageURL of the sign-in page as guards want it: the browser's identity is in
// it as in every redirect of a guard.
func (ra *RequestAuth) guardPageURL(base weburl.URL) (weburl.URL, error) {
	u, set, err := ra.page(signInPage, base, nil)
	if err != nil {
		return weburl.URL{}, err
	}
	e := weburl.Edit{Set: set}
	if devBrowser := ra.devBrowserFor(u, base); devBrowser != "" {
		e.Delete, e.Set = []string{engine.QueryDevBrowser}, append(e.Set, weburl.Pair(engine.QueryDevBrowser, devBrowser))
	}
	return withParams(u, e), nil
}

func withParams(u weburl.URL, e weburl.Edit) weburl.URL {
	if len(e.Set) == 0 {
		return u
	}
	return u.Edit(e)
}

// page returns a page's address, and what its query says of the way back.
func (ra *RequestAuth) page(p userPage, base weburl.URL, opts []RedirectOption) (u weburl.URL, set []weburl.Param, err error) {
	var o redirectOptions
	for _, opt := range opts {
		if opt == nil {
			return u, nil, &Error{class: ErrConfiguration, message: "an option of a redirect is nil: leave it out"}
		}
		opt.applyRedirect(&o)
	}
	if o.given > 1 {
		return u, nil, &Error{class: ErrConfiguration, message: "a redirect has more than one ReturnBackURL or NoReturnBackURL: give one"}
	}
	configured := ra.clerk.pages(ra.state)
	if u, err = configured.target(p, base); err != nil {
		return u, nil, err
	}
	if ra.state.session != nil && ra.state.Auth().SessionStatus == "pending" {
		// Clerk's JavaScript SDK appends this behind a query and a slash, too.
		if u, err = u.Join("tasks"); err != nil {
			return u, nil, errPageURL
		}
	}
	if o.back != "" || !o.hasBack {
		back := base
		if o.hasBack {
			if back, err = base.Resolve(o.back); err != nil || !back.IsHTTP() {
				return u, nil, &Error{class: ErrConfiguration, message: "the return URL (ReturnBackURL) is not an http or https URL, nor relative to the current page"}
			}
		}
		if configured.satellite && u.HostPort() != base.HostPort() {
			back = back.SetParam(engine.QuerySynced, "false")
		}
		set = []weburl.Param{weburl.Pair("redirect_url", back.String())}
	}
	return u, set, nil
}

// pages is where unknown users are sent, as far as it is configured.
type pages struct {
	signInURL, signUpURL string
	accounts             string // the Account Portal
	satellite            bool
}

// pages returns the configured pages. A request whose token type is not accepted
// at all carries no configuration, as in Clerk's SDKs.
func (c *Clerk) pages(s *State) pages {
	if s.tokenType == "" {
		return pages{accounts: clerkkey.AccountsURL(c.key.Host)}
	}
	return pages{c.opts.SignInURL, c.opts.SignUpURL, clerkkey.AccountsURL(c.key.Host), c.opts.IsSatellite}
}

var errPageURL = &Error{class: ErrConfiguration, message: "Options.SignInURL (CLERK_SIGN_IN_URL) or Options.SignUpURL (CLERK_SIGN_UP_URL) is not an http or https URL, nor a path"}

// target is the address of a page before anything is added to it.
func (c pages) target(p userPage, base weburl.URL) (weburl.URL, error) {
	ref, create := "", false
	switch {
	case p == signInPage && c.signInURL != "":
		ref = c.signInURL
	case p == signUpPage && c.signUpURL != "":
		ref = c.signUpURL
	case c.accounts == "":
		return weburl.URL{}, &Error{class: ErrConfiguration, message: "Missing publishableKey: set CLERK_PUBLISHABLE_KEY or Options.PublishableKey, or Options.SignInURL"}
	case p == signInPage:
		ref = c.accounts + "/sign-in"
	case c.signInURL != "":
		ref, create = c.signInURL, true
	default:
		ref = c.accounts + "/sign-up"
	}
	u, err := base.Resolve(ref)
	if err == nil && create {
		u, err = u.WithTarget(u.Path()+"/create", u.Search(), u.Hash())
	}
	if err != nil || !u.IsHTTP() {
		return weburl.URL{}, errPageURL
	}
	return u, nil
}

// devBrowserToken returns what identifies a development browser: the query
// parameter, else the cookie without a suffix.
func (ra *RequestAuth) devBrowserToken() string {
	if _, query := request.SplitTarget(ra.request.Target()); query != "" {
		if value, _ := weburl.QueryParam(query, engine.QueryDevBrowser); value != "" {
			return value
		}
	}
	return ra.bareDevBrowserCookie()
}

func (ra *RequestAuth) bareDevBrowserCookie() string {
	jar := engine.ParseCookies(ra.request.Header("Cookie"), &ra.clerk.engine.Cookies)
	return jar.DevBrowser.Value
}

// devBrowserFor returns what gives a redirect of a development instance to another origin than
// base, the current page, the identity of the browser, which cookies cannot carry there. It is
// empty for others.
func (ra *RequestAuth) devBrowserFor(u, base weburl.URL) string {
	if !clerkkey.IsDevelopmentSecret(ra.clerk.opts.SecretKey) || u.Origin() == base.Origin() {
		return ""
	}
	if value, _ := weburl.QueryParam(u.Query(), engine.QueryDevBrowser); value != "" {
		return value
	}
	return ra.bareDevBrowserCookie()
}

// withDevBrowser adds that identity.
func (ra *RequestAuth) withDevBrowser(u, base weburl.URL) weburl.URL {
	value := ra.devBrowserFor(u, base)
	if value == "" {
		return u
	}
	return u.Edit(weburl.Edit{Delete: []string{engine.QueryDevBrowser}, Append: []weburl.Param{weburl.Pair(engine.QueryDevBrowser, value)}})
}

// resolveURL makes a URL of the application absolute, and leaves one that is. base is
// the current page.
func (ra *RequestAuth) resolveURL(ref string, base weburl.URL) (string, error) {
	u, err := base.Resolve(ref)
	absolute := strings.HasPrefix(ref, "https://") || strings.HasPrefix(ref, "http://")
	switch {
	case err == nil:
		if decorated := ra.withDevBrowser(u, base); !absolute || decorated != u {
			return decorated.String(), nil
		}
	case !absolute:
		return "", &Error{class: ErrConfiguration, message: "the URL of a guard's option is not a URL"}
	}
	return ref, nil
}

// redirectStatus is 307 as everywhere in Clerk, but 303 for what is neither GET nor
// HEAD, where Clerk's SDKs send 307 too: a form that was sent must not travel on,
// with its body, to the page that the browser is sent to.
func (ra *RequestAuth) redirectStatus() int {
	switch ra.request.Method() {
	case http.MethodGet, http.MethodHead:
		return http.StatusTemporaryRedirect
	}
	return http.StatusSeeOther
}
