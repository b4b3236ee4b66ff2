// Package directed builds single conformance cases by hand, for tests that aim at one behaviour.
package directed

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"strings"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// Key is a signing key and its id.
type Key struct {
	ID      string
	Private *rsa.PrivateKey
}

// NewKey makes a key of so many bits.
func NewKey(id string, bits int) (*Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, bits)
	return &Key{ID: id, Private: private}, err
}

// JWK returns the public key as a JSON Web Key.
func (k *Key) JWK() Members {
	return Members{
		"use": "sig", "kty": "RSA", "kid": k.ID, "alg": "RS256",
		"n": Encode(string(k.Private.N.Bytes())),
		"e": Encode(string(big.NewInt(int64(k.Private.E)).Bytes())),
	}
}

// PEM returns the public key as text.
func (k *Key) PEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: k.DER()}))
}

// DER returns the public key as bytes.
func (k *Key) DER() []byte {
	der, err := x509.MarshalPKIXPublicKey(&k.Private.PublicKey)
	if err != nil {
		return nil // Every RSA key has such a form.
	}
	return der
}

// Sign returns a JWT of the JSON texts, signed with RS256.
func (k *Key) Sign(header, payload string) string {
	text := Encode(header) + "." + Encode(payload)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, k.Private, crypto.SHA256, digest[:])
	if err != nil {
		return "" // The key is long enough.
	}
	return text + "." + Encode(string(signature))
}

// Encode encodes a part of a token.
func Encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// Members are the members of a JSON object. As changes, nil removes a member.
type Members map[string]any

// With returns a copy with the changes.
func (m Members) With(changes Members) Members {
	out := maps.Clone(m)
	for name, value := range changes {
		out[name] = value
		if value == nil {
			delete(out, name)
		}
	}
	return out
}

func (m Members) String() string { return string(JSON(m)) }

// JSON returns the JSON text of a value, or null for one that has none.
func JSON(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		return json.RawMessage(protocol.Null)
	}
	return text
}

// Instance is an instance of Clerk that cases are about.
type Instance struct {
	// Key is the instance's key, Other one that it does not know, Large one with more bits.
	Key, Other, Large *Key
	Production        bool
}

// Now is the clock of all directed cases, in seconds.
const Now = 1767225600

// The values of the header member "cat".
const (
	categorySession  = "cl_B7d4PD111AAA"
	categoryTemplate = "cl_B7d4PD222AAA"
	categoryM2M      = "cl_B7d4PD333AAA"
)

// NewInstance makes an instance with new keys.
func NewInstance(production bool) (*Instance, error) {
	i := &Instance{Production: production}
	for _, k := range []struct {
		into **Key
		id   string
		bits int
	}{{&i.Key, "ins_instance", 2048}, {&i.Other, "ins_other", 2048}, {&i.Large, "ins_large", 3072}} {
		made, err := NewKey(k.id, k.bits)
		if err != nil {
			return nil, err
		}
		*k.into = made
	}
	return i, nil
}

const frontend = "clerk.example.com"

// PublishableKey returns the instance's publishable key.
func (i *Instance) PublishableKey() string {
	kind := "test"
	if i.Production {
		kind = "live"
	}
	return "pk_" + kind + "_" + base64.StdEncoding.EncodeToString([]byte(frontend+"$"))
}

// Suffixed returns the name of a cookie that belongs to the publishable key.
func (i *Instance) Suffixed(name string) string {
	sum := sha1.Sum([]byte(i.PublishableKey()))
	return name + "_" + base64.URLEncoding.EncodeToString(sum[:])[:8]
}

// SessionHeader returns the header of session tokens, with changes.
func (i *Instance) SessionHeader(changes Members) Members {
	return Members{"alg": "RS256", "cat": categorySession, "kid": i.Key.ID, "typ": "JWT"}.With(changes)
}

// SessionClaims returns the claims of a session token, with changes.
func (i *Instance) SessionClaims(changes Members) Members {
	return Members{
		"azp": "https://app.example.com", "exp": Now + 45, "iat": Now - 15, "iss": "https://" + frontend, "nbf": Now - 25, "sid": "sess_1", "sub": "user_1",
	}.With(changes)
}

// Session returns a session token with changes of its header and claims.
func (i *Instance) Session(header, claims Members) string {
	return i.Key.Sign(i.SessionHeader(header).String(), i.SessionClaims(claims).String())
}

// Template returns a token that was made from a JWT template.
func (i *Instance) Template() string {
	return i.Session(Members{"cat": categoryTemplate}, Members{"sid": nil})
}

// M2M returns a machine-to-machine token with changes of its header and claims.
func (i *Instance) M2M(header, claims Members) string {
	return i.Session(Members{"cat": categoryM2M}.With(header), Members{"sub": "mch_1", "sid": nil, "azp": nil, "jti": "mt_1", "scopes": "mch_2"}.With(claims))
}

// OAuth returns an OAuth access token with changes of its header and claims.
func (i *Instance) OAuth(header, claims Members) string {
	return i.Session(Members{"cat": nil, "typ": "at+jwt"}.With(header), Members{"sid": nil, "azp": nil, "jti": "oat_1", "client_id": "client_1", "scope": "profile"}.With(claims))
}

// Handshake returns a handshake token with the directives.
func (i *Instance) Handshake(directives ...string) string {
	return i.Key.Sign(i.SessionHeader(nil).String(), Members{"handshake": directives}.String())
}

// Case returns a case of a family: a navigation with further headers, name and value in turn, to an
// instance whose keys can be had. A header Cookie is sent as it is.
func (i *Instance) Case(family string, headers ...string) *protocol.Case {
	publishable, secret := i.PublishableKey(), "sk_live_directed"
	c := &protocol.Case{
		ID:  "d0-000000-" + family,
		Now: Now * 1000,
		Request: protocol.Request{
			Method:  "GET",
			URL:     "https://app.example.com/dashboard",
			Headers: [][2]string{{"Host", "app.example.com"}, {"Accept", "text/html"}, {"Sec-Fetch-Dest", "document"}},
		},
		Options: protocol.Options{PublishableKey: &publishable, SecretKey: &secret},
		Backend: &protocol.Backend{JWKS: Reply(Members{"keys": []any{i.Key.JWK()}})},
	}
	for at := 0; at+1 < len(headers); at += 2 {
		if strings.EqualFold(headers[at], "Host") {
			c.Request.Headers[0][1] = headers[at+1]
			continue
		}
		c.Request.Headers = append(c.Request.Headers, [2]string{headers[at], headers[at+1]})
	}
	return c
}

// Reply returns the answer of the Backend API with the value as JSON.
func Reply(value any) *protocol.Reply { return &protocol.Reply{JSON: JSON(value)} }

// Cookies returns the cookies of a signed-in browser with the token.
func (i *Instance) Cookies(token string) string {
	return "__clerk_db_jwt=dvb_1; __client_uat=5; __session=" + token
}

// Expired returns the cookies of a browser whose session has to be renewed with a refresh token.
func (i *Instance) Expired(claims Members) string {
	return i.Cookies(i.Session(nil, Members{"exp": Now - 100, "iat": Now - 200, "nbf": Now - 200}.With(claims))) + "; " + i.Suffixed("__refresh") + "=rt_1"
}

// Refreshed returns the answer to a refresh with cookies.
func Refreshed(cookies ...string) *protocol.Reply {
	return Reply(Members{"object": "cookies", "cookies": cookies})
}
