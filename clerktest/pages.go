package clerktest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed" // For the page's template.
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

//go:embed pages/page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

const formCookie = "__clerktest_form"

func pageRoutes() []route {
	return []route{
		{"GET /{$}", surfaceNavigate, (*Server).pageHome},
		{"GET /sign-in", surfaceNavigate, (*Server).pageSignIn},
		{"POST /sign-in", surfaceNavigate, (*Server).postSignIn},
		{"POST /sign-in/pick", surfaceNavigate, (*Server).postPick},
		{"GET /verify", surfaceNavigate, (*Server).pageVerify},
		{"POST /verify", surfaceNavigate, (*Server).postVerify},
		{"GET /sign-in/factor-two", surfaceNavigate, (*Server).pageFactorTwo},
		{"POST /sign-in/factor-two", surfaceNavigate, (*Server).postFactorTwo},
		{"GET /sign-in/reset", surfaceNavigate, (*Server).pageReset},
		{"POST /sign-in/reset", surfaceNavigate, (*Server).postReset},
		{"GET /sign-in/tasks", surfaceNavigate, (*Server).pageTasks},
		{"POST /sign-in/tasks", surfaceNavigate, (*Server).postTasks},
		{"GET /sign-in/create", surfaceNavigate, (*Server).pageSignUp},
		{"GET /sign-up", surfaceNavigate, (*Server).pageSignUp},
		{"POST /sign-up", surfaceNavigate, (*Server).postSignUp},
		{"GET /sign-out", surfaceNavigate, (*Server).pageSignOut},
		{"POST /sign-out", surfaceNavigate, (*Server).postSignOut},
	}
}

// page is what the template shows. Fields are empty where a page has no such part.
type page struct {
	Title, Lead, Error string
	Nonce              string
	Action, Button     string
	RedirectURL        string
	Ticket             string
	DevBrowser         string
	FormToken          string
	Fields             []field
	Choices            []choice
	People             []person
	Continue           string
	Links              []link
}

type field struct {
	Name, Label, Type, Value, Autocomplete string
	Required, Invalid, Focus               bool
}

type choice struct{ Value, Label string }

type link struct{ Href, Label string }

// show renders a page; forms in it are bound to the browser and its dev browser.
func (s *Server) show(c *call, status int, p page) reply {
	p.Nonce = newHex(32)
	p.DevBrowser, p.Ticket = c.devBrowser, c.ticket()
	for i := range p.Links {
		p.Links[i].Href = c.carry(p.Links[i].Href)
	}
	rep := reply{status: status, header: http.Header{
		"Cache-Control": {"no-store"},
		"Content-Security-Policy": {"default-src 'none'; style-src 'nonce-" + p.Nonce + "'; script-src 'nonce-" + p.Nonce +
			"'; base-uri 'none'; frame-ancestors 'none'"},
	}}
	if p.Action != "" {
		secret := ""
		if cookie, err := c.r.Cookie(formCookie); err == nil {
			secret = cookie.Value
		}
		if len(secret) != len(store.NewSecret()) {
			secret = store.NewSecret()
			secure := ""
			if isHTTPS(c.r) {
				secure = "; Secure"
			}
			rep.cookies = append(rep.cookies, formCookie+"="+secret+"; Path=/; HttpOnly"+secure+"; SameSite=Lax")
		}
		p.FormToken = s.formToken(secret, c.devBrowser)
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, p); err != nil {
		return failure(http.StatusInternalServerError, "internal_clerk_error", "The page could not be shown.", "")
	}
	rep.html = out.Bytes()
	return rep
}

func (s *Server) formToken(secret, devBrowser string) string {
	mac := hmac.New(sha256.New, s.secret[:])
	mac.Write([]byte("form|" + secret + "|" + devBrowser))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// trustedForm reports whether a POST comes from a form that this browser was
// shown: not from another site, and with the token that belongs to its cookie.
func (s *Server) trustedForm(c *call) bool {
	if site := c.r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	if o := c.r.Header.Get("Origin"); o != "" && o != "null" {
		if u, err := url.Parse(o); err != nil || u.Host != c.r.Host {
			return false
		}
	}
	cookie, err := c.r.Cookie(formCookie)
	return err == nil && constantEqual(c.form.Get("form_token"), s.formToken(cookie.Value, c.form.Get("__clerk_db_jwt")))
}

// carry adds the return address and the dev browser to a link between pages.
func (c *call) carry(path string) string {
	q := url.Values{}
	if back := c.returnAddress(); back != "" {
		q.Set("redirect_url", back)
	}
	if c.devBrowser != "" {
		q.Set("__clerk_db_jwt", c.devBrowser)
	}
	if ticket := c.ticket(); ticket != "" {
		q.Set("__clerk_ticket", ticket)
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// ticket is that of an invitation whose link led to a page, or "".
func (c *call) ticket() string {
	if c.form.Has("__clerk_ticket") {
		return c.form.Get("__clerk_ticket")
	}
	return c.query.Get("__clerk_ticket")
}

// returnAddress is where a page should send the browser in the end: the form's
// field, which a fragment may have filled, or else the query's.
func (c *call) returnAddress() string {
	if c.form.Has("redirect_url") {
		return c.form.Get("redirect_url")
	}
	return c.query.Get("redirect_url")
}

// back checks the return address. None at all is fine.
func (s *Server) back(c *call) (target *url.URL, rep reply, fine bool) {
	raw := c.returnAddress()
	if raw == "" {
		return nil, reply{}, true
	}
	target, err := s.checkRedirect(raw)
	if err != nil {
		return nil, s.show(c, http.StatusBadRequest, page{
			Title: "This address is not allowed",
			Lead:  "The link that brought you here asks to send you on to an address that this test instance does not redirect to.",
		}), false
	}
	return target, reply{}, true
}

// sendBack answers a form: back to the application, with the dev browser that
// tells it who is calling.
func (s *Server) sendBack(c *call, target *url.URL) reply {
	rep := reply{status: http.StatusSeeOther}
	switch {
	case target == nil && s.production:
		rep.location = "/sign-in"
	case s.production && !sharesCookies(c.r, target):
		// The application cannot see that something changed: hand it over at once.
		rep.location = "/v1/client/handshake?" + url.Values{"redirect_url": {target.String()}, "format": {string(HandshakeNonce)}}.Encode()
	case s.production:
		rep.location = target.String()
	case target == nil:
		rep.location = "/sign-in?__clerk_db_jwt=" + url.QueryEscape(s.needDevBrowser(c))
	default:
		rep.location = withParam(target, "__clerk_db_jwt", s.needDevBrowser(c))
	}
	return rep
}

func (s *Server) needDevBrowser(c *call) string {
	if c.devBrowser == "" {
		clientID := ""
		if c.client != nil {
			clientID = c.client.ID
		}
		c.devBrowser = s.newDevBrowser(clientID)
	}
	return c.devBrowser
}

func (s *Server) pageHome(c *call) reply {
	return s.show(c, http.StatusOK, page{
		Title: "A test instance of Clerk",
		Lead:  "It lives in one process, and forgets everything when that ends.",
		Links: []link{{"/sign-in", "Sign in"}, {"/sign-up", "Sign up"}},
	})
}

// pageTasks lets a person with a pending session choose an organization.
func (s *Server) pageTasks(c *call) reply {
	target, rep, fine := s.back(c)
	if !fine {
		return rep
	}
	sess := s.state.ActiveSession(c.client)
	if sess == nil {
		return s.showSignIn(c, http.StatusOK, "", "")
	}
	if len(sess.Tasks) == 0 {
		return s.sendBack(c, target)
	}
	return s.showTasks(c, sess, http.StatusOK, "")
}

func (s *Server) showTasks(c *call, sess *store.Session, status int, problem string) reply {
	p := page{
		Title: "One more step", Lead: "Choose the organization to work in.", Error: problem, Action: "/sign-in/tasks", Button: "Continue",
		RedirectURL: c.returnAddress(),
	}
	if u := s.state.Users.Get(sess.UserID); u != nil {
		for _, m := range u.Memberships() {
			o := s.state.Organizations.Get(m.OrganizationID)
			p.Choices = append(p.Choices, choice{Value: o.ID, Label: o.Name})
		}
	}
	if len(p.Choices) == 0 {
		p.Action, p.Lead = "", "You are not a member of any organization yet. Ask for an invitation, or sign in with another account."
		p.Links = []link{{"/sign-out", "Sign out"}}
	}
	return s.show(c, status, p)
}

func (s *Server) postTasks(c *call) reply {
	sess := s.state.ActiveSession(c.client)
	if sess == nil {
		return s.showSignIn(c, http.StatusUnprocessableEntity, "", "Please sign in first.")
	}
	if !s.trustedForm(c) {
		return s.showTasks(c, sess, http.StatusForbidden, outOfDate)
	}
	target, rep, fine := s.back(c)
	if !fine {
		return rep
	}
	o := s.state.Organizations.Get(c.form.Get("organization_id"))
	if o == nil || !s.state.Activate(sess, o.ID) {
		return s.showTasks(c, sess, http.StatusUnprocessableEntity, "Please choose one of your organizations.")
	}
	return s.sendBack(c, target)
}

// pageSignOut signs out at once when a person followed a link, or the caller
// names its dev browser; otherwise, as for an image on a foreign page, it asks.
func (s *Server) pageSignOut(c *call) reply {
	target, rep, fine := s.back(c)
	if !fine {
		return rep
	}
	site, dest := c.r.Header.Get("Sec-Fetch-Site"), c.r.Header.Get("Sec-Fetch-Dest")
	navigation := dest == "" || dest == "document"
	if c.devBrowser != "" || (navigation && (site == "" || site == "none" || site == "same-origin" || c.r.Header.Get("Sec-Fetch-User") == "?1")) {
		return s.signOut(c, target)
	}
	return s.show(c, http.StatusOK, page{
		Title: "Sign out?", Lead: "This ends your session in this browser.", Action: "/sign-out", Button: "Sign out",
		RedirectURL: c.returnAddress(),
	})
}

func (s *Server) postSignOut(c *call) reply {
	target, rep, fine := s.back(c)
	if !fine {
		return rep
	}
	if !s.trustedForm(c) {
		return s.show(c, http.StatusForbidden, page{Title: "Sign out?", Lead: "This form is out of date.", Action: "/sign-out", Button: "Sign out", RedirectURL: c.returnAddress()})
	}
	return s.signOut(c, target)
}

func (s *Server) signOut(c *call, target *url.URL) reply {
	if c.client != nil {
		for _, sess := range s.state.Live(c.client) {
			s.state.EndSession(sess, store.Removed)
		}
		c.clientChanged = true
	}
	return s.sendBack(c, target)
}
