package clerktest

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/frontendapi"
	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// step does what a script would ask of the browser's sign-in or sign-up of an id, ""
// for a new one, and returns its id.
func (s *Server) step(c *call, serve rest.Serve, id string, given wire.Doc) (string, error) {
	in := &wire.Call{Method: http.MethodPost, Body: given, Param: func(string) string { return id }}
	if c.client != nil {
		in.ClientID = c.client.ID
	}
	answer, err := serve(s.state, in)
	if cl := s.state.Clients.Get(in.ClientID); cl != nil {
		c.client = cl
		s.needClient(c)
	}
	if err != nil {
		return "", err
	}
	doc, _ := answer.(wire.Doc)
	id, _ = doc["id"].(string)
	return id, nil
}

// signInStep is [Server.step] for a sign-in, which it returns.
func (s *Server) signInStep(c *call, name, id string, given wire.Doc) (*store.SignIn, error) {
	id, err := s.step(c, frontendapi.SignInStep(name), id, given)
	return s.state.SignIns.Get(id), err
}

// underWay is the sign-in that the browser has begun, nil for none.
func (s *Server) underWay(c *call) *store.SignIn {
	if c.client == nil {
		return nil
	}
	return s.state.SignIns.Get(c.client.SignInID)
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
		return name + " (" + u.Identifier() + ")"
	}
	return u.Identifier()
}

const outOfDate = "This form is out of date. Please try again."

func (s *Server) showSignIn(c *call, status int, identifier, problem string) reply {
	lead := "Accounts without a password use the code " + SignInCode + "."
	if s.hint != "" {
		lead = s.hint
	}
	links, secret := []link{{"/sign-up", "Create an account"}}, "Password"
	a := s.state.Auth()
	if resets(a) {
		links = append(links, link{"/sign-in/reset", "Forgot your password?"})
	}
	if !a.First("password") {
		secret = "Code"
	}
	return s.show(c, status, page{
		Title: "Sign in", Lead: lead, Error: problem, Action: "/sign-in", Button: "Sign in",
		RedirectURL: c.returnAddress(),
		Fields: []field{
			{Name: "identifier", Label: "Email address or username", Type: "text", Value: identifier, Autocomplete: "username", Required: true, Focus: problem == "", Invalid: problem != ""},
			{Name: "password", Label: secret, Type: "password", Autocomplete: "current-password", Required: true, Focus: problem != "", Invalid: problem != ""},
		},
		People: s.people(),
		Links:  links,
	})
}

func resets(a store.Auth) bool {
	return a.First("password") && slices.ContainsFunc(a.FirstFactors, func(f string) bool { return strings.HasPrefix(f, "reset_password_") })
}

func (s *Server) postSignIn(c *call) reply {
	identifier, secret := strings.TrimSpace(c.form.Get("identifier")), c.form.Get("password")
	if !s.trustedForm(c) {
		return s.showSignIn(c, http.StatusForbidden, identifier, outOfDate)
	}
	if _, rep, fine := s.back(c); !fine {
		return rep
	}
	a, given := s.state.Auth(), wire.Doc{"identifier": identifier}
	u := s.state.UserByIdentifier(identifier)
	byCode := u != nil && (u.Password == nil || !a.First("password"))
	if !byCode {
		given["password"] = secret
	}
	si, err := s.signInStep(c, "", "", given)
	if err == nil && byCode {
		si, err = s.signInWithCode(c, si, secret, "email_code", "phone_code")
	}
	if err != nil {
		return s.showSignIn(c, http.StatusUnprocessableEntity, identifier, "The email address or the password is not right.")
	}
	return s.goOn(c, si)
}

// signInWithCode has a code sent by the first of some strategies that the user can
// use, and tries a code.
func (s *Server) signInWithCode(c *call, si *store.SignIn, code string, strategies ...string) (*store.SignIn, error) {
	err := error(wire.Refused("strategy_for_user_invalid", "strategy", "There is no way to send this user a code."))
	for _, strategy := range strategies {
		if _, err = s.signInStep(c, "prepare_first_factor", si.ID, wire.Doc{"strategy": strategy}); err == nil {
			return s.signInStep(c, "attempt_first_factor", si.ID, wire.Doc{"strategy": strategy, "code": code})
		}
	}
	return nil, err
}

// goOn leads to what a sign-in needs next, or back to the application.
func (s *Server) goOn(c *call, si *store.SignIn) reply {
	target, rep, fine := s.back(c)
	switch {
	case !fine:
		return rep
	case si.SessionID == "":
		return reply{status: http.StatusSeeOther, location: c.carry("/sign-in/factor-two")}
	}
	if i := s.invitation(c); i != nil { // It is over, or the user is a member, if it is refused.
		_, _ = s.state.AcceptInvitation(i, s.state.Users.Get(si.UserID))
	}
	return s.sendBack(c, target)
}

// invitation is the invitation into an organization whose ticket a page has, or nil.
func (s *Server) invitation(c *call) *store.OrganizationInvitation {
	_, offer := s.state.Offer(c.ticket())
	i, _ := offer.(*store.OrganizationInvitation)
	return i
}

// pageFactorTwo asks for a second factor.
func (s *Server) pageFactorTwo(c *call) reply {
	if _, rep, fine := s.back(c); !fine {
		return rep
	}
	si := s.underWay(c)
	if si == nil || si.SessionID != "" || si.First.Status != "verified" {
		return s.showSignIn(c, http.StatusOK, "", "")
	}
	return s.showFactorTwo(c, si, http.StatusOK, "")
}

// offeredSeconds are the strategies of a user's second factors.
func (s *Server) offeredSeconds(si *store.SignIn) []string {
	factors := s.state.SecondFactors(s.state.Users.Get(si.UserID))
	list := make([]string, 0, len(factors))
	for _, x := range factors {
		f, _ := x.(wire.Doc)
		strategy, _ := f["strategy"].(string)
		list = append(list, strategy)
	}
	return list
}

func (s *Server) showFactorTwo(c *call, si *store.SignIn, status int, problem string) reply {
	var ways []string
	for _, strategy := range s.offeredSeconds(si) {
		switch strategy {
		case "totp":
			ways = append(ways, "the code of your authenticator app")
		case "backup_code":
			ways = append(ways, "one of your backup codes")
		case "phone_code":
			if si.Second.Strategy == "" {
				if _, err := s.signInStep(c, "prepare_second_factor", si.ID, wire.Doc{"strategy": strategy}); err != nil {
					continue
				}
			}
			ways = append(ways, "the code that was sent to "+si.Second.Target)
		}
	}
	return s.show(c, status, page{
		Title: "One more step", Lead: "Enter " + strings.Join(ways, ", or ") + ".", Error: problem, Action: "/sign-in/factor-two", Button: "Continue",
		RedirectURL: c.returnAddress(),
		Fields:      []field{{Name: "code", Label: "Code", Type: "text", Autocomplete: "one-time-code", Required: true, Focus: true, Invalid: problem != ""}},
		Links:       []link{{"/sign-in", "Start again"}},
	})
}

func (s *Server) postFactorTwo(c *call) reply {
	si := s.underWay(c)
	if si == nil || si.First.Status != "verified" {
		return s.showSignIn(c, http.StatusUnprocessableEntity, "", outOfDate)
	}
	if !s.trustedForm(c) {
		return s.showFactorTwo(c, si, http.StatusForbidden, outOfDate)
	}
	code := strings.TrimSpace(c.form.Get("code"))
	for _, strategy := range s.offeredSeconds(si) {
		if done, err := s.signInStep(c, "attempt_second_factor", si.ID, wire.Doc{"strategy": strategy, "code": code}); err == nil {
			return s.goOn(c, done)
		}
	}
	return s.showFactorTwo(c, si, http.StatusUnprocessableEntity, "The code is not right.")
}

// pageReset begins to replace a forgotten password.
func (s *Server) pageReset(c *call) reply {
	if _, rep, fine := s.back(c); !fine {
		return rep
	}
	return s.showReset(c, http.StatusOK, "", "")
}

func (s *Server) showReset(c *call, status int, identifier, problem string) reply {
	return s.show(c, status, page{
		Title: "Forgot your password?", Lead: "You will get a code to choose a new one.", Error: problem, Action: "/sign-in/reset", Button: "Send the code",
		RedirectURL: c.returnAddress(),
		Fields:      []field{{Name: "identifier", Label: "Email address or username", Type: "text", Value: identifier, Autocomplete: "username", Required: true, Focus: true, Invalid: problem != ""}},
		Links:       []link{{"/sign-in", "Sign in"}},
	})
}

func (s *Server) showNewPassword(c *call, si *store.SignIn, status int, wrongField, problem string) reply {
	fields := []field{{Name: "password", Label: "New password", Type: "password", Autocomplete: "new-password", Required: true}}
	if si.First.Status != "verified" {
		fields = slices.Insert(fields, 0, field{Name: "code", Label: "Code", Type: "text", Value: c.form.Get("code"), Autocomplete: "one-time-code", Required: true})
	}
	for i := range fields {
		fields[i].Invalid = fields[i].Name == wrongField
		fields[i].Focus = fields[i].Invalid || wrongField == "" && i == 0
	}
	return s.show(c, status, page{
		Title: "Choose a new password", Lead: "Enter the code that was sent to " + si.First.Target + ".", Error: problem, Action: "/sign-in/reset", Button: "Continue",
		RedirectURL: c.returnAddress(), Fields: fields, Links: []link{{"/sign-in/reset", "Send another code"}},
	})
}

func (s *Server) postReset(c *call) reply {
	identifier, choosing := strings.TrimSpace(c.form.Get("identifier")), c.form.Has("password")
	si := s.underWay(c)
	switch {
	case choosing && (si == nil || !strings.HasPrefix(si.First.Strategy, "reset_password_")):
		return s.showReset(c, http.StatusUnprocessableEntity, "", outOfDate)
	case !s.trustedForm(c) && choosing:
		return s.showNewPassword(c, si, http.StatusForbidden, "code", outOfDate)
	case !s.trustedForm(c):
		return s.showReset(c, http.StatusForbidden, identifier, outOfDate)
	case choosing:
		return s.choosePassword(c, si)
	}
	si, err := s.signInStep(c, "", "", wire.Doc{"identifier": identifier})
	if err == nil {
		for _, strategy := range []string{"reset_password_email_code", "reset_password_phone_code"} {
			if _, err = s.signInStep(c, "prepare_first_factor", si.ID, wire.Doc{"strategy": strategy}); err == nil {
				return s.showNewPassword(c, si, http.StatusOK, "", "")
			}
		}
	}
	return s.showReset(c, http.StatusUnprocessableEntity, identifier, "There is no account of that name with a password and an address for the code.")
}

func (s *Server) choosePassword(c *call, si *store.SignIn) reply {
	if si.First.Status != "verified" {
		given := wire.Doc{"strategy": si.First.Strategy, "code": strings.TrimSpace(c.form.Get("code"))}
		if _, err := s.signInStep(c, "attempt_first_factor", si.ID, given); err != nil {
			return s.showNewPassword(c, si, http.StatusUnprocessableEntity, "code", problemOf(err))
		}
	}
	done, err := s.signInStep(c, "reset_password", si.ID, wire.Doc{"password": c.form.Get("password")})
	if err != nil {
		return s.showNewPassword(c, si, http.StatusUnprocessableEntity, "password", problemOf(err))
	}
	return s.goOn(c, done)
}

// problemOf is what a refusal says to people.
func problemOf(err error) string {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

func (s *Server) pageSignUp(c *call) reply {
	if _, rep, fine := s.back(c); !fine {
		return rep
	}
	if err := s.state.MayStart(c.ticket()); err != nil {
		return s.show(c, http.StatusForbidden, page{Title: "Sign-ups are closed", Lead: problemOf(err), Links: []link{{"/sign-in", "I have an account"}}})
	}
	return s.showSignUp(c, http.StatusOK, "", "")
}

// signUpFields are those of the page, in its order.
var signUpFields = []field{
	{Name: "first_name", Label: "First name", Type: "text", Autocomplete: "given-name"},
	{Name: "last_name", Label: "Last name", Type: "text", Autocomplete: "family-name"},
	{Name: "username", Label: "Username", Type: "text", Autocomplete: "username"},
	{Name: "email_address", Label: "Email address", Type: "email", Autocomplete: "email"},
	{Name: "phone_number", Label: "Phone number", Type: "tel", Autocomplete: "tel"},
	{Name: "password", Label: "Password", Type: "password", Autocomplete: "new-password"},
}

func (s *Server) showSignUp(c *call, status int, wrongField, problem string) reply {
	fields := make([]field, 0, len(signUpFields))
	a, invited := s.state.Auth(), ""
	if email, _ := s.state.InvitationOf(c.ticket()); email != nil {
		invited = *email
	}
	for _, f := range signUpFields {
		f.Required = slices.Contains(a.Required, f.Name)
		switch {
		case f.Name == "email_address" && invited != "", !f.Required && !slices.Contains(a.Optional, f.Name):
			continue // The invitation says it, or it is not asked for.
		case !f.Required:
			f.Label += " (optional)"
		}
		if f.Type != "password" {
			f.Value = c.form.Get(f.Name)
		}
		f.Invalid = f.Name == wrongField
		f.Focus = f.Invalid || wrongField == "" && len(fields) == 0
		fields = append(fields, f)
	}
	lead := "It exists in this test instance only."
	if invited != "" {
		lead = "For " + invited + ", who is invited."
	}
	return s.show(c, status, page{
		Title: "Create an account", Lead: lead, Error: problem, Action: "/sign-up", Button: "Create account",
		RedirectURL: c.returnAddress(), Fields: fields,
		Links: []link{{"/sign-in", "I have an account"}},
	})
}

// postSignUp does what a script does, codes included: they are always the same.
func (s *Server) postSignUp(c *call) reply {
	if !s.trustedForm(c) {
		return s.showSignUp(c, http.StatusForbidden, "email_address", outOfDate)
	}
	target, rep, fine := s.back(c)
	if !fine {
		return rep
	}
	given := wire.Doc{}
	for _, f := range signUpFields {
		if value := c.form.Get(f.Name); value != "" {
			if f.Type != "password" {
				value = strings.TrimSpace(value)
			}
			given[f.Name] = value
		}
	}
	if ticket := c.ticket(); ticket != "" {
		given["strategy"], given["ticket"] = "ticket", ticket
		delete(given, "email_address")
	}
	id, err := s.step(c, frontendapi.SignUpStep(""), "", given)
	for _, field := range []string{"email_address", "phone_number"} {
		if err == nil {
			err = s.verifySignUp(c, id, field)
		}
	}
	if err == nil {
		if missing, _ := s.state.Lacks(s.state.SignUps.Get(id)); len(missing) > 0 {
			err = wire.Missing(missing[0])
		}
	}
	if err != nil {
		param := "email_address"
		if e, ok := errors.AsType[*wire.Error](err); ok && e.Param != "" {
			param = e.Param
		}
		return s.showSignUp(c, http.StatusUnprocessableEntity, param, problemOf(err))
	}
	return s.sendBack(c, target)
}

// verifySignUp verifies an address or a number of a sign-up, if it is to be.
func (s *Server) verifySignUp(c *call, id, field string) error {
	if _, unverified := s.state.Lacks(s.state.SignUps.Get(id)); !slices.Contains(unverified, field) {
		return nil
	}
	strategy := map[string]string{"email_address": "email_code", "phone_number": "phone_code"}[field]
	if _, err := s.step(c, frontendapi.SignUpStep("prepare_verification"), id, wire.Doc{"strategy": strategy}); err != nil {
		return err
	}
	_, err := s.step(c, frontendapi.SignUpStep("attempt_verification"), id, wire.Doc{"strategy": strategy, "code": SignInCode})
	return err
}
