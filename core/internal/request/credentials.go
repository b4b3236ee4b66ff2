package request

// The headers that say who makes a request, in canonical form.
const (
	HeaderAuthorization = "Authorization"
	HeaderCookie        = "Cookie"
)

// Credentials are the headers that say who makes a request. Each is looked up when it is
// first asked for, and then no more: most requests lack one of them, and to be sure of
// that takes a look at the names of all headers. The zero value is ready for [Credentials.Of].
// Not safe for concurrent use.
type Credentials struct {
	request               Request
	authorization, cookie header
}

// header is what was found of one.
type header struct {
	values []string
	known  bool
}

// Of makes c the credentials of r.
func (c *Credentials) Of(r Request) *Credentials {
	*c = Credentials{request: r}
	return c
}

// Authorization returns the values of the Authorization headers.
func (c *Credentials) Authorization() []string {
	if !c.authorization.known {
		c.look(&c.authorization, HeaderAuthorization)
	}
	return c.authorization.values
}

// Cookie returns the values of the Cookie headers.
func (c *Credentials) Cookie() []string {
	if !c.cookie.known {
		c.look(&c.cookie, HeaderCookie)
	}
	return c.cookie.values
}

// LookedForCookies reports whether anything may depend on the Cookie headers: they were looked up.
func (c *Credentials) LookedForCookies() bool { return c.cookie.known }

func (c *Credentials) look(into *header, name string) {
	h, ok := c.request.(HTTP)
	if !ok {
		*into = header{c.request.Header(name), true}
		return
	}
	if found := h.R.Header[name]; len(found) > 0 {
		*into = header{found, true}
		return
	}
	// Other spellings: one pass over all names serves both.
	var authorization, cookie bool
	for kept := range h.R.Header {
		authorization = authorization || isSpelling(kept, HeaderAuthorization)
		cookie = cookie || isSpelling(kept, HeaderCookie)
	}
	c.settle(&c.authorization, h, HeaderAuthorization, authorization)
	c.settle(&c.cookie, h, HeaderCookie, cookie)
}

// settle records a header of which it is known whether it is there in any spelling.
func (c *Credentials) settle(into *header, h HTTP, name string, exists bool) {
	switch {
	case into.known:
	case exists:
		*into = header{h.values(name), true}
	default:
		*into = header{nil, true}
	}
}
