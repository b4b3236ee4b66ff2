package core

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

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
func checkSecrets(o *Options) error {
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
	case o.AcceptsToken.one() == M2MToken:
		if o.MachineSecretKey == "" && o.SecretKey == "" {
			errs = append(errs, optionError("Machine token authentication requires either a Machine secret key or a Clerk secret key. Ensure a Clerk secret key or Machine secret key is set: set CLERK_MACHINE_SECRET_KEY or Options.MachineSecretKey"))
		}
	case o.SecretKey == "":
		errs = append(errs, optionError("Missing Clerk Secret Key. Go to https://dashboard.clerk.com and get your key for your instance. Set the environment variable CLERK_SECRET_KEY, or Options.SecretKey, to it"))
	}
	return errors.Join(errs...)
}

// checkSatellite makes sure that a satellite knows its domain and its primary.
func checkSatellite(o *Options) error {
	if !o.IsSatellite || o.AcceptsToken.one() == M2MToken {
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
func checkURLs(o *Options) error {
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
func checkLists(o *Options) error {
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

// checkStores refuses stores that are not there though they are set: pointers that a function
// returned beside an error.
func checkStores(o *Options) error {
	var errs []error
	for _, f := range [...]struct {
		name  string
		value any
	}{
		{name: "Options.Outage.Store", value: o.Outage.Store},
		{name: "Options.Shared", value: o.Shared},
	} {
		if isNilPointer(f.value) {
			errs = append(errs, optionError(fmt.Sprintf("%s is a nil %T: handle the error of what made it, or leave it out", f.name, f.value)))
		}
	}
	return errors.Join(errs...)
}

// isNilPointer reports whether value is a pointer to nothing.
func isNilPointer(value any) bool {
	v := reflect.ValueOf(value)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// checkIssuers makes sure that each issuer can be one. A blank entry would be no
// check at all in Clerk's JavaScript SDK, and anything but a URL matches no token.
func checkIssuers(issuers []string) error {
	var errs []error
	for i, issuer := range issuers {
		at := "Options.Issuer[" + strconv.Itoa(i) + "]"
		const remedy = ": write the iss claim of your session tokens, such as https://clerk.example.com, or leave Issuer empty"
		if issuer == "" {
			errs = append(errs, optionError(at+" is blank"+remedy))
			continue
		}
		if u, err := weburl.Parse(issuer); err != nil || !u.IsHTTP() {
			errs = append(errs, optionError(at+" is no http or https URL"+remedy))
		}
	}
	return errors.Join(errs...)
}

// Tolerances of clocks that are believed.
const (
	maxClockSkew   = 24 * time.Hour
	usualClockSkew = 5 * time.Minute
)

// defaultClockSkew is the tolerance where Options.ClockSkew is nil.
const defaultClockSkew = 5 * time.Second

// checkClockSkew refuses a tolerance with which tokens would hardly ever expire.
func checkClockSkew(skew time.Duration) error {
	if skew > maxClockSkew {
		return optionError("Options.ClockSkew is more than a day, so that tokens pass days after they have expired: leave it nil for " + defaultClockSkew.String())
	}
	return nil
}
