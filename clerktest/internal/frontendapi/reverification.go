package frontendapi

import (
	"net/http"
	"slices"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// reverifyAfter is for how long a session that has verified a factor may do what is sensitive.
const reverifyAfter = 10 * time.Minute

// sensitive are the endpoints that ask who somebody is again, if that is long ago. Scripts then ask for a factor and
// repeat the call.
var sensitive = []string{
	"DELETE /v1/me", "POST /v1/me/change_password", "POST /v1/me/remove_password",
	"POST /v1/me/email_addresses", "DELETE /v1/me/email_addresses/{id}", "POST /v1/me/phone_numbers", "DELETE /v1/me/phone_numbers/{id}",
	"POST /v1/me/totp", "DELETE /v1/me/totp", "POST /v1/me/backup_codes", "POST /v1/me/sessions/{id}/revoke",
	"POST /v1/me/external_accounts", "DELETE /v1/me/external_accounts/{id}",
}

// reverified wraps the sensitive ones of a list of endpoints.
func reverified(list []rest.Endpoint) []rest.Endpoint {
	for i, e := range list {
		if !slices.Contains(sensitive, e.Pattern) {
			continue
		}
		serve := e.Serve
		list[i].Serve = func(in *store.Instance, call *wire.Call) (any, error) {
			if sess := in.Sessions.Get(call.SessionID); sess != nil && sess.First.Add(reverifyAfter) < in.Now() {
				return nil, &wire.Error{
					Status: http.StatusForbidden, Code: "session_reverification_required",
					Message: "This needs a factor that was verified in the last ten minutes.",
				}
			}
			return serve(in, call)
		}
	}
	return list
}
