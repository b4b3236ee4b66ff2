package core

import (
	"log/slog"
	"net/http"
	"time"
)

// Options configures one Clerk instance. Its fields carry the documented names
// of clerkMiddleware()'s options. The zero value takes everything from the
// environment, which is enough for most applications.
//
// An empty field means "not set": the value then comes from the environment
// variable CLERK_X, then from NEXT_PUBLIC_CLERK_X, then from the documented
// default. The variables are read once, by [New], through LookupEnv. White space
// and what cannot be seen around a text, in a field or a variable, do not count; a
// blank one is not set.
//
// Numbers and durations that bound something follow one rule: zero means the default
// that their comment names, negative turns off what the comment says; where that
// would not be safe, a negative one is an error. ClockSkew alone is a pointer, because
// there zero and negative ones mean themselves.
//
// [New] refuses what can never work, each with its remedy: a key in the field of
// another, in quotes or still a placeholder, an authorized party that is no origin,
// a pattern without its slash. What is merely odd is a warning.
//
// Options holds secrets. It is never logged by this package; do not log it.
type Options struct {
	// PublishableKey identifies the instance (CLERK_PUBLISHABLE_KEY), for example
	// pk_test_… or pk_live_…. It is required unless TokenChoice names only
	// machine tokens that need none ([M2MToken] or [APIKey]).
	PublishableKey string
	// SecretKey authenticates to Clerk's Backend API (CLERK_SECRET_KEY). It is
	// required, with JWTKey too, unless AcceptsToken is exactly [M2MToken].
	SecretKey string
	// MachineSecretKey authenticates the verification of M2M tokens
	// (CLERK_MACHINE_SECRET_KEY). Empty means SecretKey.
	MachineSecretKey string
	// JWTKey is the instance's public key in PEM form (CLERK_JWT_KEY). With it,
	// session tokens are verified without any network call.
	JWTKey string

	// Audience lists the accepted aud claims. Empty means that aud is not checked;
	// blank entries do not count, but nothing else than blank ones is an error.
	Audience []string
	// AuthorizedParties lists the origins that may have asked for a session token
	// (its azp claim), for example https://example.com, or scheme://host of any other
	// scheme, such as chrome-extension://…. What means an origin is taken as it, with a
	// slash behind, in capitals, or with the default port; everything else is an error.
	// Empty means that azp is not checked. Set it in production: it protects against
	// tokens that leak from another subdomain. Machine tokens are not held against it.
	AuthorizedParties []string
	// Issuer lists the issuers whose session tokens are accepted (their iss claim),
	// for example https://clerk.example.com: the Frontend API's address, without a
	// slash at its end, or the address of ProxyURL where tokens name that. Tokens are
	// compared with it exactly. Empty means that iss is not checked. Machine tokens
	// are not held against it.
	Issuer []string
	// ClockSkew is the tolerated difference between Clerk's clock and ours. Nil
	// means 5 s; zero is honoured and means none. More than a day is an error.
	ClockSkew *time.Duration

	// Domain is the domain of a satellite application (CLERK_DOMAIN), without the
	// scheme, which is cut off.
	Domain string
	// IsSatellite says that this application is a satellite of another domain
	// (CLERK_IS_SATELLITE). A true value in the environment cannot be overridden.
	IsSatellite bool
	// SatelliteAutoSync lets a satellite ask the primary domain for a session on
	// the first visit of a browser. Default: only after the user chose to sign in.
	SatelliteAutoSync bool
	// ProxyURL is the address under which this application proxies Clerk's Frontend
	// API (CLERK_PROXY_URL): an absolute URL without credentials, or a path such as
	// /__clerk.
	ProxyURL string

	// FrontendAPIProxy makes the application serve Clerk's Frontend API itself.
	FrontendAPIProxy FrontendAPIProxy
	// ContentSecurityPolicy makes the middleware send a Content-Security-Policy, in
	// place of one that an earlier middleware set. Nil means none.
	ContentSecurityPolicy *ContentSecurityPolicy

	// SignInURL is the page that signs users in (CLERK_SIGN_IN_URL), absolute or
	// relative to the application. Empty means Clerk's hosted Account Portal.
	SignInURL string
	// SignUpURL is the page that registers users (CLERK_SIGN_UP_URL). Empty means
	// SignInURL with /create, or the Account Portal.
	SignUpURL string

	// OrganizationSync makes the organization that a URL names the active one.
	OrganizationSync OrganizationSync

	// APIURL is the base address of the Backend API without its version
	// (CLERK_API_URL), and without credentials, which would have no effect. Empty means
	// the address that belongs to PublishableKey,
	// https://api.clerk.com for every customer instance.
	APIURL string
	// APIVersion is the version in the Backend API's paths (CLERK_API_VERSION).
	// Empty means v1.
	APIVersion string

	// AcceptsToken says which kinds of token [Clerk.Authenticate] accepts: OnlyToken,
	// TokenList or AnyToken. The zero value means session tokens. What a guard accepts
	// is [AcceptTokens].
	AcceptsToken TokenChoice

	// Debug logs for each request what was decided and why, at level Info. Keys,
	// tokens and cookies are cut, and of a query only names and values of Clerk's own
	// that are no secret are shown; paths are shown whole. For development: it costs time and tells much.
	Debug bool
	// Logger receives warnings and errors. Nil means [slog.Default].
	Logger *slog.Logger
	// HTTPClient performs the calls to the Backend API. Nil means a client with
	// timeouts of its own. Its CheckRedirect is not used: redirects are refused,
	// because they would carry the secret key elsewhere.
	HTTPClient *http.Client
	// Now is the clock. Nil means [time.Now]. It must be safe for concurrent use.
	Now func() time.Time
	// Retry says how often the first fetch of the signing keys is tried, and how long calls
	// wait before they are tried again.
	Retry Retry
	// KeyRefresh says how long the signing keys are kept. It has no effect with
	// JWTKey.
	KeyRefresh KeyRefresh
	// TokenCache bounds the memory of verified tokens.
	TokenCache TokenCache
	// CallBudget bounds the calls to Clerk that strangers can cause.
	CallBudget CallBudget
	// BackendLimit keeps all calls to the Backend API within Clerk's rate limit.
	BackendLimit BackendLimit
	// MachineTokens says how long Clerk's word about a machine's opaque token counts.
	MachineTokens MachineTokens
	// Users says how long the current user counts without another call to Clerk.
	Users Users
	// Outage says what becomes of requests while Clerk cannot be asked.
	Outage Outage
	// Revocations says what becomes of tokens that Clerk has revoked, which live on for up to
	// a minute.
	Revocations Revocations
	// Shared is what this process has in common with others of its fleet: see docs/fleets.md.
	// Nil means that it knows and counts for itself alone.
	Shared Shared
	// SharedTimeout is how long a request waits for one call of Shared at most. Zero means 5 ms;
	// negative, and more than 100 ms, are errors. What takes longer has failed: this process then
	// goes by what it knows itself.
	SharedTimeout time.Duration
	// Hooks are told what the instance does, for metrics and traces.
	Hooks Hooks
	// ClientAddress returns the IP address for which CallBudget counts a request, with
	// or without a port. Nil means the connection's; and where IgnoreForwarded is not
	// set, behind a proxy of a private network or of this machine, the last one in
	// X-Forwarded-For, which that proxy has appended. Set it where another header names
	// the client, for example behind two proxies, and only to one that the client
	// cannot write. What is no address means the same as nil.
	ClientAddress func(Request) string
	// LookupEnv reads environment variables. Nil means [os.LookupEnv]. A function
	// that always answers false cuts the environment off.
	LookupEnv func(key string) (string, bool)

	// APIStatus makes guards answer requests that are no page loads with 401 (who
	// are you?) and 403 (not you) instead of Clerk's 404, which hides the route.
	APIStatus bool
	// IgnoreForwarded makes core disregard X-Forwarded-Host and X-Forwarded-Proto.
	// They are believed by default, as in Clerk's own SDKs; set this where clients
	// can reach the application without a proxy that overwrites them.
	IgnoreForwarded bool
	// IsPageRequest decides whether a request loads a page in a browser, which may
	// be sent to the sign-in page. Nil means Clerk's rule: Sec-Fetch-Dest is document
	// or iframe, or Accept contains text/html.
	IsPageRequest func(Request) bool
	// IsActionRequest decides whether a request is a form action that wants 401
	// instead of 404. Nil means never.
	IsActionRequest func(Request) bool
	// Skip makes the middleware leave a request alone. Such a request has no
	// authentication: guards answer 500 and Auth panics, never "signed out".
	Skip func(Request) bool
}

// FrontendAPIProxy makes the application serve Clerk's Frontend API under a path
// of its own: Clerk's frontendApiProxy option. Browsers then talk to one domain
// only. The proxy answers before authentication, and Options.Skip does not
// concern it. Where Options.ProxyURL is not set, it is this path.
//
// The proxy adds the instance's secret key to the requests that it sends to
// Clerk. It sends them to one host, which the options fix: nothing in a request
// chooses another.
type FrontendAPIProxy struct {
	// Enabled turns the proxy on. Without it, the other fields have no effect, and Only
	// is an error.
	Enabled bool
	// Only decides which requests the proxy is on for, for example by host. Nil means
	// all of them.
	Only func(Request) bool
	// Path is where the proxy is mounted. Empty, or a mere slash, means /__clerk.
	// Slashes at its end do not count.
	Path string
	// FAPIURL is the Frontend API's base address (CLERK_FAPI_URL). Empty means
	// Clerk's own. Whoever answers there receives the secret key.
	FAPIURL string
	// HeaderTimeout is how long the Frontend API may take to begin its answer, from when it
	// has the request. The client is then answered 502. Zero means 15 s, negative means no
	// other bound than that of the whole, a minute or the time-out of Options.HTTPClient.
	HeaderTimeout time.Duration
}

// OrganizationSync lists the URL patterns that make an organization, or the
// personal account, the active one (Clerk's organizationSyncOptions). Patterns
// use the language of package pattern, and start with a slash as in
// [NewRouteMatcher]. An empty list is the same as none.
type OrganizationSync struct {
	// OrganizationPatterns name an organization by :id or :slug, for example
	// /orgs/:slug and /orgs/:slug/(.*). They win over PersonalAccountPatterns.
	OrganizationPatterns []string
	// PersonalAccountPatterns name pages without an active organization, for
	// example /me and /me/(.*).
	PersonalAccountPatterns []string
}

// Retry says how calls to Clerk are tried again. Attempts is about the first fetch of the
// signing keys alone, whose tries begin within two seconds; where there are keys to go on
// with, or a fetch has failed already, each is tried once. BaseDelay is also that of the
// checks of opaque machine tokens, which are made twice at most, and of the current user,
// three times. All other calls are made once. The zero value means five attempts and a base
// delay of 125 ms, which doubles each time.
type Retry struct {
	// Attempts is the total number of tries of that fetch, as far as Outage.MaxWait and Outage.Failures let
	// them go on. Zero means 5, negative means 1.
	Attempts int
	// BaseDelay is the wait before the second try. Zero means 125 ms, negative means
	// no wait.
	BaseDelay time.Duration
}

// KeyRefresh says how long an instance uses the signing keys that it has fetched.
// The zero value suits nearly everybody.
type KeyRefresh struct {
	// TTL is how long keys are used before they are fetched again; a request in the
	// last fifth of it starts that in the background. A key that was removed from
	// the instance verifies no longer than this. Zero means 5 minutes; negative is an
	// error, because then it would verify for ever.
	TTL time.Duration
	// StaleIfError is how long beyond TTL known keys are used while Clerk cannot be
	// asked. Zero means 24 hours, negative means not at all. It ends where Clerk answers
	// that the secret key is not valid.
	StaleIfError time.Duration
}

// TokenCache bounds how many verified tokens an instance remembers, so that a
// token which comes again needs no look at its signature. Everything else about
// it (time, parties, the current keys) is checked each time. The zero value takes
// 32 MiB at most.
type TokenCache struct {
	// Entries is the number of tokens. Zero means 8192, negative turns the cache off.
	Entries int
	// Bytes is how much memory they may take, estimated. Zero means 32 MiB, negative
	// turns the cache off.
	Bytes int64
}
