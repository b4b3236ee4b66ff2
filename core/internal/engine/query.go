package engine

import (
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// query returns the first value of a query parameter, "" where it is absent.
func (a *Authentication) query(name string) string {
	value, _ := a.lookupQuery(name)
	return value
}

func (a *Authentication) lookupQuery(name string) (string, bool) {
	target := a.request.Target()
	if strings.IndexByte(target, '?') < 0 {
		return "", false
	}
	_, query := request.SplitTarget(target)
	return weburl.QueryParam(query, name)
}

// Query parameters that Clerk's flows use.
const (
	QuerySynced           = "__clerk_synced"
	QueryRedirectURL      = "__clerk_redirect_url"
	QueryDevBrowser       = "__clerk_db_jwt"
	queryLegacyDevBrowser = "__dev_session"
	queryHandshake        = "__clerk_handshake"
	queryHandshakeNonce   = "__clerk_handshake_nonce"
	queryHandshakeHelp    = "__clerk_help"
)
