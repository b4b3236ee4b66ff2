package token

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Options say what a [Verifier] accepts.
type Options struct {
	// Audience are the acceptable values of the claim aud; empty strings count as not there. A
	// session token or machine token without aud passes, as in Clerk's SDKs; an OAuth access token
	// must have one of these.
	Audience []string
	// AuthorizedParties are the acceptable values of a session token's claim azp, compared exactly.
	// Empty: azp is not checked. If set, a session token without azp is refused. Machine tokens
	// have no azp and are not held against it.
	AuthorizedParties []string
	// Issuer are the acceptable values of a session token's claim iss, compared exactly; empty
	// strings count as not there. Empty: iss is not checked. If set, a session token without iss is
	// refused. It does not apply to machine tokens and handshake tokens.
	Issuer []string
	// ClockSkew is how far the clocks of issuer and verifier may differ. It is taken exactly: zero
	// is none, and a negative one makes the checks stricter.
	ClockSkew time.Duration
	// Types are the acceptable values of the header member typ, compared exactly. Nil: JWT, or no
	// typ at all. It does not apply to handshake tokens and OAuth access tokens, whose types are
	// fixed.
	Types []string
	// Now is the clock; nil is [time.Now]. It is also the one by which a [Remote] tells whether its
	// keys are fresh.
	Now func() time.Time
	// CacheSize is how many verified tokens are remembered, so that their signatures need not be
	// checked again. Zero is [DefaultCacheSize], negative is none.
	CacheSize int
	// CacheBytes is how much memory the remembered tokens may take, roughly. Zero is
	// [DefaultCacheBytes], negative is none.
	CacheBytes int64
}

// The defaults of [Options]. A usual session token takes 2 to 4 KiB.
const (
	DefaultCacheSize  = 8192
	DefaultCacheBytes = 32 << 20
)

// Verifier verifies tokens. It is safe for concurrent use.
//
// It remembers which tokens it has found to be signed by which key, up to the bounds in [Options].
// That saves reading them and checking their signatures again; all other checks, time and current
// keys included, are done every time, so a remembered token never gets another answer than a new
// one. Handshake tokens are not remembered.
//
// Every error it returns is an [*Error] or matches [ErrUnavailable]. The checks run in Clerk's
// documented order and the first failure counts: form, category, key, type, algorithm, signature,
// and then the claims sub, aud, azp, iss, exp, nbf, iat.
type Verifier struct {
	keys   Keys
	remote *Remote // the same, if it is one
	opts   Options
	usual  demands // of session tokens
	cache  *cache  // nil: none
}

// NewVerifier returns a verifier that takes its keys from keys. With nil keys, every token that
// gets that far is refused with [ReasonFailedToResolve].
func NewVerifier(keys Keys, o Options) *Verifier {
	o.Audience = slices.DeleteFunc(slices.Clone(o.Audience), func(s string) bool { return s == "" })
	o.AuthorizedParties = slices.Clone(o.AuthorizedParties)
	o.Issuer = slices.DeleteFunc(slices.Clone(o.Issuer), func(s string) bool { return s == "" })
	o.Types = slices.Clone(o.Types)
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the default of what is injected
	}
	remote, _ := keys.(*Remote)
	return &Verifier{
		keys: keys, remote: remote, opts: o, cache: newCache(o.CacheSize, o.CacheBytes),
		usual: demands{audience: o.Audience, parties: o.AuthorizedParties, issuers: o.Issuer, skew: o.ClockSkew},
	}
}

// Decode is the function [Decode], without the work if the verifier remembers the token. The result
// is no more to be trusted than the function's.
func (v *Verifier) Decode(raw string) (*Token, error) {
	if e := v.cache.get(raw); e != nil {
		return e.token, nil
	}
	return Decode(raw)
}

// CacheStats returns how full the cache is.
func (v *Verifier) CacheStats() CacheStats { return v.cache.stats() }

// Remembers reports whether the cache has a token.
func (v *Verifier) Remembers(t *Token) bool { return v.cache.of(t) != nil }

// Session verifies a session token. Tokens of the machine category are refused; other categories
// are the caller's to judge ([Token.IsNonSessionCategory], [Token.IsMachine]).
func (v *Verifier) Session(ctx context.Context, raw string) (*Token, error) {
	return v.sessionText(ctx, raw, &v.usual)
}

// SessionWithSkew is [Verifier.Session] with another clock skew.
func (v *Verifier) SessionWithSkew(ctx context.Context, raw string, skew time.Duration) (*Token, error) {
	d := v.usual
	d.skew = skew
	return v.sessionText(ctx, raw, &d)
}

func (v *Verifier) sessionText(ctx context.Context, raw string, d *demands) (*Token, error) {
	e := v.cache.get(raw)
	if e != nil {
		return v.session(ctx, e.token, e, d)
	}
	t, err := Decode(raw)
	if err != nil {
		return nil, err
	}
	return v.session(ctx, t, nil, d)
}

// SessionToken is [Verifier.Session] for a token that is already decoded.
func (v *Verifier) SessionToken(ctx context.Context, t *Token) (*Token, error) {
	return v.session(ctx, t, v.cache.of(t), &v.usual)
}

// ExpiredSession is [Verifier.SessionToken] for one that has expired, no longer ago than grace:
// everything else is checked as ever. Nothing is remembered of it.
func (v *Verifier) ExpiredSession(ctx context.Context, t *Token, grace time.Duration) (*Token, error) {
	d := v.usual
	d.grace = max(grace, 0)
	return v.session(ctx, t, nil, &d)
}

// ExpiredWithin reports whether [Verifier.ExpiredSession] would not refuse a token for its age. It
// says nothing else about it.
func (v *Verifier) ExpiredWithin(t *Token, grace time.Duration) bool {
	return t.exp.ok && checkDates(t, v.opts.Now(), v.opts.ClockSkew, max(grace, 0)) == nil
}

func (v *Verifier) session(ctx context.Context, t *Token, e *entry, d *demands) (*Token, error) {
	if t.cat.value == CategoryM2M {
		return nil, ensure(ReasonInvalid, "Invalid session token category.")
	}
	return v.verify(ctx, t, e, v.opts.Types, d)
}

// M2M verifies a token for which [Token.IsM2M] is true; others are refused.
func (v *Verifier) M2M(ctx context.Context, t *Token) (*Token, error) {
	if !t.IsM2M() {
		return nil, wrongMachineType(t)
	}
	if t.cat.exists && t.cat.value != CategoryM2M {
		return nil, &Error{Reason: ReasonInvalid, Message: "Invalid M2M JWT category.", Err: ErrCategory}
	}
	return v.verify(ctx, t, v.cache.of(t), v.opts.Types, &demands{audience: v.opts.Audience, skew: v.opts.ClockSkew})
}

// OAuth verifies an OAuth access token, for which [Token.IsOAuth] is true and [Token.IsM2M] is not;
// others are refused.
func (v *Verifier) OAuth(ctx context.Context, t *Token) (*Token, error) {
	if t.IsM2M() || !t.IsOAuth() {
		return nil, wrongMachineType(t)
	}
	t, err := v.verify(ctx, t, v.cache.of(t), oauthTypes[:], &demands{skew: v.opts.ClockSkew})
	if err != nil {
		return nil, err
	}
	if err := checkOAuthAudience(t, v.opts.Audience); err != nil {
		return nil, err
	}
	return t, nil
}

func wrongMachineType(t *Token) error {
	typ := "missing"
	if v := t.header.Get("typ"); v.Exists() && !v.IsNull() {
		typ = v.ToText()
	}
	return refuse(ReasonVerificationFailed, "Invalid JWT type: "+typ+
		". Expected one of: at+jwt, application/at+jwt for OAuth, or sub starting with 'mch_' for M2M")
}

// Handshake verifies a handshake token. None of its claims is checked, it has no expiry.
func (v *Verifier) Handshake(ctx context.Context, raw string) (*Token, error) {
	t, err := Decode(raw)
	if err != nil {
		return nil, err
	}
	return v.HandshakeToken(ctx, t)
}

// HandshakeToken is [Verifier.Handshake] for a token that is already decoded.
func (v *Verifier) HandshakeToken(ctx context.Context, t *Token) (*Token, error) {
	key, err := v.key(ctx, t, "Failed to resolve JWK during handshake verification.")
	if err != nil {
		return nil, err
	}
	if err := checkHeader(t, nil); err != nil {
		return nil, err
	}
	if t.IsNonSessionCategory() {
		return nil, ensure(ReasonInvalid, "Invalid handshake token category.")
	}
	switch err := key.verify(ctx, t); {
	case err == nil:
		return t, nil
	case errors.Is(err, errMismatch):
		return nil, refuse(ReasonInvalidSignature, "Handshake signature is invalid.")
	case isVerdict(err):
		return nil, err
	default:
		return nil, refuse(ReasonVerificationFailed, "Error verifying handshake token. "+err.Error())
	}
}

// isVerdict reports whether an error is fit to be returned by a Verifier.
func isVerdict(err error) bool {
	var e *Error
	return errors.As(err, &e) || errors.Is(err, ErrUnavailable)
}

func (v *Verifier) key(ctx context.Context, t *Token, missing string) (*Key, error) {
	if v.keys == nil {
		return nil, &Error{Reason: ReasonFailedToResolve, Message: missing, Action: ActionSetJWTKey}
	}
	return v.keys.Key(ctx, t)
}

// verify does what all tokens but handshake tokens have in common. What the cache knows about t, if
// anything, is in e.
func (v *Verifier) verify(ctx context.Context, t *Token, e *entry, types []string, d *demands) (*Token, error) {
	// One reading of the clock is enough, unless the key takes time.
	now := v.opts.Now()
	var key *Key
	var err error
	if v.remote != nil {
		key = v.remote.fresh(t, now)
	}
	if key == nil {
		key, err = v.key(ctx, t, "Failed to resolve JWK during verification.")
		now = v.opts.Now()
	}
	if e != nil && e.key != key {
		if !isUnavailable(err) {
			v.cache.remove(e)
		}
		e = nil
	}
	if err != nil {
		return nil, err
	}
	if err := checkHeader(t, types); err != nil {
		return nil, err
	}
	if e == nil {
		switch err := key.verify(ctx, t); {
		case err == nil:
		case errors.Is(err, errMismatch):
			return nil, refuse(ReasonInvalidSignature, "JWT signature is invalid.")
		case isVerdict(err):
			return nil, err
		default:
			return nil, ensure(ReasonVerificationFailed, "Error verifying JWT signature. "+err.Error())
		}
	}
	if err := checkClaims(t, d, now); err != nil {
		if e != nil && e.dies <= float64(now.UnixMilli()) {
			v.cache.remove(e)
		}
		return nil, err
	}
	if e == nil {
		v.cache.add(t, key, now, v.opts.ClockSkew)
	}
	return t, nil
}
