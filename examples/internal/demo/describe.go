package demo

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

const day = 24 * time.Hour

// Describe tells a person what runs here and what to try.
func (d *Demo) Describe(out io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  clerkgo with %s\n", d.framework)
	section(&b, "Open",
		d.URL+"/            who you are and what you may do, for everybody",
		d.URL+"/dashboard   for signed-in users",
		d.URL+"/admin       for admins",
		d.URL+"/api/me      the same as JSON, for signed-in users",
		"and from there the tour: /orgs /tokens /machines /step-up /tenants /webhooks /break")
	if d.Clerk != nil {
		section(&b, "Clerk",
			"built in, at "+d.Clerk.URL(),
			"For your own instance, set "+publishableKey+" and "+secretKey+".")
	} else {
		section(&b, "Clerk", "the real one: the instance that "+publishableKey+" names")
	}
	if d.Clerk == nil {
		section(&b, "Sign in", "with a user of your instance; new ones can sign up")
	} else {
		lines := make([]string, 0, len(accounts()))
		for _, a := range accounts() {
			lines = append(lines, fmt.Sprintf("%-19s  password %-16s  %s, %s", a.user.Email, a.password, a.name(), a.about))
		}
		section(&b, "Sign in", lines...)
	}
	d.describeCalls(&b)
	b.WriteString("\n  Ctrl-C stops it. From here on, a line for each request: what it was taken for.\n\n")
	_, _ = io.WriteString(out, b.String()) // A closed terminal stops the program in its own way.
}

func (d *Demo) describeCalls(b *strings.Builder) {
	section(b, "Try")
	call := func(command, answer string) { fmt.Fprintf(b, "\n    %s\n    # %s\n", command, answer) }
	if d.Clerk != nil {
		fmt.Fprintf(b, "\n    # Ada's token and Grace's, good for a day: paste both lines.\n    export TOKEN=%s\n    export MEMBER_TOKEN=%s\n", d.token("user_ada"), d.token("user_grace"))
	}
	call("curl -i "+d.URL+"/dashboard", "404: signed out, and no browser that could sign in")
	call("curl -i -H 'Sec-Fetch-Dest: document' "+d.URL+"/dashboard", "307: a browser goes to Clerk, and from there to the sign-in page")
	if d.Clerk == nil {
		call("curl -i "+d.URL+`/api/me -H "Authorization: Bearer $TOKEN"`, "200 with a session token of your instance in TOKEN")
		return
	}
	call("curl -sL -b '' -H 'Sec-Fetch-Dest: document' "+d.URL+"/dashboard", "the sign-in page, as a browser with cookies gets there")
	call("curl -i "+d.URL+`/api/me -H "Authorization: Bearer $TOKEN"`, "200 and user_ada; /admin answers 200 to it, too")
	call("curl -i "+d.URL+`/admin -H "Authorization: Bearer $MEMBER_TOKEN"`, "404: Grace is signed in, but no admin")
}

// token mints a bearer token that lives a day.
func (d *Demo) token(user string) string {
	return d.Clerk.SessionToken(user, clerktest.InOrganization("org_acme"), clerktest.Lifetime(day))
}

// section writes a heading with lines beside and below it.
func section(b *strings.Builder, heading string, lines ...string) {
	b.WriteString("\n")
	if len(lines) == 0 {
		fmt.Fprintf(b, "  %s\n", heading)
	}
	for _, line := range lines {
		fmt.Fprintf(b, "  %-8s  %s\n", heading, line)
		heading = ""
	}
}
