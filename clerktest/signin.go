package clerktest

import (
	"net/http"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/frontendapi"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// SignInCode is the code that every email and every text message of the instance
// would bring: none is sent, and this code is always right.
const SignInCode = store.Code

func signInRoutes() []route {
	return []route{
		{"GET /v1/tickets/accept", surfaceNavigate, (*Server).acceptTicket},
		{"GET /v1/verify", surfaceNavigate, (*Server).followLink},
		{"GET /oauth", surfaceNavigate, (*Server).pageProvider},
		{"POST /oauth", surfaceNavigate, (*Server).postProvider},
	}
}

// checkFactor checks the password or the code of a form.
func (s *Server) checkFactor(c *call, u *store.User) (reply, bool) {
	if err := frontendapi.CheckFactor(s.state, u, c.form.Get("strategy"), c.form.Get("password"), c.form.Get("code")); err != nil {
		return refusal(err), false
	}
	return reply{}, true
}

// acceptTicket is the link form of a ticket: on to the sign-in page, or to the
// application's own if it is named. That of an invitation leads to the sign-up page.
func (s *Server) acceptTicket(c *call) reply {
	token := c.query.Get("ticket")
	target, rep, fine := s.back(c)
	if !fine {
		return rep
	}
	status := "sign_in"
	if i, redirect := s.state.InvitationOf(token); i != nil {
		status = "sign_up"
		if s.state.UserByIdentifier(*i) != nil {
			status = "sign_in"
		}
		if target == nil && redirect != "" {
			target, _ = s.checkRedirect(redirect)
		}
		if target == nil {
			c.query.Set("__clerk_ticket", token)
			return reply{status: http.StatusSeeOther, location: c.carry("/" + strings.ReplaceAll(status, "_", "-"))}
		}
	}
	if target == nil {
		t, err := frontendapi.SignInWithTicket(s.state, s.needClient(c), &store.SignIn{}, token)
		if err != nil {
			return s.showSignIn(c, http.StatusUnprocessableEntity, "", "This link has been used or has expired.")
		}
		if t.RedirectURL != "" { // Of an agent's task; it was checked when that was made.
			target, _ = s.checkRedirect(t.RedirectURL)
		}
		return s.sendBack(c, target)
	}
	location := withParam(target, "__clerk_ticket", token)
	return reply{status: http.StatusSeeOther, location: location + "&__clerk_status=" + status}
}

// followLink is what the link of an email leads to.
func (s *Server) followLink(c *call) reply {
	redirect, sessionID := frontendapi.FollowLink(s.state, c.query.Get("token"))
	target, err := s.checkRedirect(redirect)
	if err != nil {
		return s.show(c, http.StatusUnprocessableEntity, page{Title: "This link is not good any more", Lead: "It has been used or has expired. Ask for another one."})
	}
	q := target.Query()
	q.Set("__clerk_status", "verified")
	if sessionID != "" {
		q.Set("__clerk_created_session", sessionID)
	}
	target.RawQuery = q.Encode()
	return reply{status: http.StatusSeeOther, location: target.String()}
}

// pageProvider is the page of every provider of OAuth: one says who one is.
func (s *Server) pageProvider(c *call) reply {
	v, found := frontendapi.VisitOf(s.state, c.query.Get("state"))
	if !found {
		return s.show(c, http.StatusUnprocessableEntity, page{Title: "This visit is over", Lead: "Go back to the application, and begin again."})
	}
	return s.showProvider(c, v, http.StatusOK, "")
}

func (s *Server) showProvider(c *call, v frontendapi.Visit, status int, problem string) reply {
	return s.show(c, status, page{
		Title: "Sign in with " + v.Provider(), Lead: "This page stands for the provider: it believes whoever you say you are.", Error: problem,
		Action: "/oauth?state=" + v.Token, Button: "Continue",
		Fields: []field{{Name: "email_address", Label: "Email address", Type: "email", Autocomplete: "email", Required: true, Focus: true, Invalid: problem != ""}},
	})
}

func (s *Server) postProvider(c *call) reply {
	v, found := frontendapi.VisitOf(s.state, c.query.Get("state"))
	if !found {
		return s.pageProvider(c)
	}
	if !s.trustedForm(c) {
		return s.showProvider(c, v, http.StatusForbidden, "This form is out of date. Please try again.")
	}
	email := strings.TrimSpace(c.form.Get("email_address"))
	if !strings.Contains(email, "@") {
		return s.showProvider(c, v, http.StatusUnprocessableEntity, "Please enter an email address.")
	}
	target, err := s.checkRedirect(v.Redirect)
	if err != nil {
		return s.showProvider(c, v, http.StatusUnprocessableEntity, "The application named no address to go back to, or one that is not allowed.")
	}
	if err := v.Return(email); err != nil {
		return s.showProvider(c, v, http.StatusForbidden, err.Error())
	}
	return reply{status: http.StatusSeeOther, location: target.String()}
}
