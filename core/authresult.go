package core

import (
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// authResult is what was found out about one request: the part that its [State] and the
// [Auth] in it have in common.
type authResult struct {
	status    engine.Status
	reason    reason.Reason
	tokenType TokenType
	session   *token.Token    // of a signed-in session, the presented or the refreshed one
	machine   *engine.Machine // of a signed-in machine
	why       *engine.Why     // of most requests that are not signed in; shared
	grace     *engine.Grace   // of a session that has expired and passes, because Clerk is down
	clerk     *Clerk
}

// token returns the token that signs the request in, or "".
func (f *authResult) token() string {
	switch {
	case f.session != nil:
		return f.session.Raw()
	case f.machine != nil:
		return f.machine.Token
	}
	return ""
}
