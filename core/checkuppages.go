package core

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/doctor"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// parties holds the origins of the application's pages against those that count.
func (e *examination) parties() {
	const subject = "Options.AuthorizedParties"
	listed := e.clerk.opts.AuthorizedParties
	production := e.clerk.key.Instance == clerkkey.Production
	if len(listed) == 0 {
		level := LevelNote
		if production {
			level = LevelWarning
		}
		e.add(level, aboutParties, subject, "is empty: session tokens count that pages of any other subdomain were given.", "List the origins of your pages before production.")
		return
	}
	for _, party := range listed {
		if u, err := weburl.Parse(party); err == nil && production && u.IsHTTP() && (u.Scheme() == "http" || isLoopback(u.Hostname())) {
			e.add(LevelWarning, aboutParties, subject, "lists "+party+" on a production instance.", "List only the origins of the pages in production, with https.")
		}
	}
	had := map[string]bool{}
	for _, p := range e.pages {
		if p.fault != "" {
			continue
		}
		origin := p.url.Origin()
		if p.seen.Page.String() != "" {
			origin = p.seen.Page.Origin()
		}
		if had[origin] {
			continue
		}
		had[origin] = true
		if slices.Contains(listed, origin) {
			e.add(LevelOK, aboutParties, origin, "is listed in "+subject+".", "")
		} else {
			e.add(LevelFault, aboutParties, origin, "is not listed in "+subject+": session tokens of its pages are refused.", "Add "+origin+" to the list.")
		}
	}
	if len(had) == 0 {
		e.add(LevelNote, aboutParties, subject, "was not held against the application's origins: no address was given.", "")
	}
}

// satellite tells about the settings of a satellite.
func (e *examination) satellite() {
	c, o := e.clerk, &e.clerk.opts
	const subject = "Options.Domain (CLERK_DOMAIN)"
	if !o.IsSatellite {
		if o.Domain != "" {
			e.add(LevelWarning, aboutSatellite, subject, "has no effect without IsSatellite.", "Set Options.IsSatellite (CLERK_IS_SATELLITE=true), or remove the domain.")
		}
		return
	}
	primary := o.SignInURL
	if strings.HasPrefix(primary, "/") {
		e.add(LevelFault, aboutSatellite, "Options.SignInURL (CLERK_SIGN_IN_URL)", "is a path of the satellite, which signs nobody in.", "Give the absolute URL of the primary application's sign-in page.")
	}
	for _, p := range e.pages {
		if p.fault != "" {
			continue
		}
		host := p.url.Hostname()
		name, _, _ := strings.Cut(o.Domain, ":")
		switch u, err := weburl.Parse(primary); {
		case err == nil && u.IsHTTP() && u.Origin() == p.url.Origin():
			e.add(LevelFault, aboutSatellite, p.given, "is the origin of Options.SignInURL (CLERK_SIGN_IN_URL): the satellite would be its own primary.", "Give the sign-in page of the primary application.")
		case name != "" && host != name && !strings.HasSuffix(host, "."+name):
			e.add(LevelFault, aboutSatellite, p.given, "is not on the satellite's domain, which is "+o.Domain+".", "Correct Options.Domain (CLERK_DOMAIN), or the address.")
		default:
			e.add(LevelOK, aboutSatellite, p.given, "belongs to the satellite.", "")
		}
	}
	e.compare(&e.domain, aboutSatellite, "")
	if c.key.Instance == clerkkey.Development && len(e.pages) == 0 {
		e.add(LevelNote, aboutSatellite, subject, "was not held against the application's address: none was given.", "")
	}
}

// proxy tells about the application's own proxy to the Frontend API.
func (e *examination) proxy() {
	o := &e.clerk.opts
	if o.ProxyURL == "" && e.clerk.proxy == nil {
		return
	}
	if e.proxied.address == "" {
		e.add(LevelNote, aboutProxy, "Options.ProxyURL (CLERK_PROXY_URL)", "was not looked at: it is a path, and no address of the application was given.", "")
		return
	}
	u, err := weburl.Parse(e.proxied.address)
	if err == nil && u.Scheme() == "http" && !isLoopback(u.Hostname()) {
		e.add(LevelWarning, aboutProxy, e.proxied.address, "is http: cookies and sessions travel for everybody on the way to read.", "Use https.")
	}
	e.compare(&e.proxied, aboutProxy, "")
}

// application tells how the application sees the addresses of its own pages.
func (e *examination) application() {
	if len(e.at.Addresses) == 0 {
		e.add(LevelNote, aboutApplication, "forwarded headers", "were not looked at: no address of the application was given.", "")
	}
	for i := range e.pages {
		e.look(&e.pages[i])
	}
	if n := len(e.at.Addresses); n > maxAddresses {
		e.add(LevelNote, aboutApplication, "addresses", strconv.Itoa(n-maxAddresses)+" were not looked at: they are too many.", "")
	}
}

// look tells what was seen of a page.
func (e *examination) look(p *page) {
	seen, subject := &p.seen, p.given
	const cover = "Give the address of a page that Middleware covers."
	switch {
	case p.fault != "":
		e.add(LevelFault, aboutApplication, subject, p.fault, "Give one such as https://app.example.com/dashboard.")
	case e.clerk.key.Raw == "":
		e.add(LevelNote, aboutApplication, subject, "was not looked at: without a publishable key nobody is sent to Clerk.", "")
	case seen.Err != nil:
		e.add(LevelWarning, aboutApplication, subject, "could not be checked: "+e.red.Redact(seen.Err.Error())+".", "Is the application running? Let this machine reach it at that address.")
	case !seen.IsSent && seen.Attached:
		e.add(LevelWarning, aboutApplication, subject, "could not be checked: the middleware let the page load pass ("+strconv.Itoa(seen.Status)+
			", reason "+e.red.Redact(shorten(cmp.Or(seen.AuthReason, "none"), maxToldPath))+"), so that the application did not name its address.", "Where it cannot reach Clerk's Frontend API, that is why. "+cover)
	case !seen.IsSent:
		e.add(LevelWarning, aboutApplication, subject, "could not be checked: nothing of the middleware shows in the answer ("+strconv.Itoa(seen.Status)+").", cover)
	case !e.lookAtAddress(p):
	case seen.Handshake != "" && e.expectedHandshake(seen.Page) != seen.Handshake:
		e.add(LevelFault, aboutApplication, subject, "the application sends browsers to "+e.red.Redact(seen.Handshake)+", and not to "+e.expectedHandshake(seen.Page)+
			": it runs with other keys or settings than these.", "Give both the same environment.")
	case p.forged.IsSent && strings.EqualFold(p.forged.Back.Hostname(), doctor.ForgedHost):
		e.lookAtTrust(p)
	default:
		e.add(LevelOK, aboutApplication, subject, "the application knows its public address.", "")
	}
}

// lookAtAddress tells where the address that the application sees is not the page's, and
// reports whether it is.
func (e *examination) lookAtAddress(p *page) bool {
	page, back := p.seen.Page, p.seen.Back
	sees := "the application takes its address for " + e.red.Redact(shown(back)) + ": browsers come back there from Clerk, and find nobody."
	remedy := sendForwarded
	if e.clerk.opts.IgnoreForwarded {
		remedy = "Options.IgnoreForwarded is set, and what a proxy says does not count: remove it where a proxy stands in front. " + sendForwarded
	}
	switch {
	case back.Hostname() != page.Hostname() || back.Port() != page.Port():
		e.add(LevelFault, aboutApplication, p.given, sees, remedy)
	case back.Scheme() != page.Scheme():
		e.add(LevelFault, aboutApplication, p.given, sees, "What ends TLS in front has to say so. "+remedy)
	case back.Path() != page.Path():
		e.add(LevelWarning, aboutApplication, p.given, "the application takes its address for "+e.red.Redact(shown(back))+": something in front changes the path.",
			"Serve the application under the same path inside and outside: browsers come back to the path that it sees.")
	default:
		return true
	}
	return false
}

// lookAtTrust tells that a stranger can choose the address that the application sees.
func (e *examination) lookAtTrust(p *page) {
	const believed = "the application knows its public address, but believes the X-Forwarded-Host of anybody"
	if isLoopback(p.seen.Page.Hostname()) {
		e.add(LevelOK, aboutApplication, p.given, believed+", as it may on this machine.", "")
		return
	}
	e.add(LevelWarning, aboutApplication, p.given, believed+": nothing in front overwrites it.",
		"Let the proxy in front overwrite X-Forwarded-Host and X-Forwarded-Proto; where none stands in front, set Options.IgnoreForwarded.")
}

// expectedHandshake is where these options send a browser that is on a page.
func (e *examination) expectedHandshake(page weburl.URL) string {
	o := &e.clerk.opts
	proxy := o.ProxyURL
	if proxy == "" && e.clerk.proxy != nil {
		proxy = e.clerk.proxy.Path()
	}
	base := e.clerk.key.FrontendAPI(proxy, o.Domain, o.IsSatellite)
	switch {
	case strings.HasPrefix(base, "/"):
		base = page.Origin() + base
	case !strings.HasPrefix(base, "http"):
		base = "https://" + base
	}
	u, err := weburl.Parse(strings.TrimRight(base, "/") + "/v1/client/handshake")
	if err != nil {
		return base
	}
	return u.String()
}
