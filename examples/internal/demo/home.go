package demo

import (
	"strings"

	"github.com/clerkgo/clerkgo/core"
)

// asked is a line of the table on the home page: what Has answers to a requirement.
type asked struct {
	What, Code, Why string
	Yes             bool
}

// question is what the home page asks.
type question struct {
	what, code, why string
	requirement     core.Requirement
}

func questions() []question {
	return []question{
		{
			"Role in the organization", `auth.Has(core.Role("org:admin"))`,
			"the role in the active organization", core.Role("org:admin"),
		},
		{
			"Role in metadata", `auth.Has(core.MetadataRole("admin"))`,
			"the role in the user's public metadata", core.MetadataRole("admin"),
		},
		{
			"Permission", `auth.Has(core.Permission("org:projects:create"))`,
			"a permission of that role", core.Permission("org:projects:create"),
		},
		{
			"Feature", `auth.Has(core.Feature("reports"))`,
			"a feature of the user's or the organization's plan", core.Feature("reports"),
		},
		{
			"Plan", `auth.Has(core.Plan("user:pro"))`,
			"the user's own subscription", core.Plan("user:pro"),
		},
		{
			"Reverification", `auth.Has(core.Reverification(core.Strict))`,
			"proof of who it is within the last ten minutes", core.Reverification(core.Strict),
		},
		{
			"One of several", `auth.Has(core.AnyOf(core.Role("org:admin"), core.Plan("org:free")))`,
			"either of them", core.AnyOf(core.Role("org:admin"), core.Plan("org:free")),
		},
	}
}

// home is what the home page shows.
type home struct {
	Call   string // of the adapter
	Asked  []asked
	Orgs   []choice
	People []account
}

// Home is open to everybody: who is asking, and what they may do.
func (s *Site) Home(v Visit) Answer {
	data := home{Call: "auth := " + s.adapter() + ".Auth(" + s.argument() + ")"}
	for _, q := range questions() {
		data.Asked = append(data.Asked, asked{What: q.what, Code: q.code, Why: q.why, Yes: v.Auth.Has(q.requirement)})
	}
	if !v.Auth.IsAuthenticated() {
		return s.page(v, "home", "Acme, a tour of clerkgo", data)
	}
	return s.page(v, "home", "Home", data)
}

// Dashboard is for signed-in users.
func (s *Site) Dashboard(v Visit) Answer {
	return s.page(v, "dashboard", "Dashboard", s.projects.of(owner(v.Auth)))
}

// adapter is the package that serves this framework.
func (s *Site) adapter() string {
	switch strings.ToLower(s.framework) {
	case "gin":
		return "ginclerk"
	case "echo":
		return "echoclerk"
	case "echo v5":
		return "echo5clerk"
	case "fiber":
		return "fiberclerk"
	case "fiber v3":
		return "fiber3clerk"
	}
	return "httpclerk"
}

// argument is what its functions take.
func (s *Site) argument() string {
	if s.adapter() == "httpclerk" {
		return "r"
	}
	return "c"
}
