package core

import (
	"context"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkapi"
	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/doctor"
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/redact"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// Checkup says what [Doctor] looks at besides the options of an instance. Its zero value
// is ready to use.
type Checkup struct {
	// Addresses are public addresses of the application, as browsers use them, each of a page
	// that the middleware covers: https://app.example.com/dashboard. Their origins are held
	// against Options.AuthorizedParties. Each page is loaded twice, as by a browser that was
	// signed in once and whose session is unknown: the middleware sends that one to Clerk and
	// names the address to come back to, which must be the page's. The second time the request
	// claims another host in X-Forwarded-Host. At most 16 are looked at.
	Addresses []string
	// HTTPClient loads the pages; nil means one of its own. Its cookies and its CheckRedirect
	// are not used.
	HTTPClient *http.Client
	// Timeout bounds the whole. Zero means 15 s, negative means that only the context does.
	Timeout time.Duration
	// Build is what the application was built of. Nil means this program. That of another
	// one can be read with package debug/buildinfo.
	Build *debug.BuildInfo
}

const (
	defaultCheckupTimeout = 15 * time.Second
	maxAddresses          = 16
)

// The kinds of findings.
const (
	aboutOptions     = "options"
	aboutKeys        = "keys"
	aboutJWTKey      = "JWT key"
	aboutClock       = "clock"
	aboutParties     = "parties"
	aboutSatellite   = "satellite"
	aboutProxy       = "proxy"
	aboutApplication = "application"
	aboutVersions    = "versions"
)

// The remedies that several findings share.
const (
	copyBothKeys  = "Copy both keys from one page of Clerk's dashboard: " + clerkkey.KeysPage
	sendForwarded = "Let the proxy in front send X-Forwarded-Host and X-Forwarded-Proto, and overwrite what clients send there."
)

// examination is one run of [Clerk.Doctor].
type examination struct {
	clerk *Clerk
	at    Checkup
	red   redact.Redactor

	pages    []page
	backend  doctor.Answer
	frontend place // of the publishable key
	domain   place // of a satellite
	proxied  place // behind the application's own proxy

	findings []Finding
}

// place is a Frontend API; without address there is none, or it is not asked.
type place struct {
	address string
	answer  doctor.Answer
}

// page is one of the application's.
type page struct {
	given        string
	url          weburl.URL
	fault        string // why it cannot be visited
	seen, forged doctor.Seen
}

func newExamination(c *Clerk, at Checkup) *examination {
	e := &examination{clerk: c, at: at, red: redact.New([]string{c.opts.SecretKey, c.opts.MachineSecretKey})}
	for i, given := range at.Addresses {
		if i == maxAddresses {
			break
		}
		p := page{given: redact.Quoted(given)}
		switch u, err := weburl.Parse(strings.TrimSpace(given)); {
		case err != nil || !u.IsHTTP():
			p.fault = "is no http or https address."
		case u.HasCredentials():
			p.fault = "must not include credentials."
		default:
			p.url = withoutHash(u)
			p.given = shown(p.url)
		}
		e.pages = append(e.pages, p)
	}
	e.setPlaces()
	return e
}

// setPlaces decides which Frontend APIs are asked.
func (e *examination) setPlaces() {
	c, o := e.clerk, &e.clerk.opts
	if c.key.Raw == "" {
		return
	}
	proxy := o.ProxyURL
	if proxy == "" && c.proxy != nil {
		proxy = c.proxy.Path()
	}
	switch {
	case weburl.IsAbsolute(proxy):
		e.proxied.address = proxy
	case strings.HasPrefix(proxy, "/"):
		for _, p := range e.pages {
			if p.fault == "" {
				e.proxied.address = p.url.Origin() + proxy
				break
			}
		}
	}
	// Where another Backend API serves the instance than the key's, as in development without
	// an account, the host that the key names is not its either.
	if !weburl.IsAbsolute(proxy) || o.APIURL == clerkkey.BackendAPIURL(c.key.Host) {
		e.frontend.address = c.key.Host
	}
	if host := c.key.FrontendAPI("", o.Domain, o.IsSatellite); host != c.key.Host && proxy == "" {
		e.domain.address = host
	}
}

// ask asks all questions at once. It returns when ctx ends, at the latest.
func (e *examination) ask(ctx context.Context) {
	c := e.clerk
	asker, visitor := doctor.NewAsker(c.opts.HTTPClient, c.now), doctor.NewAsker(e.at.HTTPClient, c.now)
	var all sync.WaitGroup
	if c.opts.SecretKey != "" && c.backend != nil {
		all.Go(func() {
			e.backend = asker.Ask(ctx, e.backendURL(), http.Header{
				"Authorization": {"Bearer " + c.opts.SecretKey}, "Clerk-Api-Version": {engine.APIVersionDate}, "User-Agent": {clerkapi.UserAgent},
			})
		})
	}
	for _, p := range []*place{&e.frontend, &e.domain, &e.proxied} {
		if p.address == "" {
			continue
		}
		p.address = strings.TrimRight(p.address, "/")
		if !weburl.IsAbsolute(p.address) {
			p.address = "https://" + p.address
		}
		all.Go(func() { p.answer = asker.Ask(ctx, p.address+"/.well-known/jwks.json", nil) })
	}
	suffix := c.key.CookieSuffix()
	for i := range e.pages {
		p := &e.pages[i]
		if p.fault != "" || c.key.Raw == "" {
			continue
		}
		all.Go(func() {
			p.seen = visitor.Visit(ctx, p.url, suffix, false)
			if p.seen.IsSent {
				p.forged = visitor.Visit(ctx, p.url, suffix, true)
			}
		})
	}
	all.Wait()
}

func (e *examination) backendURL() string { return e.clerk.backend.BaseURL() + "/jwks" }

func (e *examination) add(level FindingLevel, check, subject, found, remedy string) {
	e.findings = append(e.findings, Finding{level, check, subject, found, remedy})
}

// why is a failed call in words.
func (e *examination) why(a *doctor.Answer) string { return e.red.Redact(a.Err.Error()) }

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return ip.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// shown is an address without what may be secret in it.
func shown(u weburl.URL) string { return u.Origin() + u.Path() }

func withoutHash(u weburl.URL) weburl.URL {
	if bare, err := weburl.Parse(strings.TrimSuffix(u.String(), u.Hash())); err == nil {
		return bare
	}
	return u
}

// sentence ends a text with a full stop.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") || strings.HasSuffix(text, clerkkey.KeysPage) {
		return text
	}
	return text + "."
}
