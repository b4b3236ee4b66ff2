// Package backendapi serves the Backend API: what an application's server may
// ask of an instance. Each family's file lists its endpoints, and has those that
// do more than package rest does by itself.
package backendapi

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
)

// Endpoints returns all endpoints of the Backend API.
func Endpoints() []rest.Endpoint {
	return slices.Concat(users(), organizations(), organizationRoles(), settings(), invitations(), tickets(), instance(),
		machines(), roleSets(), connections(), emails(), sessions())
}
