package core

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/frontendproxy"
	"github.com/clerkgo/clerkgo/core/internal/optiontext"
	"github.com/clerkgo/clerkgo/core/internal/redact"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// Fields, and what to do about one, in errors.
const (
	publishableKeyField = "Options.PublishableKey (CLERK_PUBLISHABLE_KEY) "
	secretKeyField      = "Options.SecretKey (CLERK_SECRET_KEY) "
	machineKeyField     = "Options.MachineSecretKey (CLERK_MACHINE_SECRET_KEY) "
	jwtKeyField         = "Options.JWTKey (CLERK_JWT_KEY) "
	copyFrom            = ". Copy the key again from " + clerkkey.KeysPage
)

// checkSecrets makes sure that the keys are there that the accepted tokens need,
// and that what is there can be one.
func (c *Clerk) checkSecrets() error {
	o := &c.opts
	var errs []error
	check := func(field, key string, mistake func(string) string) {
		if key == "" {
			return
		}
		if what := mistake(key); what != "" {
			errs = append(errs, optionError(field+what+copyFrom))
		}
	}
	check(secretKeyField, o.SecretKey, optiontext.SecretKeyMistake)
	check(machineKeyField, o.MachineSecretKey, optiontext.MachineKeyMistake)
	switch {
	case c.accepts.one() == M2MToken:
		if o.MachineSecretKey == "" && o.SecretKey == "" {
			errs = append(errs, optionError("Machine token authentication requires either a Machine secret key or a Clerk secret key. Ensure a Clerk secret key or Machine secret key is set: set CLERK_MACHINE_SECRET_KEY or Options.MachineSecretKey"))
		}
	case o.SecretKey == "":
		errs = append(errs, optionError("Missing Clerk Secret Key. Go to https://dashboard.clerk.com and get your key for your instance. Set the environment variable CLERK_SECRET_KEY, or Options.SecretKey, to it"))
	}
	return errors.Join(errs...)
}

// checkSatellite makes sure that a satellite knows its domain and its primary.
func (c *Clerk) checkSatellite() error {
	o := &c.opts
	if !o.IsSatellite || c.accepts.one() == M2MToken {
		return nil
	}
	var errs []error
	if o.SignInURL == "" && clerkkey.IsDevelopmentSecret(o.SecretKey) {
		errs = append(errs, optionError("Missing signInUrl. Pass a signInUrl for dev instances if an app is satellite: set CLERK_SIGN_IN_URL or Options.SignInURL to the sign-in page of the primary application"))
	}
	if o.ProxyURL == "" && o.Domain == "" && !o.FrontendAPIProxy.Enabled {
		errs = append(errs, optionError("Missing domain and proxyUrl. A satellite application needs to specify a domain or a proxyUrl: set CLERK_DOMAIN or CLERK_PROXY_URL, or Options.Domain or Options.ProxyURL"))
	}
	if o.Domain != "" && !optiontext.IsDomain(o.Domain) {
		errs = append(errs, optionError("Options.Domain (CLERK_DOMAIN) "+redact.Quoted(o.Domain)+" is no domain: give the name of the host alone, such as satellite.example"))
	}
	return errors.Join(errs...)
}

// checkURLs makes sure that the Backend API can be called and that redirects lead
// somewhere.
func (c *Clerk) checkURLs() error {
	o := &c.opts
	var errs []error
	const apiURL = "Options.APIURL (CLERK_API_URL) "
	if o.APIURL != "" { // Else the publishable key, which would give it, was at fault.
		switch u, err := weburl.Parse(o.APIURL); {
		case err != nil || !u.IsHTTP() || !optiontext.CanBeCalled(o.APIURL):
			errs = append(errs, optionError(apiURL+"is not an http or https URL; leave it empty for Clerk's own"))
		case u.HasCredentials() || u.Search() != "" || u.Hash() != "":
			errs = append(errs, optionError(apiURL+"must not include credentials, a query string, or a hash; leave it empty for Clerk's own"))
		}
	}
	if !optiontext.IsVersion(o.APIVersion) {
		errs = append(errs, optionError("Options.APIVersion (CLERK_API_VERSION) is no version, such as v1; leave it empty for that"))
	}
	if weburl.IsAbsolute(o.ProxyURL) {
		switch u, err := weburl.Parse(o.ProxyURL); {
		case err != nil:
			errs = append(errs, optionError("Options.ProxyURL (CLERK_PROXY_URL) "+redact.Quoted(o.ProxyURL)+" is not a URL: give one such as https://app.example/__clerk, or a path such as "+frontendproxy.DefaultPath))
		case u.HasCredentials():
			errs = append(errs, optionError("Options.ProxyURL (CLERK_PROXY_URL) must not include credentials: browsers are sent there"))
		}
	}
	for _, f := range [...]struct{ name, value, example string }{
		{"Options.SignInURL (CLERK_SIGN_IN_URL) ", o.SignInURL, "/sign-in"},
		{"Options.SignUpURL (CLERK_SIGN_UP_URL) ", o.SignUpURL, "/sign-up"},
	} {
		if f.value == "" {
			continue
		}
		if u, err := placeholder.Resolve(f.value); err != nil || !u.IsHTTP() {
			errs = append(errs, optionError(f.name+redact.Quoted(f.value)+" is not an http or https URL: give one such as https://accounts.example"+f.example+", or a path such as "+f.example))
		}
	}
	return errors.Join(errs...)
}

// placeholder is an address of an application.
var placeholder, _ = weburl.Parse(request.PlaceholderOrigin + "/")

// checkLists makes sure that what tokens are compared with can ever be equal to
// something. It leaves the lists as they are compared.
func (c *Clerk) checkLists() error {
	o := &c.opts
	var errs []error
	blank := func(s string) bool { return s == "" }
	if len(o.Audience) > 0 && !slices.ContainsFunc(o.Audience, func(s string) bool { return s != "" }) {
		errs = append(errs, optionError("Options.Audience holds nothing but blank entries, which would turn the check off: leave it empty for that, or name the audience"))
	}
	o.Audience = slices.DeleteFunc(o.Audience, blank)
	for i, party := range o.AuthorizedParties {
		origin, remedy := optiontext.PartyOrigin(party)
		if remedy != "" {
			errs = append(errs, optionError("Options.AuthorizedParties["+strconv.Itoa(i)+"] "+redact.Quoted(party)+" is no origin, so no token would ever match it: "+remedy))
			continue
		}
		o.AuthorizedParties[i] = origin
	}
	return errors.Join(errs...)
}

// warnOdd logs what is allowed but unusual.
func (c *Clerk) warnOdd() {
	o := &c.opts
	warn := func(message string) { c.log.Warn("core: " + message) }
	if o.SecretKey != "" && !clerkkey.IsDevelopmentSecret(o.SecretKey) && !clerkkey.IsProductionSecret(o.SecretKey) {
		warn("Options.SecretKey (CLERK_SECRET_KEY) does not start with sk_test_ or sk_live_: is it the secret key?")
	}
	if o.PublishableKey != "" && o.SecretKey != "" &&
		(c.key.Instance == clerkkey.Production && clerkkey.IsDevelopmentSecret(o.SecretKey) ||
			c.key.Instance == clerkkey.Development && clerkkey.IsProductionSecret(o.SecretKey)) {
		warn("the publishable key and the secret key belong to different environments: copy both from the same instance")
	}
	c.warnOddClock(warn)
	c.warnOddBooleans(warn)
	c.warnOddPatterns(warn)
	if o.IsSatellite && o.SignInURL != "" && c.key.Instance == clerkkey.Development {
		if u, err := weburl.Parse(o.SignInURL); err != nil || !u.IsHTTP() {
			warn("Invalid signInUrl. A satellite application requires a signInUrl for development instances: set CLERK_SIGN_IN_URL or Options.SignInURL to the absolute URL of the primary application's sign-in page")
		}
	}
	if o.IsSatellite && c.key.Instance == clerkkey.Production && strings.HasPrefix(o.Domain, "clerk.") {
		warn("Options.Domain (CLERK_DOMAIN) " + redact.Quoted(o.Domain) + " starts with clerk., which is added by itself: give the application's own domain")
	}
	const proxyURL = "Options.ProxyURL (CLERK_PROXY_URL) "
	switch {
	case o.ProxyURL == "":
	case strings.HasPrefix(o.ProxyURL, "//"):
		warn(proxyURL + "starts with two slashes, and counts as a path of this application: write https:// in front of another host")
	case !strings.HasPrefix(o.ProxyURL, "/") && !weburl.IsAbsolute(o.ProxyURL):
		warn(proxyURL + "starts with neither / nor http:// nor https://: handshakes will go astray")
	case strings.ContainsAny(o.ProxyURL, "?#"):
		warn(proxyURL + "has a query or a fragment, behind which nothing can be added: handshakes will go astray")
	}
	if u, err := weburl.Parse(o.APIURL); err == nil && (u.Path() == "/v1" || u.Path() == "/v1/") {
		warn("Options.APIURL (CLERK_API_URL) ends with a version, which is added by itself: leave it out")
	}
	for _, f := range [...]struct{ name, value, page string }{
		{"Options.SignInURL (CLERK_SIGN_IN_URL) ", o.SignInURL, "sign-in"}, {"Options.SignUpURL (CLERK_SIGN_UP_URL) ", o.SignUpURL, "sign-up"},
	} {
		switch u, err := placeholder.Resolve(f.value); {
		case f.value == "" || err != nil || !u.IsHTTP(): // An error of New.
		case !strings.HasPrefix(f.value, "/") && !weburl.IsAbsolute(strings.ToLower(f.value)):
			warn(f.name + redact.Quoted(f.value) + " is relative to the page that a user comes from: write /" + f.page + " for a page of this application, and https:// in front of another host")
		}
	}
}
