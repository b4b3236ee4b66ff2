// Package engine decides about requests: whether one is signed in, signed out, or has
// to make a handshake with Clerk. It reads cookies, headers and the query, in the
// order of the reference, and returns a [Verdict]. What is said to the client, and
// what a guard makes of it, is decided above.
package engine

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/revocations"
	"github.com/clerkgo/clerkgo/core/token"
)

// Config is what the engine knows of one instance. It is compiled once, and not
// changed.
type Config struct {
	Key     clerkkey.Publishable
	Cookies CookieNames
	// FrontendAPI is Clerk's address for browsers, where ProxyURL gives none.
	FrontendAPI FrontendAPI
	// Issuer is the host of the Frontend API that the key itself names.
	Issuer string
	// ProxyURL returns the Frontend API's address that the options give a request: a
	// URL, a path on the request's own origin, or "".
	ProxyURL func(request.Request) string

	Satellite         bool
	SatelliteAutoSync bool
	SignInURL         string

	Accepts Accepted
	// Audience are the accepted audiences of OAuth tokens; any where there are none.
	Audience []string
	// HasSecret and HasMachineSecret say that there are keys to ask Clerk with.
	HasSecret, HasMachineSecret bool

	Organizations   Organizations
	IgnoreForwarded bool

	Verifier *token.Verifier
	// ReadSession returns who the claims of a verified session token name. An error
	// means that they cannot be understood.
	ReadSession func(*token.Token) (Session, error)
	Now         func() time.Time
	Skew        time.Duration
	// Revocations are what Clerk has ended while tokens live on; nil means that nobody looks.
	Revocations *revocations.Memory
	// SubjectOf returns who a verified session token names.
	SubjectOf func(*token.Token) revocations.Subject
	// Grace is how long ago a session token may have expired that passes while Clerk is
	// down; not positive means that none passes.
	Grace time.Duration

	// Watched says that somebody wants to know of each token whether it was remembered.
	Watched bool
	// Clerk answers questions.
	Clerk Clerk
	// Log logs what may happen with every request, once a minute for each subject.
	Log func(ctx context.Context, level slog.Level, subject, message string, args ...any)
	// SecretKeyRefused and MissingAZP log that Clerk refuses the secret key, and that a
	// session cookie has no azp claim.
	SecretKeyRefused func(ctx context.Context, cause error)
	MissingAZP       func(ctx context.Context)
}

// Session is who the claims of a session token name.
type Session struct{ UserID, OrgID, OrgSlug string }

// Clerk answers questions about what a request presents.
type Clerk interface {
	// HandshakePayload redeems a nonce for the cookies of a handshake.
	HandshakePayload(ctx context.Context, r request.Request, nonce string) ([]string, error)
	// RefreshSession exchanges a refresh token for the cookies of a fresh session. No
	// list of cookies is [ErrNoCookies].
	RefreshSession(ctx context.Context, r request.Request, q Refresh) ([]string, error)
	// DescribeMachine returns Clerk's description of an opaque machine token. understood
	// says whether a description is of a token that is accepted; it is called once.
	DescribeMachine(ctx context.Context, r request.Request, kind TokenType, token string, understood func(body []byte) bool) ([]byte, error)
	// Reachable is nil unless it is known that a browser that is sent to the Frontend API
	// would find nobody there.
	Reachable(ctx context.Context) error
	// NoncesFail reports whether HandshakePayload is known to fail at present.
	NoncesFail() bool
	// Down reports whether nobody can get a fresh session at present, as far as is known.
	// renewing says that this request tried to, and got no answer.
	Down(ctx context.Context, renewing bool) bool
	// KnownDown is Down as far as is known, without asking.
	KnownDown() bool
	// Failure describes an error of the questions above, or of the verifier's keys. ok
	// is false for one that says nothing about a call.
	Failure(err error) (f Failure, ok bool)
}

// Failure is a failed call to Clerk.
type Failure struct {
	Answer  Answer
	Status  int    // of the answer, 0 without one
	Code    string // of the first error that the answer lists
	Message string // its message
	Listed  int    // how many errors the answer lists
	// Unasked says that Clerk was not asked, because too many questions were.
	Unasked bool
}

// Refresh is what Clerk is told to refresh a session.
type Refresh struct {
	SessionID    string
	Suffixed     bool
	ExpiredToken string
	RefreshToken string
	Origin       string
}

// TokenType is the kind of a credential, spelled as Clerk spells it.
type TokenType string

// The token types.
const (
	SessionToken TokenType = "session_token"
	APIKey       TokenType = "api_key"
	M2MToken     TokenType = "m2m_token"
	OAuthToken   TokenType = "oauth_token"
)

// Accepted says which token types are accepted: one, those of a list, or any.
type Accepted struct {
	One  TokenType   // "" for a list and for any
	List []TokenType // nil for any
}

// refuses reports whether a list leaves a type out.
func (a Accepted) refuses(t TokenType) bool {
	return a.One == "" && a.List != nil && !slices.Contains(a.List, t)
}

// Engine decides about the requests of one instance. Safe for concurrent use.
type Engine struct{ Config }

// New returns an engine.
func New(c Config) *Engine { return &Engine{c} }

// Authentication is the work on one request. Its methods follow the reference's order
// of decisions, one for each step or flow.
type Authentication struct {
	engine  *Engine
	ctx     context.Context //nolint:containedctx // lives as long as one request's authentication
	request request.Request
	method  string

	credentials request.Credentials

	headerToken string

	suffixed       bool // the suffixed cookies count, not the bare ones
	sessionCookie  string
	refreshCookie  string
	clientUAT      float64
	devBrowser     string
	handshakeToken string
	handshakeNonce string
	loopCounter    float64
	handshakeFault error // why what a handshake brought back was not taken
	sessionRefused bool  // Clerk did not refresh the session

	remembered bool // the signature of the token was known
	memory     memory
}

// Begin reads what every path needs of a request. ctx bounds the calls to Clerk.
func (e *Engine) Begin(ctx context.Context, r request.Request, a *Authentication) {
	a.engine, a.ctx, a.request, a.method = e, ctx, r, r.Method()
	a.credentials.Of(r)
	a.headerToken = AuthorizationToken(request.Join(a.credentials.Authorization(), ", "))
}

// Credentials are those of the request, as far as they were read.
func (a *Authentication) Credentials() *request.Credentials { return &a.credentials }

// BeginMachine is [Engine.Begin] for a request of which the token is known.
func (e *Engine) BeginMachine(ctx context.Context, r request.Request, token string, a *Authentication) {
	a.engine, a.ctx, a.request, a.headerToken = e, ctx, r, token
	a.credentials.Of(r)
}

// Remembered reports whether the signature of the token that decided was known to be valid. It
// is false unless [Config].Watched is set.
func (a *Authentication) Remembered() bool { return a.remembered }

// watch notes whether a token that is about to be verified is remembered.
func (a *Authentication) watch(t *token.Token) {
	if a.engine.Watched {
		a.remembered = a.engine.Verifier.Remembers(t)
	}
}

// HeaderToken returns the token of the Authorization header, or "".
func (a *Authentication) HeaderToken() string { return a.headerToken }

// IsBearer reports whether the token of the Authorization header alone made v.
func (a *Authentication) IsBearer(v *token.Token) bool { return v != nil && v == a.memory.header }

// AuthorizationToken returns the token of an Authorization header. The scheme is
// case-sensitive; a value without a scheme is a token.
func AuthorizationToken(value string) string {
	if rest, ok := strings.CutPrefix(value, "Bearer "); ok && len(rest) > token.MaxLength && rest[0] != ' ' {
		return rest // Too long, wherever it ends: it is not searched.
	}
	scheme, rest, found := cutSpace(value)
	if !found {
		return scheme
	}
	tok, _, _ := cutSpace(rest)
	switch {
	case tok == "":
		return scheme
	case scheme == "Bearer":
		return tok
	}
	return ""
}

// cutSpace cuts s at its first space. It looks no further than where a token is
// too long anyway.
func cutSpace(s string) (before, after string, found bool) {
	i := strings.IndexByte(s[:min(len(s), token.MaxLength+1)], ' ')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
