package core

import (
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/optiontext"
	"github.com/clerkgo/clerkgo/core/internal/redact"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

func warnOddClock(skew time.Duration, warn func(string)) {
	text := skew.String()
	switch {
	case skew < 0:
		warn("Options.ClockSkew is negative (" + text + "): tokens count as expired before they are; zero tolerates nothing")
	case 0 < skew && skew < time.Millisecond:
		warn("Options.ClockSkew is " + text + ": a time.Duration counts nanoseconds; write 5 * time.Second for five seconds")
	case skew > usualClockSkew:
		warn("Options.ClockSkew is " + text + ": so long after they have expired tokens still pass; set the clock of this machine instead")
	}
}

// warnOddGrace tells of grace that lasts for a moment, for long, or never begins.
func warnOddGrace(o *Outage, warn func(string)) {
	const longest = 24 * time.Hour
	switch text := o.Grace.String(); {
	case o.Grace <= 0:
	case o.Grace < time.Millisecond:
		warn("Options.Outage.Grace is " + text + ": a time.Duration counts nanoseconds; write time.Hour for an hour")
	case o.Grace > longest:
		warn("Options.Outage.Grace is " + text + ": so long a session that was revoked passes while Clerk is down")
	case o.ProbeInterval < 0 && o.Failures < 0:
		warn("Options.Outage.Grace has no effect where ProbeInterval and Failures are negative: nothing tells whether Clerk is down")
	}
}

// warnOddBooleans tells of variables that are set to what counts as false only because
// it is not understood.
func warnOddBooleans(o *Options, warn func(string)) {
	lookup := o.LookupEnv
	if lookup == nil {
		lookup = os.LookupEnv
	}
	for _, name := range [...]string{"CLERK_IS_SATELLITE", "NEXT_PUBLIC_CLERK_IS_SATELLITE"} {
		value, _ := lookup(name)
		value = optiontext.Trim(value)
		if value == "" {
			continue
		}
		if !o.IsSatellite && !strings.EqualFold(value, "false") && !isZero(value) {
			warn(name + " is neither true nor false, and counts as false: write true or 1 for a satellite")
		}
		return // Only the first counts.
	}
}

// isZero reports whether a text is the number zero, however it is written.
func isZero(text string) bool { return strings.Trim(text, "0") == "" }

// warnOdd logs what is allowed but unusual.
func warnOdd(o *Options, key clerkkey.Publishable, skew time.Duration, log *slog.Logger) {
	if isMixed(o, key) {
		log.Warn("core: " + mixedKeys)
	}
	for _, message := range oddities(o, key, skew) {
		log.Warn("core: " + message)
	}
}

// mixedKeys is the warning where isMixed.
const mixedKeys = "the publishable key and the secret key belong to different environments: copy both from the same instance"

// isMixed reports whether one key is of a development instance and the other of a
// production instance.
func isMixed(o *Options, key clerkkey.Publishable) bool {
	return o.PublishableKey != "" &&
		(key.Instance == clerkkey.Production && clerkkey.IsDevelopmentSecret(o.SecretKey) ||
			key.Instance == clerkkey.Development && clerkkey.IsProductionSecret(o.SecretKey))
}

// oddities lists what is allowed but unusual, besides mixed keys.
func oddities(o *Options, key clerkkey.Publishable, skew time.Duration) (found []string) {
	warn := func(message string) { found = append(found, message) }
	if o.SecretKey != "" && !clerkkey.IsDevelopmentSecret(o.SecretKey) && !clerkkey.IsProductionSecret(o.SecretKey) {
		warn("Options.SecretKey (CLERK_SECRET_KEY) does not start with sk_test_ or sk_live_: is it the secret key?")
	}
	warnOddClock(skew, warn)
	warnOddBooleans(o, warn)
	warnOddGrace(&o.Outage, warn)
	warnOddPatterns(o, warn)
	if o.IsSatellite && o.SignInURL != "" && key.Instance == clerkkey.Development {
		if u, err := weburl.Parse(o.SignInURL); err != nil || !u.IsHTTP() {
			warn("Invalid signInUrl. A satellite application requires a signInUrl for development instances: set CLERK_SIGN_IN_URL or Options.SignInURL to the absolute URL of the primary application's sign-in page")
		}
	}
	if o.IsSatellite && key.Instance == clerkkey.Production && strings.HasPrefix(o.Domain, "clerk.") {
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
	return found
}

// warnOddPatterns warns of patterns that name no organization.
func warnOddPatterns(o *Options, warn func(string)) {
	for _, p := range o.OrganizationSync.OrganizationPatterns {
		if !namesOrganization(p) {
			warn("Options.OrganizationSync.OrganizationPatterns: " + p + " names no organization and has no effect: use :id or :slug")
		}
		for _, wide := range [...]string{":slug(.*)", ":id(.*)"} {
			if strings.Contains(p, wide) {
				warn("Options.OrganizationSync.OrganizationPatterns: in " + p + " the group is what the parameter may be, slashes included: write two patterns, or " +
					strings.Replace(p, "(.*)", "{/(.*)}?", 1))
			}
		}
	}
}

// namesOrganization reports whether a pattern has a parameter of one of the two
// names, not only one whose name starts so.
func namesOrganization(p string) bool {
	for _, name := range [...]string{":id", ":slug"} {
		for rest := p; ; {
			_, after, found := strings.Cut(rest, name)
			if !found {
				break
			}
			if after == "" || !jstext.IsWordByte(after[0]) {
				return true
			}
			rest = after
		}
	}
	return false
}
