package demo

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/url"

	"github.com/clerkgo/clerkgo/core"
)

//go:embed templates
var files embed.FS

// Site is what an example needs to know about its surroundings.
type Site struct {
	// Options say which Clerk the example runs against.
	Options core.Options
	// Templates are the pages: home, dashboard, admin and sign-out.
	Templates *template.Template

	framework string
	url       string // the example's own address
	signOut   string // the sign-out page of the built-in Clerk
	key       string // the real Clerk's publishable key
	script    string // and the address of its JavaScript
}

// Page is what the templates show.
type Page struct {
	Framework string // as people call it, such as Gin
	Current   string // the page's own name
	SignedIn  bool
	Admin     bool // an admin of the active organization
	Name      string
	Auth      *core.Auth

	PublishableKey, Script string // of the real Clerk
}

// Page returns what the template of that name shows to the one who asks.
func (s *Site) Page(name string, auth *core.Auth) Page {
	return Page{
		Framework:      s.framework,
		Current:        name,
		SignedIn:       auth.IsAuthenticated(),
		Admin:          auth.Has(core.Role("org:admin")),
		Name:           nameOf(auth),
		Auth:           auth,
		PublishableKey: s.key,
		Script:         s.script,
	}
}

// nameOf returns what to call a user: the claim name of the session token, if the
// instance adds one, or else the user's id.
func nameOf(auth *core.Auth) string {
	var claims struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(auth.Claims(), &claims) == nil && claims.Name != "" {
		return claims.Name
	}
	return auth.UserID
}

// SignOutURL returns the page that signs a browser out and sends it back here.
// It is empty for the real Clerk, which has no such page: there, Clerk's
// JavaScript signs out, as the template sign-out does.
func (s *Site) SignOutURL() string {
	if s.signOut == "" {
		return ""
	}
	return s.signOut + "?" + url.Values{"redirect_url": {s.url + "/"}}.Encode()
}
