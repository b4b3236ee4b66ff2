package demo

import (
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
)

//go:embed templates static
var files embed.FS

// Site is what an example's routes are made of: which Clerk it runs against, and what
// its pages show. Its methods that take a [Visit] are handlers without a framework.
type Site struct {
	// Options say which Clerk the example runs against.
	Options core.Options
	// Templates are the pages.
	Templates *template.Template
	// Static are the files below /static.
	Static fs.FS
	// Webhooks verifies what Clerk sends to /webhooks/clerk.
	Webhooks *webhook.Receiver

	framework string
	url       string // the example's own address
	key       string // the real Clerk's publishable key
	script    string // and the address of its JavaScript

	clerk  *clerktest.Server // the built-in Clerk, nil for the real one
	second *clerktest.Server // Initech's, of /tenants

	decisions *decisions
	projects  projects
	inbox     inbox
	broken    switches
	secret    string       // the real Clerk's secret key
	verifies  bool         // there is a secret for webhooks
	local     *http.Client // asks the application itself, and follows no redirect
	prober    *core.Clerk  // explains what /break does

	stop    context.CancelFunc // ends streams
	stopped <-chan struct{}
}

func newSite(config Config, address string) (*Site, error) {
	templates, err := template.New("").Funcs(functions).ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Site{
		Templates: templates, Static: static, framework: config.Framework, url: address,
		decisions: newDecisions(config.Terminal, config.Coloured), stop: stop, stopped: ctx.Done(),
	}, nil
}

func (s *Site) useRealClerk(env environment, client *http.Client) {
	s.local = &http.Client{Transport: &http.Transport{}, CheckRedirect: noRedirect}
	s.Options, s.key, s.secret = env.options(), env.get(publishableKey), env.get(secretKey)
	s.Options.HTTPClient = client
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (s *Site) useBuiltIn(clerk *clerktest.Server) {
	s.clerk, s.Options = clerk, clerk.Options()
	s.Options.Now = s.now
	s.Options.Outage.ProbeInterval = probeInterval
	s.local = &http.Client{Transport: &http.Transport{}, CheckRedirect: noRedirect}
}

// complete sets what the tour wants of either Clerk.
func (s *Site) complete(env environment) error {
	s.Options.Skip = core.SkipStatic
	s.Options.Debug, s.Options.Logger = true, s.decisions.logger()
	s.Options.OrganizationSync = core.OrganizationSync{
		OrganizationPatterns:    []string{"/orgs/:slug", "/orgs/:slug/(.*)"},
		PersonalAccountPatterns: []string{"/me", "/me/(.*)"},
	}
	s.projects.fill()
	if s.clerk != nil {
		quiet := s.Options
		quiet.Debug, quiet.Logger = false, slog.New(slog.DiscardHandler)
		var err error
		if s.prober, err = core.New(quiet); err != nil {
			return err
		}
	}
	return s.receiveWebhooks(env)
}

// now is the clock of the application, which /break puts wrong.
func (s *Site) now() time.Time { return s.clerk.Clock().Now().Add(s.broken.skew()) }

// stopStreams ends the answers that go on, such as those to /webhooks/events.
func (s *Site) stopStreams() { s.stop() }

func (s *Site) close() {
	s.stop()
	s.broken.mend()
	if s.local != nil {
		s.local.CloseIdleConnections()
	}
	for _, clerk := range []*clerktest.Server{s.clerk, s.second} {
		if clerk != nil {
			clerk.Close()
		}
	}
}

// Visit is a request, as the pages need it.
type Visit struct {
	Context context.Context //nolint:containedctx // It lives as long as the request.
	// Auth, State and Client are the adapter's, nil on pages outside its middleware.
	Auth   *core.Auth
	State  *core.State
	Client *core.Client
	// Host is the host that was asked for, with its port.
	Host string
	// Value returns a parameter of the route, the form or the query.
	Value func(name string) string
	// FormToken goes into forms, where they are protected by one.
	FormToken string
}

// Answer is what to answer: a page, or with a Location in its header a redirect.
type Answer struct {
	Status   int
	Header   http.Header
	Template string
	Page     Page
}

// Page is what the templates show.
type Page struct {
	Framework string // as people call it, such as Gin
	Current   string // the section of the tour
	Title     string
	BuiltIn   bool   // it runs against the built-in Clerk
	Base      string // in front of links: another host than that of the page, or empty
	Outside   bool   // it stands outside the middleware, so nobody is known

	SignedIn    bool
	Admin       bool // by the role in the user's metadata
	Name, Email string
	Auth        *core.Auth
	FormToken   string

	Done, Problem string // what was done last, and what was not
	Data          any    // of the page

	PublishableKey, Script string // of the real Clerk
}

// page returns an answer with a page.
func (s *Site) page(v Visit, section, title string, data any) Answer {
	p := Page{
		Framework: s.framework, Current: section, Title: title, BuiltIn: s.clerk != nil, Outside: v.Auth == nil,
		FormToken: v.FormToken, Data: data, PublishableKey: s.key, Script: s.script,
	}
	if section == "tenants" {
		p.Base = s.url
	}
	if v.Value != nil {
		p.Done = messages[v.Value("done")]
	}
	p.Auth = v.Auth
	if v.Auth == nil {
		p.Auth = &core.Auth{}
	}
	p.SignedIn, p.Admin = p.Auth.IsAuthenticated(), p.Auth.Has(core.MetadataRole("admin"))
	p.Name, p.Email = nameOf(p.Auth)
	// What it shows depends on who asks.
	return Answer{Status: http.StatusOK, Header: http.Header{"Cache-Control": {"no-store"}}, Template: section, Page: p}
}

// messages are what pages say after something was done: the query names one, and
// cannot put words into the page's mouth.
var messages = map[string]string{
	"role-set":        "The role is set. It is in their session token within a minute.",
	"role-removed":    "The role is removed. It leaves their session token within a minute.",
	"project-added":   "The project is there.",
	"project-deleted": "The project is deleted.",
	"time-passed":     "Eleven minutes have passed, by the clock of this Clerk and this application.",
	"key-revoked":     "The key is revoked. Calls with it are answered 401.",
	"undone":          "Everything is whole again.",
	"user-created":    "A user was created through the Backend API. Clerk tells the webhook.",
	"forged":          "The forgery was answered 400: its signature is not Clerk's.",
}

// redirect returns an answer that leads elsewhere, as after a form.
func redirect(location string) Answer {
	return Answer{Status: http.StatusSeeOther, Header: http.Header{"Location": {location}, "Cache-Control": {"no-store"}}}
}

// refused is a page again, with what was not done.
func (a Answer) refused(status int, problem string) Answer {
	a.Status, a.Page.Problem = status, problem
	return a
}

// failed answers where Clerk's Backend API refused or could not be asked. The error's
// text is for logs.
func (s *Site) failed(v Visit, err error) Answer {
	s.decisions.fault(err)
	status := http.StatusBadGateway
	if e := core.AsError(err); e != nil {
		status = e.StatusCode()
	}
	return s.message(v, status, "Clerk could not answer", "What you asked for needs Clerk's Backend API, which did not answer as it should. Please try again in a moment.")
}

// message is a page with a few words.
func (s *Site) message(v Visit, status int, title, text string) Answer {
	a := s.page(v, "message", title, text)
	a.Status = status
	return a
}

// nameOf returns what to call a user, and their address: from the session token, if the
// instance adds them. A new account may have no name yet, and is called by its address.
func nameOf(auth *core.Auth) (name, email string) {
	var claims struct{ Name, Email string }
	if json.Unmarshal(auth.Claims(), &claims) != nil {
		claims.Name, claims.Email = "", ""
	}
	switch {
	case claims.Name != "":
		return claims.Name, claims.Email
	case claims.Email != "":
		return claims.Email, ""
	}
	return auth.UserID, ""
}

// SignOut ends the session in Clerk. The built-in one has a page for it. At the real
// Clerk, its JavaScript signs out, as the template sign-out does.
func (s *Site) SignOut(v Visit) Answer {
	if s.clerk == nil {
		return s.page(v, "sign-out", "Sign out", true)
	}
	return redirect(s.clerk.SignOutURL() + "?" + url.Values{"redirect_url": {s.url + "/"}}.Encode())
}

// AskSignOut asks whether to sign out: a link must not do it.
func (s *Site) AskSignOut(v Visit) Answer { return s.page(v, "sign-out", "Sign out", false) }
