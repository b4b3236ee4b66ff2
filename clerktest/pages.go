package clerktest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed" // For the page's template.
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
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
	DevBrowser         string
	FormToken          string
	Fields             []field
	Choices            []choice
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
	p.DevBrowser = c.devBrowser
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
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
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

func (s *Server) pageSignIn(c *call) reply {
	target, rep, fine := s.back(c)
	if !fine {
		return rep
	}
	sess := s.state.ActiveSession(c.client)
	if sess == nil {
		return s.showSignIn(c, http.StatusOK, "", "")
	}
	p := page{
		Title: "You are signed in",
		Lead:  "As " + s.displayName(sess.UserID) + ".",
		Links: []link{{"/sign-out", "Sign out"}},
	}
	if target != nil {
		p.Continue = target.String()
		if !s.production {
			p.Continue = withParam(target, "__clerk_db_jwt", s.needDevBrowser(c))
		}
	}
	return s.show(c, http.StatusOK, p)
}

func (s *Server) displayName(userID string) string {
	u := s.state.Users.Get(userID)
	if u == nil {
		return userID
	}
	if name := strings.TrimSpace(u.FirstName + " " + u.LastName); name != "" {
		return name + " (" + u.Email() + ")"
	}
	return u.Email()
}

func (s *Server) showSignIn(c *call, status int, identifier, problem string) reply {
	lead := "Accounts without a password use the code " + SignInCode + "."
	if s.hint != "" {
		lead = s.hint
	}
	return s.show(c, status, page{
		Title: "Sign in", Lead: lead, Error: problem, Action: "/sign-in", Button: "Sign in",
		RedirectURL: c.returnAddress(),
		Fields: []field{
			{Name: "identifier", Label: "Email address or username", Type: "text", Value: identifier, Autocomplete: "username", Required: true, Focus: problem == "", Invalid: problem != ""},
			{Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password", Required: true, Focus: problem != "", Invalid: problem != ""},
		},
		Links: []link{{"/sign-up", "Create an account"}},
	})
}

func (s *Server) postSignIn(c *call) reply {
	identifier := c.form.Get("identifier")
	if !s.trustedForm(c) {
		return s.showSignIn(c, http.StatusForbidden, identifier, "This form is out of date. Please try again.")
	}
	target, rep, fine := s.back(c)
	if !fine {
		return rep
	}
	u := s.state.UserByIdentifier(identifier)
	right := s.state.PasswordIs(u, c.form.Get("password"))
	if u != nil && u.Password == nil {
		right = constantEqual(c.form.Get("password"), SignInCode)
	}
	if !right || u.Banned || u.Locked {
		return s.showSignIn(c, http.StatusUnprocessableEntity, identifier, "The email address or the password is not right.")
	}
	s.state.StartSession(s.needClient(c), u)
	return s.sendBack(c, target)
}

func (s *Server) pageSignUp(c *call) reply {
	if _, rep, fine := s.back(c); !fine {
		return rep
	}
	return s.showSignUp(c, http.StatusOK, "", "")
}

func (s *Server) showSignUp(c *call, status int, wrongField, problem string) reply {
	fields := []field{
		{Name: "first_name", Label: "First name (optional)", Type: "text", Value: c.form.Get("first_name"), Autocomplete: "given-name"},
		{Name: "last_name", Label: "Last name (optional)", Type: "text", Value: c.form.Get("last_name"), Autocomplete: "family-name"},
		{Name: "email_address", Label: "Email address", Type: "email", Value: c.form.Get("email_address"), Autocomplete: "email", Required: true},
		{Name: "password", Label: "Password (at least 8 characters)", Type: "password", Autocomplete: "new-password", Required: true},
	}
	for i := range fields {
		fields[i].Invalid = fields[i].Name == wrongField
		fields[i].Focus = fields[i].Invalid || (wrongField == "" && i == 0)
	}
	return s.show(c, status, page{
		Title: "Create an account", Lead: "It exists in this test instance only.", Error: problem, Action: "/sign-up", Button: "Create account",
		RedirectURL: c.returnAddress(), Fields: fields,
		Links: []link{{"/sign-in", "I have an account"}},
	})
}

func (s *Server) postSignUp(c *call) reply {
	if !s.trustedForm(c) {
		return s.showSignUp(c, http.StatusForbidden, "email_address", "This form is out of date. Please try again.")
	}
	target, rep, fine := s.back(c)
	if !fine {
		return rep
	}
	email, password := strings.TrimSpace(c.form.Get("email_address")), c.form.Get("password")
	switch {
	case !strings.Contains(email, "@"):
		return s.showSignUp(c, http.StatusUnprocessableEntity, "email_address", "Please enter an email address.")
	case s.state.UserByIdentifier(email) != nil:
		return s.showSignUp(c, http.StatusUnprocessableEntity, "email_address", "That email address is taken. Please try another.")
	case s.state.CheckPassword(password, "password") != nil:
		return s.showSignUp(c, http.StatusUnprocessableEntity, "password", wrongPassword(s.state.CheckPassword(password, "password")))
	}
	u := s.putUser(User{Email: email, Password: password, FirstName: c.form.Get("first_name"), LastName: c.form.Get("last_name")})
	s.state.StartSession(s.needClient(c), u)
	return s.sendBack(c, target)
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
		return s.showTasks(c, sess, http.StatusForbidden, "This form is out of date. Please try again.")
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

// wrongPassword is what the rules say against a password.
func wrongPassword(err error) string {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Message
	}
	return err.Error()
}
