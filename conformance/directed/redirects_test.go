package directed_test

import (
	"testing"

	"github.com/clerkgo/clerkgo/conformance/directed"
	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// redirecting is a case of a stranger whose redirects are asked for.
func redirecting(i *directed.Instance, family string, how func(*protocol.Case)) *protocol.Case {
	c := i.Case(family)
	c.Redirect = new(protocol.Redirect)
	how(c)
	return c
}

// redirected checks where the redirects lead.
func redirected(signIn, signUp string) func(*testing.T, *protocol.Answer) {
	return func(t *testing.T, a *protocol.Answer) {
		t.Helper()
		if got := textOf(a.RedirectToSignIn); got != signIn {
			t.Errorf("the sign-in page is %q, want %q", got, signIn)
		}
		if got := textOf(a.RedirectToSignUp); got != signUp {
			t.Errorf("the sign-up page is %q, want %q", got, signUp)
		}
	}
}

// pending is a case of a session with tasks, and of pages with a query, a fragment and a slash at
// the end.
func pending(i *directed.Instance, family string) *protocol.Case {
	c := i.Case(family, "Authorization", "Bearer "+i.Session(nil, members{"sts": "pending"}))
	c.Redirect = new(protocol.Redirect)
	c.Options.SignInURL, c.Options.SignUpURL = "/si/?x=1#h", "https://other.example.com/su/?redirect_url=old"
	return c
}

var pendingRedirects = redirected(
	"https://app.example.com/si/tasks?x=1&redirect_url=https%3A%2F%2Fapp.example.com%2Fdashboard#h",
	"https://other.example.com/su/tasks?redirect_url=https%3A%2F%2Fapp.example.com%2Fdashboard",
)
