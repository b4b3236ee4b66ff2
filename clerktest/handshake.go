package clerktest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// nonce is the result of a handshake, waiting to be fetched once.
type nonce struct {
	directives []string
	expireAt   time.Time
}

// How a client moves between host names of this server, which share no cookies:
// a satellite's host names itself to the primary one, which answers with a
// one-time transfer.
const (
	transferParam  = "__clerktest_transfer"
	satelliteParam = "__clerktest_satellite"
)

const syncPath = "/v1/client/sync"

// handshake answers GET /v1/client/handshake: it brings an application's cookies
// in line with the browser's client and sends the browser back. GET /v1/client/sync is
// what a satellite's page asks for that has no server to do that: it gets the client's
// cookies only.
func (s *Server) handshake(c *call) reply {
	target, err := s.checkRedirect(c.query.Get("redirect_url"))
	if err != nil {
		return failure(http.StatusBadRequest, "invalid_url_parameter", "redirect_url is missing, or not allowed by this instance.", "redirect_url")
	}
	if s.state.ActiveSession(c.client) == nil {
		s.takeTransfer(c)
	}
	if sess := s.state.ActiveSession(c.client); sess != nil && c.query.Has("organization_id") {
		s.state.Activate(sess, c.query.Get("organization_id"))
	}
	if s.production {
		return s.handshakeProduction(c, target)
	}
	if c.devBrowser == "" {
		clientID := ""
		if c.client != nil {
			clientID = c.client.ID
		}
		c.devBrowser = s.newDevBrowser(clientID)
	}
	name, value := s.pack(c, s.directives(c.client, target, c.devBrowser))
	return reply{
		status: http.StatusTemporaryRedirect, location: withParam(target, name, value),
		cookies: []string{rememberDevBrowser(c)},
	}
}

// browserCookie remembers the dev browsers of one browser on the instance's own host,
// where only navigations meet it; the newest is the first.
const (
	browserCookie  = "__clerktest_browser"
	maxDevBrowsers = 8
)

// adoptClient gives a dev browser that nobody has signed in with the client of another
// one of the same browser. The page of a satellite has a dev browser of its own and takes
// it along to the primary domain's sign-in page, where it takes the place of that
// domain's: without this whoever is signed in there would have to sign in again.
func (s *Server) adoptClient(c *call) {
	if s.production || c.devBrowser == "" || c.client != nil {
		return
	}
	c.client = s.cookieClient(c.r)
	for _, id := range ownDevBrowsers(c.r) {
		if cl := s.state.Clients.Get(s.devBrowsers[id]); c.client == nil && s.state.ActiveSession(cl) != nil {
			c.client = cl
		}
	}
	if c.client != nil {
		s.devBrowsers[c.devBrowser] = c.client.ID
	}
}

func ownDevBrowsers(r *http.Request) []string {
	cookie, err := r.Cookie(browserCookie)
	if err != nil {
		return nil
	}
	return strings.Split(cookie.Value, ".")
}

// rememberDevBrowser is the cookie for [Server.adoptClient].
func rememberDevBrowser(c *call) string {
	list := slices.DeleteFunc(ownDevBrowsers(c.r), func(id string) bool { return id == c.devBrowser })
	list = append([]string{c.devBrowser}, list[:min(len(list), maxDevBrowsers-1)]...)
	return browserCookie + "=" + strings.Join(list, ".") + "; Path=/; HttpOnly" + cookieYear + "; SameSite=Lax"
}

// handshakeProduction hands the result over in a cookie, which the application
// must be able to read.
func (s *Server) handshakeProduction(c *call, target *url.URL) reply {
	if satellite := strings.ToLower(c.query.Get(satelliteParam)); satellite != "" {
		if !s.knownHost((&url.URL{Host: satellite}).Hostname()) {
			return failure(http.StatusBadRequest, "invalid_url_parameter", "The satellite is not allowed by this instance.", "redirect_url")
		}
		return s.sendClient(c, satellite)
	}
	satellite := s.satelliteHost(c.r)
	if satellite && s.state.ActiveSession(c.client) == nil && !c.query.Has(transferParam) {
		u := withHost(c.r, s.frontendAPI)
		return reply{status: http.StatusTemporaryRedirect, location: withParam(u, satelliteParam, c.r.Host)}
	}
	if !sharesCookies(c.r, target) {
		return s.transfer(c, target)
	}
	synced := withParam(target, "__clerk_synced", "true")
	if c.r.URL.Path == syncPath {
		c.clientChanged = c.client != nil
		return reply{status: http.StatusTemporaryRedirect, location: synced}
	}
	domain := ""
	if here, there := hostname(c.r), strings.ToLower(target.Hostname()); here != there {
		domain = "; Domain=" + commonDomain(here, there)
	}
	secure := ""
	if target.Scheme == "https" {
		secure = "; Secure"
	}
	rest := "; Path=/" + domain + secure + "; HttpOnly; SameSite=Lax"
	list := s.directives(c.client, target, "")
	// Nobody else deletes the cookie, and a used nonce would sign the user out.
	for _, name := range []string{"__clerk_handshake_nonce", "__clerk_handshake"} {
		list = append(list, name+"="+rest+cookieEpoch)
	}
	name, value := s.pack(c, list)
	location := target.String()
	if satellite {
		location = synced
	}
	return reply{
		status:   http.StatusTemporaryRedirect,
		location: location,
		cookies:  []string{name + "=" + value + rest + "; Max-Age=60"},
	}
}

// sharesCookies reports whether the host that a request is for can set cookies
// that the application reads.
func sharesCookies(r *http.Request, target *url.URL) bool {
	here, there := hostname(r), strings.ToLower(target.Hostname())
	return here == there || commonDomain(here, there) != ""
}

// transfer moves a browser between two loopback names of this server.
func (s *Server) transfer(c *call, target *url.URL) reply {
	here, there := hostname(c.r), strings.ToLower(target.Hostname())
	if !isLoopback(here) || !isLoopback(there) || c.query.Has(transferParam) {
		return failure(http.StatusBadRequest, "invalid_url_parameter",
			"A production instance hands over through cookies; the application's host shares none with "+here+".", "redirect_url")
	}
	return s.sendClient(c, withHost(c.r, there).Host)
}

// satelliteHost reports whether a request is for the Frontend API host of a
// satellite domain: a name that is neither this instance's own nor loopback.
func (s *Server) satelliteHost(r *http.Request) bool {
	here := hostname(r)
	return here != s.frontendAPI && !isLoopback(here)
}

// withHost returns the request's URL on another host, with the same port.
func withHost(r *http.Request, host string) *url.URL {
	u := *r.URL
	u.Scheme, u.Host = "http", host
	if isHTTPS(r) {
		u.Scheme = "https"
	}
	if port := (&url.URL{Host: r.Host}).Port(); port != "" {
		u.Host += ":" + port
	}
	return &u
}

// sendClient sends the browser to the same handshake on another host, with a
// one-time transfer of its client, if it has one.
func (s *Server) sendClient(c *call, host string) reply {
	u := withHost(c.r, "")
	u.Host = host
	q := u.Query()
	q.Del(satelliteParam)
	u.RawQuery = q.Encode()
	id, clientID := store.NewSecret(), ""
	if c.client != nil {
		clientID = c.client.ID
	}
	s.transfers[id] = clientID
	return reply{status: http.StatusTemporaryRedirect, location: withParam(u, transferParam, id)}
}

func (s *Server) takeTransfer(c *call) {
	id := c.query.Get(transferParam)
	if clientID, found := s.transfers[id]; found {
		delete(s.transfers, id)
		if cl := s.state.Clients.Get(clientID); cl != nil {
			c.client, c.clientChanged = cl, true
		}
	}
}

// pack packs directives as the instance or the application wishes and
// returns the name and value that carry them.
func (s *Server) pack(c *call, list []string) (name, value string) {
	format := s.handshakeFormat
	if format == HandshakeAsAsked {
		format = HandshakeFormat(c.query.Get("format"))
	}
	if format == HandshakeNonce {
		value = store.NewSecret()
		s.nonces[value] = nonce{directives: list, expireAt: s.clock.Now().Add(nonceLifetime)}
		return "__clerk_handshake_nonce", value
	}
	return "__clerk_handshake", s.mintHandshake(list, &tokenSpec{})
}

// handshakePayload answers GET /v1/clients/handshake_payload. A nonce works once
// and for a minute.
func (s *Server) handshakePayload(c *call) reply {
	id := c.query.Get("nonce")
	n, found := s.nonces[id]
	delete(s.nonces, id)
	if !found || !s.clock.Now().Before(n.expireAt) {
		return notFound("Handshake payload")
	}
	return ok(map[string]any{"directives": n.directives})
}

type refreshRequest struct {
	Format        string              `json:"format"`
	ExpiredToken  string              `json:"expired_token"`
	RefreshToken  string              `json:"refresh_token"`
	RequestOrigin string              `json:"request_origin"`
	Headers       map[string][]string `json:"request_headers"`
}

// refreshSession answers POST /v1/sessions/{id}/refresh.
func (s *Server) refreshSession(c *call) reply {
	var in refreshRequest
	if rep, fine := c.decode(&in); !fine {
		return rep
	}
	sess := s.state.Sessions.Get(c.r.PathValue("id"))
	if sess == nil {
		return notFound("Session")
	}
	if in.ExpiredToken == "" || in.RefreshToken == "" {
		return failure(http.StatusUnprocessableEntity, "form_param_nil", "expired_token and refresh_token are required.", "expired_token")
	}
	if len(s.state.Live(s.state.Clients.Get(sess.ClientID))) == 0 || !sess.Live() {
		return failure(http.StatusUnauthorized, "session_inactive", "The session is no longer active.", "")
	}
	if !slices.ContainsFunc(sess.Refresh, func(t string) bool { return constantEqual(t, in.RefreshToken) }) {
		return failure(http.StatusUnauthorized, "refresh_token_invalid", "The refresh token is not one of this session.", "refresh_token")
	}
	if !s.ownToken(in.ExpiredToken, sess.ID) {
		return failure(http.StatusUnauthorized, "expired_token_invalid", "The expired token is not one of this session.", "expired_token")
	}
	target, err := s.checkRedirect(in.RequestOrigin)
	if err != nil {
		return failure(http.StatusUnprocessableEntity, "form_param_invalid", "request_origin is missing, or not allowed by this instance.", "request_origin")
	}
	if in.Format == "token" {
		return ok(map[string]any{"object": "token", "jwt": s.mintSession(sess, &tokenSpec{azp: origin(target)})})
	}
	return ok(map[string]any{"object": "cookies", "cookies": s.directives(s.state.Clients.Get(sess.ClientID), target, "")})
}

// ownToken reports whether a token, expired or not, is one that this instance
// signed for a session.
func (s *Server) ownToken(token, sessionID string) bool {
	text, signature, found := cutLast(token)
	if !found {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		return false
	}
	_, payload, _ := strings.Cut(text, ".")
	body, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return false
	}
	var claims struct {
		SID string `json:"sid"`
	}
	if json.Unmarshal(body, &claims) != nil || claims.SID != sessionID {
		return false
	}
	return slices.ContainsFunc(s.everKeys, func(k signingKey) bool { return k.verifies(text, raw) })
}

func cutLast(token string) (text, signature string, found bool) {
	i := strings.LastIndexByte(token, '.')
	if i < 0 {
		return "", "", false
	}
	return token[:i], token[i+1:], true
}
