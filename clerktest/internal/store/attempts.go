package store

// SignIn is an attempt to sign in that a browser has under way.
type SignIn struct {
	Record

	UserID     string
	Identifier string
	Status     string
	Prepared   bool
	SessionID  string
}

// SignUp is a registration that a browser has under way.
type SignUp struct {
	Record

	Status, Email, Password       string
	Username, FirstName, LastName string
	Verified                      bool
	SessionID, UserID             string
}
