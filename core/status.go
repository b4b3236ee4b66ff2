package core

// Status is the outcome of authenticating a request.
type Status string

// The statuses of a [State].
const (
	// StatusSignedIn means that the request carries a valid credential.
	StatusSignedIn Status = "signed-in"
	// StatusSignedOut means that it carries none, or one that is not valid.
	StatusSignedOut Status = "signed-out"
	// StatusHandshake means that only Clerk can tell: the browser is redirected.
	StatusHandshake Status = "handshake"
)
