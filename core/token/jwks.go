package token

import (
	"context"
	"crypto/rsa"
	"errors"
	"slices"
	"strings"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// jwk is one key of a key set as it was published.
type jwk struct {
	kid  string
	spec string // everything that counts for its use; keys with the same spec are the same
	key  *Key
}

// usable reports whether the key can verify anything.
func (j jwk) usable() bool { return j.key.public != [algorithms]*rsa.PublicKey{} }

var errNoKeys = &Error{
	Reason:      ReasonRemoteFailedToLoad,
	Message:     "The JWKS endpoint did not contain any signing keys. Contact support@clerk.com.",
	Action:      ActionContactSupport,
	Unavailable: true,
}

// parseKeySet reads the body of an answer. Keys are read one by one, so that one bad key does not make the others
// unusable; only keys without a kid that is a string are left out. Of several keys with one kid the last one counts.
// Keys that are in known are taken over from there, pointers and all.
func parseKeySet(body []byte, known map[string]jwk) (map[string]jwk, error) {
	doc, ok := ParseValue(decodeUTF8(body))
	if !ok || doc.IsNull() {
		return nil, errors.New("the key set is not JSON")
	}
	root, _ := doc.Object()
	list, _ := root.Get("keys").Array()
	if len(list) == 0 {
		return nil, errNoKeys
	}
	keys := make(map[string]jwk, len(list))
	for _, v := range list {
		o, _ := v.Object()
		kid, ok := o.Get("kid").Text()
		if !ok {
			continue
		}
		k := jwk{kid: kid, spec: specOf(o)}
		if was, ok := known[kid]; ok && was.spec == k.spec {
			k.key = was.key
		} else {
			k.key = newKey(kid, o)
		}
		keys[kid] = k
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
func newKey(kid string, o Object) *Key {
	k := &Key{why: whyNot(o)}
	if k.why != "" {
		return k
	}
	k.why = "the key is not a valid RSA key"
	kty, _ := o.Get("kty").Text()
	n, _ := o.Get("n").Text()
	e, _ := o.Get("e").Text()
	alg, _ := o.Get("alg").Text()
	parsed, err := jwkset.NewJWKFromMarshal(jwkset.JWKMarshal{
		KTY: jwkset.KTY(kty), KID: kid, ALG: jwkset.ALG(alg), N: n, E: e,
	}, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return k
	}
	find, err := keyfunc.New(keyfunc.Options{Storage: storage{jwkset.NewMemoryStorage(), parsed}})
	if err != nil {
		return k
	}
	why := `the key's "alg" is another one than the token's`
	for a := range algorithms {
		// keyfunc compares the kid and the algorithm. It must not be asked without a kid: then it offers every key.
		found, err := find.Keyfunc(&jwt.Token{Header: map[string]any{"kid": kid, "alg": a.method().Alg()}})
		if err != nil {
			continue
		}
		public, ok := found.(*rsa.PublicKey)
		if !ok {
			return k
		}
		if bad := checkPublic(public); bad != "" {
			why = bad
			continue
		}
		k.public[a] = public
	}
	k.why = why
	return k
}

// whyNot applies the rules for importing a JWK to verify signatures with: what is absent is fine, what is there must
// fit. keyfunc does not check these.
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

// storage is a [jwkset.Storage] that holds one key and nothing else.
type storage struct {
	*jwkset.MemoryJWKSet

	only jwkset.JWK
}

func (s storage) KeyRead(_ context.Context, kid string) (jwkset.JWK, error) {
	if kid != s.only.Marshal().KID {
		return jwkset.JWK{}, jwkset.ErrKeyNotFound
	}
	return s.only, nil
}
