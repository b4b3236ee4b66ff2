package generate

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // The hashes of the RSA algorithms.
	_ "crypto/sha512"
	"crypto/x509"
	"embed"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strings"
	"sync"
)

//go:embed testdata/test-key-*.pem
var testKeys embed.FS

// key is a signing key under one key id.
type key struct {
	kid     string
	private *rsa.PrivateKey
}

// keyring holds the test keys and remembers signatures, because signing is most of the work.
type keyring struct {
	instance, other, large *key
	signatures             sync.Map
}

func loadKeys() (*keyring, error) {
	ring := new(keyring)
	for name, into := range map[string]**key{"instance": &ring.instance, "other": &ring.other, "large": &ring.large} {
		data, err := testKeys.ReadFile("testdata/test-key-" + name + ".pem")
		if err != nil {
			return nil, err
		}
		block, _ := pem.Decode(data)
		if block == nil {
			return nil, errors.New("generate: test key " + name + " is no PEM")
		}
		private, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		*into = &key{kid: "ins_" + name, private: private}
	}
	return ring, nil
}

func (k *keyring) sign(by *key, alg, input string) []byte {
	id := by.kid + "\x00" + alg + "\x00" + input
	if signature, ok := k.signatures.Load(id); ok {
		if known, ok := signature.([]byte); ok {
			return known
		}
	}
	hash := crypto.SHA256
	switch alg {
	case "RS384":
		hash = crypto.SHA384
	case "RS512":
		hash = crypto.SHA512
	}
	digest := hash.New()
	digest.Write([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, by.private, hash, digest.Sum(nil))
	if err != nil {
		return nil // The keys are long enough for every hash above; a case with an empty signature is still a case.
	}
	if len(input) < 1<<10 {
		k.signatures.Store(id, signature)
	}
	return signature
}

// public returns the PEM text of the public key.
func (k *key) public() string {
	der, err := x509.MarshalPKIXPublicKey(&k.private.PublicKey)
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// jwk returns the public key as a JSON Web Key.
func (k *key) jwk() object {
	return object{
		{"use", `"sig"`},
		{"kty", `"RSA"`},
		{"kid", js(k.kid)},
		{"alg", `"RS256"`},
		{"n", js(base64.RawURLEncoding.EncodeToString(k.private.N.Bytes()))},
		{"e", js(base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.private.E)).Bytes()))},
	}
}

// member is a name and the JSON text of its value.
type member struct{ name, value string }

// object is a JSON object whose order, duplicates and malformed values are under control.
type object []member

// set replaces the first member of that name, or appends one. The value is JSON text.
func (o *object) set(name, value string) {
	for i := range *o {
		if (*o)[i].name == name {
			(*o)[i].value = value
			return
		}
	}
	*o = append(*o, member{name, value})
}

func (o *object) add(name, value string) { *o = append(*o, member{name, value}) }

func (o *object) del(name string) {
	*o = slices.DeleteFunc(*o, func(m member) bool { return m.name == name })
}

func (o object) get(name string) string {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return ""
}

func (o object) String() string {
	var text strings.Builder
	text.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(js(m.name) + ":" + m.value)
	}
	text.WriteByte('}')
	return text.String()
}

// js returns the JSON text of a value.
func js(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "null"
	}
	return strings.TrimSuffix(text.String(), "\n")
}

func rawJSON(value any) json.RawMessage { return json.RawMessage(js(value)) }

// token is a JWT in the making.
type token struct {
	header, payload object
	// headerText and payloadText replace the objects when they are not empty.
	headerText, payloadText string
	key                     *key
	// alg chooses the signature; the header may claim another one.
	alg string
	// signature replaces the real one when it is not nil.
	signature []byte
	ring      *keyring
}

func (t *token) claims(pairs ...any) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			t.payload.set(name, js(pairs[i+1]))
		}
	}
}

func (t *token) parts() (header, payload, signature string) {
	text, body := t.headerText, t.payloadText
	if text == "" {
		text = t.header.String()
	}
	if body == "" {
		body = t.payload.String()
	}
	header = base64.RawURLEncoding.EncodeToString([]byte(text))
	payload = base64.RawURLEncoding.EncodeToString([]byte(body))
	raw := t.signature
	if raw == nil {
		raw = t.ring.sign(t.key, t.alg, header+"."+payload)
	}
	return header, payload, base64.RawURLEncoding.EncodeToString(raw)
}

func (t *token) String() string {
	header, payload, signature := t.parts()
	return header + "." + payload + "." + signature
}

// resign returns the parts joined, signed as they are.
func (t *token) resign(header, payload string) string {
	return header + "." + payload + "." +
		base64.RawURLEncoding.EncodeToString(t.ring.sign(t.key, t.alg, header+"."+payload))
}
