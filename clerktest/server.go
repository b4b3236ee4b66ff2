package clerktest

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/events"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// HandshakeFormat says how a handshake carries its result back.
type HandshakeFormat string

// The formats of a handshake.
const (
	// HandshakeAsAsked does what the application asks for. It is the zero value.
	HandshakeAsAsked HandshakeFormat = ""
	// HandshakeNonce always answers with a nonce, to be redeemed at the Backend API.
	HandshakeNonce HandshakeFormat = "nonce"
	// HandshakeToken always answers with a signed token.
	HandshakeToken HandshakeFormat = "token"
)

// Config describes an instance. The zero value is a development instance with
// nobody in it, on a free port of 127.0.0.1.
type Config struct {
	// Production asks for a production-shaped instance: pk_live_ and sk_live_ keys,
	// no dev browser in URLs, handshakes through cookies. Cookies need a host that
	// the application shares: run the application on 127.0.0.1 too, or both under
	// one domain.
	Production bool
	// FrontendAPI is the host named by the publishable key. Empty means
	// calm-otter-42.clerk.accounts.dev, or clerk.example.test in production. Two
	// instances with different hosts have different keys, cookies and key ids.
	FrontendAPI string
	// Addr is the address to listen on. Empty means a free port of 127.0.0.1. Keep it
	// on loopback: everything that this server knows is meant to be guessed.
	Addr string
	// Host is the name by which applications and browsers reach the server, for example
	// localhost. Empty means the address that it listens on.
	Host string

	// Users and Organizations to start with.
	Users         []User
	Organizations []Organization
	// Templates are the instance's JWT templates.
	Templates []Template
	// SessionClaims are added to every session token, as in a customized session
	// token of Clerk's dashboard, with shortcodes as in [Template]. They replace no
	// claim of Clerk's own.
	SessionClaims map[string]any

	// Settings are those of signing in and up.
	Settings Settings

	// Hint is shown on the sign-in page, for example which account to try.
	Hint string
	// PickUsers lists those Users that have an ID on the sign-in page, each with a button
	// that signs in as that person, without a password. It is for demonstrations.
	PickUsers bool

	// Webhooks hear of what happens after the start. See [Server.AddWebhook].
	Webhooks []Webhook

	// Clock is the instance's clock. Nil means a new one that runs.
	Clock *Clock
	// TokenLifetime of session tokens. Zero means 60 s.
	TokenLifetime time.Duration
	// TokenVersion of session tokens: 2 (the zero value means that), or 1.
	TokenVersion int
	// HandshakeFormat overrides what applications ask for.
	HandshakeFormat HandshakeFormat
	// SecondKey signs with the process's second key, so that this instance's tokens
	// do not verify at another one.
	SecondKey bool
	// RedirectHosts are hosts, besides loopback and .test, that the instance may
	// redirect to and whose pages may call the Frontend API.
	RedirectHosts []string

	// TLS, if not nil, makes the server speak https with its certificates.
	TLS *tls.Config
	// Front, if not nil, wraps the server's handler, for a program that serves more at
	// the same address.
	Front func(instance http.Handler) http.Handler
}

// Server is a running instance. Make it with [New] or [NewServer]. All methods
// are safe for concurrent use.
type Server struct {
	production      bool
	frontendAPI     string
	issuer          string
	publishableKey  string
	secretKey       string
	machineKey      string
	suffix          string
	instanceID      string
	url             string
	hint            string
	lifetime        time.Duration
	version         int
	handshakeFormat HandshakeFormat
	sessionClaims   map[string]any
	redirectHosts   []string
	clock           *Clock
	secret          [32]byte // keys the hashes of passwords and forms
	config          Config   // what a reset starts from

	hooks  *events.Sender
	http   *http.Server
	cancel context.CancelFunc
	served chan struct{}
	calls  sync.WaitGroup

	mu          sync.Mutex
	closed      bool
	signer      signingKey
	keys        []signingKey // published
	everKeys    []signingKey
	state       *store.Instance
	cause       events.Cause      // the request that is being answered
	devBrowsers map[string]string // dev browser to client id, "" for none yet
	nonces      map[string]nonce
	transfers   map[string]string // one-time transfer to client id
	warned      map[string]bool   // routes that are not built and were asked for
	log         []*Request
	logged      int // requests ever
	faults      []*fault
	injected    int               // faults ever
	seeds       [][]byte          // that a reset makes again: JSON, compressed
	idle        []*http.Transport // of browsers, to be closed with the server
}

// New starts an instance for a test, which closes it when the test ends. At most
// one config may be given.
func New(tb testing.TB, config ...Config) *Server {
	tb.Helper()
	s, err := NewServer(config...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}

// NewServer starts an instance; close it with [Server.Close]. At most one config
// may be given. The error is that of the listener, or names what is wrong with
// the config.
func NewServer(config ...Config) (*Server, error) {
	if len(config) > 1 {
		return nil, errors.New("clerktest: more than one Config")
	}
	var cfg Config
	if len(config) == 1 {
		cfg = config[0]
	}
	s, err := newServer(cfg)
	if err != nil {
		return nil, err
	}
	if err := s.listen(cfg.Addr); err != nil {
		return nil, err
	}
	return s, nil
}

// hostName is what the host of a Frontend API looks like, perhaps with a port.
var hostName = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(:[0-9]{1,5})?$`)

func newServer(cfg Config) (*Server, error) {
	mode, host := "test", "calm-otter-42.clerk.accounts.dev"
	if cfg.Production {
		mode, host = "live", "clerk.example.test"
	}
	if cfg.FrontendAPI != "" {
		host = strings.ToLower(cfg.FrontendAPI)
	}
	if !hostName.MatchString(host) {
		return nil, errors.New("clerktest: Config.FrontendAPI must be a host name with a dot")
	}
	if cfg.TokenVersion != 0 && cfg.TokenVersion != 1 && cfg.TokenVersion != 2 {
		return nil, errors.New("clerktest: Config.TokenVersion must be 1 or 2")
	}
	if f := cfg.HandshakeFormat; f != HandshakeAsAsked && f != HandshakeNonce && f != HandshakeToken {
		return nil, errors.New("clerktest: Config.HandshakeFormat must be nonce or token")
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}

	pk := PublishableKey(host, cfg.Production)
	s := &Server{
		production:      cfg.Production,
		frontendAPI:     host,
		issuer:          "https://" + host,
		publishableKey:  pk,
		secretKey:       "sk_" + mode + "_clerktestNotARealKey" + fingerprint(host),
		machineKey:      "ak_clerktestNotARealKey" + fingerprint(host),
		suffix:          CookieSuffix(pk),
		instanceID:      "ins_clerktest" + fingerprint(host),
		hint:            cfg.Hint,
		lifetime:        cfg.TokenLifetime,
		version:         cfg.TokenVersion,
		handshakeFormat: cfg.HandshakeFormat,
		sessionClaims:   maps.Clone(cfg.SessionClaims),
		clock:           cfg.Clock,
		config:          cfg,
		served:          make(chan struct{}),
		warned:          map[string]bool{},
	}
	_, _ = rand.Read(s.secret[:]) // Never fails: crypto/rand ends the process instead.
	if s.lifetime == 0 {
		s.lifetime = time.Minute
	}
	if s.version == 0 {
		s.version = 2
	}
	if s.clock == nil {
		s.clock = &Clock{}
	}
	if cfg.Host != "" {
		s.redirectHosts = append(s.redirectHosts, strings.ToLower(cfg.Host))
	}
	s.hooks = s.newSender()
	for _, h := range cfg.RedirectHosts {
		s.redirectHosts = append(s.redirectHosts, strings.ToLower(h))
	}

	makeKey := firstKey
	if cfg.SecondKey {
		makeKey = secondKey
	}
	key, err := makeKey()
	if err != nil {
		return nil, err
	}
	s.signer = signingKey{kid: s.instanceID, key: key}
	s.keys, s.everKeys = []signingKey{s.signer}, []signingKey{s.signer}

	return s, s.begin()
}

func (s *Server) listen(addr string) error {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	ctx, cancel := context.WithCancel(context.Background())
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		cancel()
		return fmt.Errorf("clerktest: listen: %w", err)
	}
	s.url = "http://" + reachable(l.Addr(), s.config.Host)
	if s.config.TLS != nil {
		s.url = "https://" + reachable(l.Addr(), s.config.Host)
		l = tls.NewListener(l, s.config.TLS)
	}
	s.state.URL = s.url
	s.cancel = cancel
	handler := s.handler()
	if s.config.Front != nil {
		handler = s.config.Front(handler)
	}
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(l) // Always ends with ErrServerClosed or the listener's end.
	}()
	return nil
}

// reachable spells an address as callers on this machine reach it, by name if there
// is one.
func reachable(addr net.Addr, name string) string {
	host, port, err := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(host); name == "" && ip != nil && ip.IsUnspecified() {
		name = "localhost"
	}
	if err != nil || name == "" {
		return addr.String()
	}
	return net.JoinHostPort(name, port)
}

// Close stops the instance: it ends requests that are being answered, closes all
// connections and waits until nothing of it runs any more. Closing twice is
// harmless.
func (s *Server) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	idle := slices.Clone(s.idle)
	s.mu.Unlock()

	for _, t := range idle {
		t.CloseIdleConnections()
	}
	s.cancel()
	_ = s.http.Close() // The error of closing a listener helps nobody here.
	<-s.served
	s.calls.Wait()
	s.hooks.Close()
}

// URL returns the address of the server, for example http://127.0.0.1:40123. The
// Frontend API, the Backend API and the hosted pages are all below it.
func (s *Server) URL() string { return s.url }

// SignInURL returns the address of the hosted sign-in page.
func (s *Server) SignInURL() string { return s.url + "/sign-in" }

// SignUpURL returns the address of the hosted sign-up page.
func (s *Server) SignUpURL() string { return s.url + "/sign-up" }

// SignOutURL returns the address of the page that signs a browser out. It takes
// the same redirect_url parameter as the other pages.
func (s *Server) SignOutURL() string { return s.url + "/sign-out" }

// VerifyURL returns the address of the page where a signed-in user proves again who
// they are, as Clerk's dialog for reverification asks it. It takes the same
// redirect_url parameter as the other pages.
func (s *Server) VerifyURL() string { return s.url + "/verify" }

// PublishableKey returns the instance's publishable key.
func (s *Server) PublishableKey() string { return s.publishableKey }

// SecretKey returns the instance's secret key.
func (s *Server) SecretKey() string { return s.secretKey }

// MachineSecretKey returns a key that is good for verifying machine tokens only.
func (s *Server) MachineSecretKey() string { return s.machineKey }

// Issuer returns the issuer of the instance's tokens: https:// and the host of
// the publishable key.
func (s *Server) Issuer() string { return s.issuer }

// InstanceID returns the id of the instance, which is also its first key's id.
func (s *Server) InstanceID() string { return s.instanceID }

// CookieSuffix returns the suffix of the instance's cookies (see [CookieSuffix]).
func (s *Server) CookieSuffix() string { return s.suffix }

// Clock returns the instance's clock.
func (s *Server) Clock() *Clock { return s.clock }
