package core

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"unicode/utf8"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/redact"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/reason"
)

const (
	maxToldPath = 256
	maxToldText = 1024
	maxDebugged = 8 << 10
)

// tell logs why a request is signed out where the configuration, or an outage, may be
// the cause: nobody else would notice. It is called for every request that is not
// signed in, and silent for the ordinary reasons: no session, an expired one, a
// token that is none. One line a minute for each reason says it.
func (c *Clerk) tell(ctx context.Context, r Request, s *State) {
	what := "core: requests are not signed in, perhaps because of the configuration"
	switch s.reason {
	case reason.TokenInvalidAuthorizedParties, reason.TokenInvalidIssuer, reason.SessionTokenNBF, reason.SessionTokenIATInTheFuture, reason.SecretKeyInvalid:
		// Only tokens whose signature is right get that far, or none at all.
	case reason.JWKKidMismatch, reason.TokenInvalidSignature, reason.TokenVerificationFailed:
		// Anybody can forge such a token. Where a session passed since the last one, the
		// keys are those of one instance, and there is nothing to tell.
		if s.tokenType == SessionToken && c.shared.sound.Swap(false) {
			return
		}
	default:
		unavailable := s.Unavailable()
		if unavailable == nil || wasNotAsked(unavailable) || errors.Is(ctx.Err(), context.Canceled) {
			return
		}
		what = "core: requests cannot be checked, because Clerk cannot be asked"
	}
	leftOut, ok := c.shared.logs.Allow("reason "+string(s.reason), c.now())
	if !ok {
		return
	}
	c.log.LogAttrs(ctx, slog.LevelWarn, what, c.told(r, s, leftOut)...)
}

// told is what is logged about a request: the reason, what it means and what mends
// it, and the path. Queries, cookies and tokens are not.
func (c *Clerk) told(r Request, s *State, leftOut int) []slog.Attr {
	jar := engine.ParseCookies(r.Header("Cookie"), &c.engine.Cookies)
	red := c.redactor(r, &jar)
	attrs := []slog.Attr{
		slog.String("reason", shorten(red.Redact(string(s.reason)), maxToldPath)),
		explanation(red, s, maxToldText),
		slog.String("path", toldPath(red, r)),
		slog.String("instance", c.key.Host),
	}
	if leftOut > 0 {
		attrs = append(attrs, slog.Int("repeated", leftOut))
	}
	return attrs
}

// explanation is what [Explain] says of a state, for the log. Its text is redacted, and cut
// to so many bytes at most; its link keeps the anchor, which is taken for a secret in a text.
func explanation(red redact.Redactor, s *State, most int) slog.Attr {
	text, link := explain(s)
	told := red.Text("explanation", text)
	return slog.String(told.Key, withLink(shorten(told.Value.String(), most), link))
}

// toldPath is the path of a request for the log.
func toldPath(red redact.Redactor, r Request) string {
	path, _ := request.SplitTarget(r.Target())
	return shorten(red.Redact(path), maxToldPath)
}

// shorten cuts a text for the log. The result shares no memory with it, which may
// be the framework's.
func shorten(text string, most int) string {
	if len(text) <= most {
		return strings.Clone(text)
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "..."
}

// worked notes that a session passed: the keys of the application and of its users
// belong together.
func (c *Clerk) worked() {
	if !c.shared.sound.Load() {
		c.shared.sound.Store(true)
	}
}

// redactor returns what cuts the credentials of a request and of the options, in
// whatever text they stand.
func (c *Clerk) redactor(r Request, jar *engine.Jar) redact.Redactor {
	secrets := []string{c.opts.SecretKey, c.opts.MachineSecretKey, engine.AuthorizationToken(request.Header(r, "Authorization"))}
	for _, name := range [...]string{"Authorization", "Proxy-Authorization", headerAuthToken, headerRequestData} {
		for _, value := range r.Header(name) {
			secrets = append(secrets, value)
			_, value, _ = strings.Cut(value, " ")
			secrets = append(secrets, value)
		}
	}
	for _, cookie := range [...]engine.Cookie{
		jar.Session, jar.SessionSuffixed, jar.DevBrowser, jar.DevBrowserSuffixed, jar.RefreshSuffixed, jar.Handshake, jar.HandshakeNonce,
	} {
		secrets = append(secrets, cookie.Value)
	}
	return redact.New(secrets)
}
