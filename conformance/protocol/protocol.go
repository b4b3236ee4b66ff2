// Package protocol holds the JSON-lines language of the conformance suite: the cases that go to
// both implementations, and the answers that come back and are compared.
//
// The types marshal deterministically: the same value is always the same line.
package protocol

import "encoding/json"

// Case is one request with everything that its outcome depends on.
type Case struct {
	// ID is unique. It ends in the name of the case's family.
	ID string `json:"id"`
	// Now is the clock of the whole case, in Unix milliseconds.
	Now     int64   `json:"now"`
	Request Request `json:"request"`
	Options Options `json:"options"`
	// Backend holds the canned answers of the Backend API. An endpoint without one answers 404.
	Backend *Backend `json:"backend,omitempty"`
	// Has lists authorization queries. Each is a JSON object.
	Has []json.RawMessage `json:"has,omitempty"`
	// Redirect asks for the sign-in and sign-up redirects too.
	Redirect *Redirect         `json:"redirect,omitempty"`
	Env      map[string]string `json:"env,omitempty"`
	// Route is for adapter mode only.
	Route *Route `json:"route,omitempty"`
}

// Request is the request as a server received it.
type Request struct {
	Method string `json:"method"`
	// URL is absolute.
	URL string `json:"url"`
	// Headers are name and value pairs in order. In values each code point stands for one byte.
	Headers [][2]string `json:"headers"`
}

// Options are the options of the case. A nil pointer, an empty list and an empty string that the
// type can express only by absence mean that the option is not set.
type Options struct {
	PublishableKey    *string         `json:"publishableKey,omitempty"`
	SecretKey         *string         `json:"secretKey,omitempty"`
	MachineSecretKey  *string         `json:"machineSecretKey,omitempty"`
	JWTKey            *string         `json:"jwtKey,omitempty"`
	Audience          json.RawMessage `json:"audience,omitempty"`
	AuthorizedParties []string        `json:"authorizedParties,omitempty"`
	// Issuer is a JSON string or a list of strings.
	Issuer json.RawMessage `json:"issuer,omitempty"`
	// ClockSkew is in milliseconds; nil is the default and zero means zero.
	ClockSkew         *float64          `json:"clockSkewInMs,omitempty"`
	Domain            string            `json:"domain,omitempty"`
	IsSatellite       *bool             `json:"isSatellite,omitempty"`
	SatelliteAutoSync *bool             `json:"satelliteAutoSync,omitempty"`
	ProxyURL          string            `json:"proxyUrl,omitempty"`
	SignInURL         string            `json:"signInUrl,omitempty"`
	SignUpURL         string            `json:"signUpUrl,omitempty"`
	OrganizationSync  *OrganizationSync `json:"organizationSyncOptions,omitempty"`
	// AcceptsToken is a JSON string or a list of strings.
	AcceptsToken json.RawMessage `json:"acceptsToken,omitempty"`
	// APIURL is a path that is appended to the address of the canned Backend API.
	APIURL     string `json:"apiUrl,omitempty"`
	APIVersion string `json:"apiVersion,omitempty"`
}

// OrganizationSync lists the patterns that activate an organization or the personal account. A nil
// list is absent and not the same as an empty one.
type OrganizationSync struct {
	OrganizationPatterns    []string `json:"organizationPatterns,omitzero"`
	PersonalAccountPatterns []string `json:"personalAccountPatterns,omitzero"`
}

// Backend maps endpoints to replies. A nil reply is a 404.
type Backend struct {
	JWKS *Reply `json:"jwks,omitempty"`
	// HandshakePayload maps nonces to replies.
	HandshakePayload map[string]*Reply `json:"handshake_payload,omitempty"`
	Refresh          *Reply            `json:"refresh,omitempty"`
	M2M              *Reply            `json:"m2m,omitempty"`
	OAuth            *Reply            `json:"oauth,omitempty"`
	APIKeys          *Reply            `json:"api_keys,omitempty"`
}

// Reply is a canned answer of the Backend API.
type Reply struct {
	// Status is 200 when it is zero.
	Status      int             `json:"status,omitempty"`
	JSON        json.RawMessage `json:"json,omitempty"`
	Text        string          `json:"text,omitempty"`
	ContentType string          `json:"contentType,omitempty"`
	// NetworkError closes the connection without an answer.
	NetworkError bool `json:"networkError,omitempty"`
}

// Redirect asks for redirects. ReturnBackURL is a JSON string or null; empty is absent.
type Redirect struct {
	ReturnBackURL json.RawMessage `json:"returnBackUrl,omitempty"`
}

// Route describes the route of an adapter-mode case.
type Route struct {
	// Protect is nil for a route without protection.
	Protect *Protect `json:"protect,omitempty"`
}

// Protect is what a route of an adapter-mode case demands. The zero value demands authentication
// only.
type Protect struct {
	Role               string          `json:"role,omitempty"`
	Permission         string          `json:"permission,omitempty"`
	Feature            string          `json:"feature,omitempty"`
	Plan               string          `json:"plan,omitempty"`
	Reverification     json.RawMessage `json:"reverification,omitempty"`
	Tokens             []string        `json:"tokens,omitempty"`
	UnauthorizedURL    string          `json:"unauthorizedUrl,omitempty"`
	UnauthenticatedURL string          `json:"unauthenticatedUrl,omitempty"`
}

// Answer is what an implementation makes of a case. The compared members come first.
type Answer struct {
	ID string `json:"id"`
	// Status is signed-in, signed-out, handshake or error.
	Status           string          `json:"status"`
	Reason           *string         `json:"reason"`
	Message          *string         `json:"message"`
	Headers          [][2]string     `json:"headers"`
	TokenType        *string         `json:"tokenType"`
	Auth             json.RawMessage `json:"auth"`
	Has              []bool          `json:"has"`
	RedirectToSignIn *string         `json:"redirectToSignIn"`
	RedirectToSignUp *string         `json:"redirectToSignUp"`
	Error            *string         `json:"error"`
	BackendCalls     []string        `json:"backendCalls"`
	// Act is the chain of actors of an OAuth access token, which the Auth object of the reference
	// does not show.
	Act json.RawMessage `json:"act,omitempty"`

	Token       *string         `json:"token,omitempty"`
	ClerkURL    string          `json:"clerkUrl,omitempty"`
	AuthPending json.RawMessage `json:"authPending,omitempty"`
	AuthError   string          `json:"authError,omitempty"`
}

// Null is JSON null, for the members that distinguish it from absence.
const Null = "null"

// UnmarshalJSON accepts the replies of nonces both as one object and as members named
// "handshake_payload.<nonce>".
func (b *Backend) UnmarshalJSON(data []byte) error {
	type plain Backend
	if err := json.Unmarshal(data, (*plain)(b)); err != nil {
		return err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	const prefix = "handshake_payload."
	for key, raw := range members {
		if len(key) <= len(prefix) || key[:len(prefix)] != prefix {
			continue
		}
		reply := new(Reply)
		if err := json.Unmarshal(raw, reply); err != nil {
			return err
		}
		if b.HandshakePayload == nil {
			b.HandshakePayload = make(map[string]*Reply)
		}
		b.HandshakePayload[key[len(prefix):]] = reply
	}
	return nil
}

// PatternCase is a case of pattern mode.
type PatternCase struct {
	ID       string   `json:"id"`
	Patterns []string `json:"patterns"`
	Path     string   `json:"path"`
}

// PatternAnswer is the answer to a [PatternCase].
type PatternAnswer struct {
	ID           string        `json:"id"`
	RouteMatcher PatternResult `json:"routeMatcher"`
	Match        PatternResult `json:"match"`
}

// PatternResult says whether a path matched, or why that could not be said.
type PatternResult struct {
	Matched bool `json:"matched"`
	// Params maps names to a string or a list of strings. It is null for a path that does not
	// match.
	Params json.RawMessage `json:"params,omitempty"`
	// Error is invalid-pattern or malformed-url.
	Error  string `json:"error,omitempty"`
	Detail string `json:"detail,omitempty"`
}
