package core

import "strings"

// RedirectOption changes where a user lands after signing in.
type RedirectOption interface{ applyRedirect(*redirectOptions) }

type redirectOptions struct {
	back    string
	hasBack bool // back was given; empty then means none
}

type redirectOption func(*redirectOptions)

func (f redirectOption) applyRedirect(o *redirectOptions) { f(o) }

// ReturnBackURL sends the user to u after signing in, absolute or relative to the
// current page. An empty u means the current page, the default.
func ReturnBackURL(u string) RedirectOption {
	return redirectOption(func(o *redirectOptions) { o.back, o.hasBack = u, u != "" })
}

// NoReturnBackURL leaves it to the sign-in page where the user lands, like
// Clerk's returnBackUrl: null.
var NoReturnBackURL RedirectOption = redirectOption(func(o *redirectOptions) { o.back, o.hasBack = "", true })

// page is one of the two pages that unknown users are sent to.
type page uint8

const (
	signInPage page = iota
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

func (ra *RequestAuth) redirectTo(p page, opts []RedirectOption) Outcome {
	target, err := ra.pageURL(p, ra.devBrowserToken(), opts)
	if err != nil {
		return serverError(err)
	}
	return redirectOutcome(ra.redirectStatus(), target)
}

// redirectOutcome is a redirect that carries Clerk's mark.
func redirectOutcome(status int, location string) Outcome {
	return Outcome{
		Delivery: DeliverEmpty,
		Status:   status,
		Headers:  []Header{{headerLocation, location}, {headerRedirectTo, "true"}},
	}
}

// SignInURL returns the address that [RequestAuth.RedirectToSignIn] redirects to,
// for links in pages.
func (ra *RequestAuth) SignInURL(opts ...RedirectOption) (string, error) {
	return ra.pageURL(signInPage, ra.devBrowserToken(), opts)
}

// SignUpURL is [RequestAuth.SignInURL] for the sign-up page.
func (ra *RequestAuth) SignUpURL(opts ...RedirectOption) (string, error) {
	return ra.pageURL(signUpPage, ra.devBrowserToken(), opts)
}

// pageURL builds the address of a page of Clerk's or of the application.
func (ra *RequestAuth) pageURL(p page, devBrowser string, opts []RedirectOption) (string, error) {
	var o redirectOptions
	for _, opt := range opts {
		if opt != nil {
			opt.applyRedirect(&o)
		}
	}
	base := ra.publicURL()
	c := ra.clerk
	configured := c.pages(ra.state)
	target, err := configured.target(p, base)
	if err != nil {
		return "", err
	}
	if ra.state.session != nil && ra.state.Auth().SessionStatus == "pending" {
		target += "/tasks"
	}
	u, err := base.resolve(target)
	if err != nil {
		return "", &Error{class: ErrConfiguration, message: "Options.SignInURL or Options.SignUpURL is not a URL"}
	}
	crossOrigin := u.hostPort() != base.hostPort()
	if o.back != "" || !o.hasBack {
		back := base
		if o.hasBack {
			if back, err = base.resolve(o.back); err != nil {
				return "", &Error{class: ErrConfiguration, message: "the return URL is not a URL"}
			}
		}
		if crossOrigin && configured.satellite {
			back = back.setParam(querySynced, "false")
		}
		u = u.setParam("redirect_url", back.String())
	}
	if crossOrigin && c.key.instance == development && devBrowser != "" {
		u = u.setParam(queryDevBrowser, devBrowser)
	}
	return u.String(), nil
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
		return pages{accounts: accountsURL(c.key.host)}
	}
	return pages{c.opts.SignInURL, c.opts.SignUpURL, accountsURL(c.key.host), c.opts.IsSatellite}
}

// target is the address of a page before anything is added to it.
func (c pages) target(p page, base webURL) (string, error) {
	switch {
	case p == signInPage && c.signInURL != "":
		return c.signInURL, nil
	case p == signUpPage && c.signUpURL != "":
		return c.signUpURL, nil
	case c.accounts == "":
		return "", &Error{class: ErrConfiguration, message: "Missing publishableKey: set CLERK_PUBLISHABLE_KEY or Options.PublishableKey, or Options.SignInURL"}
	case p == signInPage:
		return c.accounts + "/sign-in", nil
	case c.signInURL != "":
		signIn, err := base.resolve(c.signInURL)
		if err != nil {
			return "", &Error{class: ErrConfiguration, message: "Options.SignInURL is not a URL"}
		}
		if !signIn.u.OpaquePath() {
			signIn.path += "/create"
		}
		return signIn.String(), nil
	}
	return c.accounts + "/sign-up", nil
}

// devBrowserToken returns what identifies a development browser: the query
// parameter, else the cookie without a suffix.
func (ra *RequestAuth) devBrowserToken() string {
	if _, query := splitTarget(ra.request.Target()); query != "" {
		if value, _ := queryParam(query, queryDevBrowser); value != "" {
			return value
		}
	}
	return ra.bareDevBrowserCookie()
}

func (ra *RequestAuth) bareDevBrowserCookie() string {
	jar := parseCookies(ra.request.Header("Cookie"), &ra.clerk.cookieNames)
	return jar.devBrowser.value
}

// publicURL is the address of the current page.
func (ra *RequestAuth) publicURL() webURL {
	return publicURL(ra.request, ra.clerk.opts.IgnoreForwarded)
}

// withDevBrowser gives a redirect of a development instance to another origin the
// identity of the browser, which cookies cannot carry there.
func (ra *RequestAuth) withDevBrowser(location string) string {
	if !isDevelopmentSecretKey(ra.clerk.opts.SecretKey) {
		return location
	}
	u, err := parseURL(location)
	if err != nil || u.origin() == ra.publicURL().origin() {
		return location
	}
	value, _ := queryParam(u.rawQuery(), queryDevBrowser)
	if value == "" {
		value = ra.bareDevBrowserCookie()
	}
	if value == "" {
		return location
	}
	return u.deleteParams(queryDevBrowser).appendParams(param{queryDevBrowser, value}).String()
}

// resolveURL makes a URL of the application absolute.
func (ra *RequestAuth) resolveURL(ref string) (string, error) {
	if strings.HasPrefix(ref, "https://") || strings.HasPrefix(ref, "http://") {
		return ref, nil
	}
	u, err := ra.publicURL().resolve(ref)
	if err != nil {
		return "", &Error{class: ErrConfiguration, message: "the URL of a guard's option is not a URL"}
	}
	return u.String(), nil
}
