// Package frontendapi serves the part of the Frontend API that is about resources:
// what the scripts of a signed-in browser may ask about its user, and about the
// organizations of that. Each family's file lists its endpoints. Who may write
// which field stands in the descriptions of package store.
package frontendapi

import (
	"net/http"
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Endpoints returns the endpoints of this package. Their answers are put into the
// envelope that carries the browser's state.
func Endpoints() []rest.Endpoint {
	return reverified(slices.Concat(signIns(), signUps(), me(), identifications(), joining(), organizations()))
}

// caller is the user who calls.
func caller(in *store.Instance, call *wire.Call) (*store.User, error) {
	if u := in.Users.Get(call.UserID); u != nil {
		return u, nil
	}
	return nil, &wire.Error{Status: http.StatusUnauthorized, Code: "authentication_invalid", Message: "Nobody is signed in."}
}

// place finds the organization that the path names, in which the caller must be a
// member; for another method than GET, one with a permission.
func place(in *store.Instance, call *wire.Call, permission string) (*store.Organization, *store.Membership, error) {
	o := in.Organizations.Get(call.Param("organization"))
	var m *store.Membership
	if o != nil {
		m = o.Member(call.UserID)
	}
	if m == nil {
		return nil, nil, &wire.Error{
			Status: http.StatusNotFound, Code: "organization_not_found_or_unauthorized",
			Message: "The organization does not exist, or the user is no member of it.",
		}
	}
	if call.Method != http.MethodGet && permission != "" && !slices.Contains(in.PermissionsOf(m), permission) {
		return nil, nil, &wire.Error{Status: http.StatusForbidden, Code: "missing_permission", Message: "This needs the permission " + permission + "."}
	}
	return o, m, nil
}
