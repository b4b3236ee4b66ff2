package core

// Header is one header field of a response. Several fields may share a name.
type Header struct{ Name, Value string }

// Response headers that core writes.
const (
	headerLocation        = "Location"
	headerCacheControl    = "Cache-Control"
	headerVary            = "Vary"
	headerSetCookie       = "Set-Cookie"
	headerACAO            = "Access-Control-Allow-Origin"
	headerACAC            = "Access-Control-Allow-Credentials"
	headerAuthStatus      = "X-Clerk-Auth-Status"
	headerAuthReason      = "X-Clerk-Auth-Reason"
	headerAuthMessage     = "X-Clerk-Auth-Message"
	headerRedirectTo      = "X-Clerk-Redirect-To"
	headerRetryAfter      = "Retry-After"
	headerWWWAuthenticate = "WWW-Authenticate"
)

// Headers that carry an authentication from a gateway to the service behind it,
// as between Clerk's Next.js middleware and the application. They are believed
// only by [Forwarding.Accept].
const (
	headerAuthToken     = "X-Clerk-Auth-Token"
	headerAuthSignature = "X-Clerk-Auth-Signature"
	headerClerkURL      = "X-Clerk-Clerk-Url"
	headerRequestData   = "X-Clerk-Request-Data"
	headerDebug         = "X-Clerk-Debug"
)
