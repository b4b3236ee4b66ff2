package engine

import (
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

var errFrontendAPI = &Fault{Message: "the Frontend API's address is not a URL: check Options.ProxyURL (CLERK_PROXY_URL) and Options.Domain (CLERK_DOMAIN)"}

// frontendAPI is the Frontend API for this request. A relative proxy URL belongs
// to the request's own origin.
func (a *Authentication) frontendAPI() FrontendAPI {
	if proxy := a.engine.ProxyURL(a.request); strings.HasPrefix(proxy, "/") {
		return NewFrontendAPI(a.publicURL().Origin() + proxy)
	}
	return a.engine.FrontendAPI
}

// FrontendAPI is what follows from the address of a Frontend API.
type FrontendAPI struct {
	handshake      weburl.URL // the handshake endpoint
	handshakeErr   error
	Host           string // "" where the address is not a URL
	AccountsOrigin string // of the Account Portal, "" where there is none
}

// NewFrontendAPI parses an address: a URL, or a host.
func NewFrontendAPI(address string) FrontendAPI {
	f := FrontendAPI{Host: address, handshakeErr: errFrontendAPI}
	base := address
	if !strings.HasPrefix(base, "http") {
		base = "https://" + base
	} else if u, err := weburl.Parse(base); err == nil {
		f.Host = u.Hostname()
	} else {
		f.Host = ""
	}
	if u, err := weburl.Parse(strings.TrimRight(base, "/") + "/"); err == nil {
		if u, err := u.Resolve("v1/client/handshake"); err == nil {
			f.handshake, f.handshakeErr = u, nil
		}
	}
	if u, err := weburl.Parse(clerkkey.AccountsURL(address)); err == nil {
		f.AccountsOrigin = u.Origin()
	}
	return f
}
