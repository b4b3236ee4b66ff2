package demo

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// tenant is a customer with a Clerk instance, and a host, of its own.
type tenant struct {
	Name, URL, Key, Users string
	Current               bool
}

// tenants is what /tenants shows.
type tenants struct {
	List    []tenant
	Name    string // of the current one
	Private bool
}

// clerkOf returns the instance that serves a host: Initech's for initech.localhost, and
// Acme's for every other.
func (s *Site) clerkOf(host string) *clerktest.Server {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	if strings.EqualFold(name, "initech.localhost") {
		return s.second
	}
	return s.clerk
}

// Tenant returns the options of the instance that serves a host. It is looked up for each
// request; each distinct options are compiled once. With keys of your own there is one
// instance, and it serves every host.
func (s *Site) Tenant(host string) (core.Options, error) {
	if s.clerk == nil {
		return core.Options{PublishableKey: s.key, SecretKey: s.secret, Debug: true}, nil
	}
	o := s.clerkOf(host).Options()
	o.Debug = true
	return o, nil
}

// TenantBase is what the tenants' instances have in common.
func (s *Site) TenantBase() core.Options {
	return core.Options{Logger: s.Options.Logger, HTTPClient: s.Options.HTTPClient}
}

// Tenants shows which instance serves the host that was asked for.
func (s *Site) Tenants(v Visit) Answer {
	a := s.page(v, "tenants", "Tenants", nil)
	data := tenants{}
	if s.clerk != nil {
		_, port, err := net.SplitHostPort(strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			port = "80"
		}
		for _, one := range []tenant{
			{Name: "Acme", URL: "http://acme.localhost:" + port, Key: s.clerk.PublishableKey(), Users: "Ada, Grace, Alan and Charles"},
			{Name: "Initech", URL: "http://initech.localhost:" + port, Key: s.second.PublishableKey(), Users: "Peter"},
		} {
			one.Current = "http://"+strings.ToLower(v.Host) == one.URL
			if one.Current {
				data.Name = one.Name
			}
			data.List = append(data.List, one)
		}
	}
	a.Page.Data = data
	return a
}

// TenantPrivate is for signed-in users of the host's instance.
func (s *Site) TenantPrivate(v Visit) Answer {
	a := s.Tenants(v)
	if data, ok := a.Page.Data.(tenants); ok {
		data.Private = true
		a.Page.Data = data
	}
	return a
}

// TenantSignOut signs out of the host's instance.
func (s *Site) TenantSignOut(v Visit) Answer {
	if s.clerk == nil {
		return redirect("/sign-out")
	}
	back := (&url.URL{Scheme: "http", Host: strings.ToLower(v.Host), Path: "/tenants"}).String()
	a := redirect(s.clerkOf(v.Host).SignOutURL() + "?" + url.Values{"redirect_url": {back}}.Encode())
	a.Status = http.StatusSeeOther
	return a
}
