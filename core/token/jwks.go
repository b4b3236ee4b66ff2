package token

import (
	"context"
	"crypto/rsa"
	"errors"
	"slices"
	"strings"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

var errNoKeys = &Error{
	Reason:      ReasonRemoteFailedToLoad,
	Message:     "The JWKS endpoint did not contain any signing keys. Contact support@clerk.com.",
	Action:      ActionContactSupport,
	Unavailable: true,
}

// parseKeySet reads the body of an answer. Keys are read one by one, so that one bad key does not
// make the others unusable; only keys without a kid that is a string are left out. Of several keys
// with one kid the last one counts. Keys that are in known are taken over from there, pointers and
// all.
func (r *Remote) parseKeySet(body []byte, known map[string]*Key) (map[string]*Key, error) {
	doc, ok := ParseValue(decodeUTF8(body))
	if !ok || doc.IsNull() {
		return nil, errors.New("the key set is not JSON")
	}
	root, _ := doc.Object()
	list, _ := root.Get("keys").Array()
	if len(list) == 0 {
		return nil, errNoKeys
	}
	keys := make(map[string]*Key, len(list))
	for _, v := range list {
		o, _ := v.Object()
		kid, ok := o.Get("kid").Text()
		if !ok {
			continue
		}
		spec := specOf(o)
		if was, ok := known[kid]; ok && was.spec == spec {
			keys[kid] = was
			continue
		}
		keys[kid] = r.newKey(kid, spec, o)
	}
	if len(keys) == 0 {
		return nil, errNoKeys
	}
	return keys, nil
}

func specOf(o Object) string {
	var b strings.Builder
	for _, name := range [...]string{"kty", "n", "e", "d", "alg", "use", "key_ops"} {
		b.WriteString(o.Get(name).raw)
		b.WriteByte('\n')
	}
	return b.String()
}

// newKey makes a Key of a JWK. One that must not be used comes out as a Key that says why.
func (r *Remote) newKey(kid, spec string, o Object) *Key {
	k := &Key{
		only:     algorithmOf(o.Get("alg")),
		why:      whyNot(o),
		whyOther: `the key's "alg" is another one than the token's`,
		spec:     spec,
		find:     func(ctx context.Context, alg algorithm) (*rsa.PublicKey, error) { return r.ask(ctx, kid, alg) },
	}
	if k.why != "" {
		return k
	}
	kty, _ := o.Get("kty").Text()
	n, _ := o.Get("n").Text()
	e, _ := o.Get("e").Text()
	alg, _ := o.Get("alg").Text()
	parsed, err := jwkset.NewJWKFromMarshal(jwkset.JWKMarshal{
		KTY: jwkset.KTY(kty), KID: kid, ALG: jwkset.ALG(alg), N: n, E: e,
	}, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	public, ok := parsed.Key().(*rsa.PublicKey)
	if err != nil || !ok {
		k.why = "the key is not a valid RSA key"
		return k
	}
	k.jwk, k.why = parsed, checkPublic(public)
	return k
}

// whyNot applies the rules for importing a JWK to verify signatures with: what is absent is fine,
// what is there must fit. keyfunc does not check these.
func whyNot(o Object) string {
	if kty, _ := o.Get("kty").Text(); kty != "RSA" {
		return `the key's "kty" is not RSA`
	}
	if o.Get("d").Exists() {
		return "the key is a private key"
	}
	if alg := o.Get("alg"); alg.Exists() && algorithmOf(alg) == otherAlgorithm {
		return `the key's "alg" is another one than the token's`
	}
	if use := o.Get("use"); use.Exists() {
		if s, _ := use.Text(); s != "sig" {
			return `the key's "use" is not sig`
		}
	}
	if ops := o.Get("key_ops"); ops.Exists() {
		list, _ := ops.Strings()
		if !slices.Contains(list, "verify") {
			return `the key's "key_ops" do not include verify`
		}
		slices.Sort(list)
		if n := len(list); len(slices.Compact(list)) < n {
			return `the key's "key_ops" have duplicates`
		}
	}
	return ""
}

// ask finds the public key through keyfunc. It is asked about keys that have passed every check of
// ours, with a kid that is a string and an algorithm that fits: by itself it would offer every key
// where there is no kid, and look at neither use nor key_ops.
func (r *Remote) ask(ctx context.Context, kid string, alg algorithm) (*rsa.PublicKey, error) {
	found, err := r.keyfunc.KeyfuncCtx(ctx)(&jwt.Token{Header: map[string]any{"kid": kid, "alg": alg.name()}})
	var failure *Error
	switch {
	case errors.As(err, &failure):
		return nil, failure
	case err != nil:
		return nil, err
	}
	public, ok := found.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("the key is not a valid RSA key")
	}
	return public, nil
}

// storage is where keyfunc finds the keys of a [Remote], by its policy of refreshing them. Nothing
// can be written to it.
type storage struct {
	*jwkset.MemoryJWKSet // what keyfunc does not call, of no keys

	remote *Remote
}

// KeyRead returns the key that a kid names.
func (s storage) KeyRead(ctx context.Context, kid string) (jwkset.JWK, error) {
	key, err := s.remote.find(ctx, text{value: kid, exists: true, ok: true})
	switch {
	case errors.Is(err, errUnknownKID):
		return jwkset.JWK{}, mismatch(kid)
	case err != nil:
		return jwkset.JWK{}, err
	case !key.usable():
		return jwkset.JWK{}, errors.New(key.why)
	}
	return key.jwk, nil
}

// KeyReadAll fails: a token without a kid is not tried with every key.
func (s storage) KeyReadAll(context.Context) ([]jwkset.JWK, error) {
	return nil, errUnknownKID
}
