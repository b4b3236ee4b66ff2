package directed_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/directed"
)

// forgery is a token that signs nobody in as a person, whatever the options and however it is
// presented.
type forgery struct {
	name, token string
	// machine is set on genuine tokens of machines: where machine tokens are accepted they may sign
	// a machine in.
	machine bool
	// withPEM is set on tokens that only lack a reference to the key: with one configured key they
	// need none, as in the reference.
	withPEM bool
}

// forgeries are the tokens of every public class of attack that applies to JWTs signed with RSA.
func forgeries(t *testing.T, i *directed.Instance) []forgery {
	t.Helper()
	list := algorithmForgeries(t, i)
	list = append(list, keyForgeries(t, i)...)
	list = append(list, signatureForgeries(t, i)...)
	list = append(list, shapeForgeries(i)...)
	list = append(list, claimForgeries(i)...)
	return append(list, publishedExamples()...)
}

// swapped returns a genuine session token's claims under another header, with the signature that
// sign makes.
func swapped(i *directed.Instance, header members, sign func(text string) []byte) string {
	text := directed.Encode(i.SessionHeader(header).String()) + "." + directed.Encode(i.SessionClaims(nil).String())
	return text + "." + directed.Encode(string(sign(text)))
}

func hmacOf(key string) func(string) []byte {
	return func(text string) []byte {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
}

func algorithmForgeries(t *testing.T, i *directed.Instance) []forgery {
	t.Helper()
	nothing := func(string) []byte { return nil }
	rsaSigned := func(text string) []byte { return signed(t, i.Key, crypto.SHA256, text) }
	var list []forgery
	for _, alg := range []any{"none", "None", "NONE", "nOnE", "", nil, false, []string{"none"}} {
		list = append(list, forgery{name: "alg " + string(directed.JSON(alg)) + " without signature", token: swapped(i, members{"alg": alg}, nothing)})
	}
	for _, alg := range []any{"none", "HS256", "RS384", "RS512", "PS256", "ES256", "EdDSA", "rs256", "RS256 ", "RSA256", nil, []string{"RS256"}} {
		list = append(list, forgery{name: "alg " + string(directed.JSON(alg)) + " signed with RS256", token: swapped(i, members{"alg": alg}, rsaSigned)})
	}
	spki := i.Key.DER()
	for name, secret := range map[string]string{
		"the PEM": i.Key.PEM(), "the PEM without its last line end": strings.TrimSpace(i.Key.PEM()), "the PEM in one line": strings.ReplaceAll(i.Key.PEM(), "\n", ""), "the DER": string(spki), "the base64 of the DER": base64.StdEncoding.EncodeToString(spki),
		"the modulus": string(i.Key.Private.N.Bytes()), "the JWK's modulus": directed.Encode(string(i.Key.Private.N.Bytes())), "the JWK": i.Key.JWK().String(), "nothing": "", "the publishable key": i.PublishableKey(), "the key id": i.Key.ID,
	} {
		list = append(list,
			forgery{name: "HS256 with " + name, token: swapped(i, members{"alg": "HS256"}, hmacOf(secret))},
			forgery{name: "RS256 that is an HMAC with " + name, token: swapped(i, nil, hmacOf(secret))})
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec := func(text string) []byte {
		digest := sha256.Sum256([]byte(text))
		r, s, err := ecdsa.Sign(rand.Reader, curve, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	pss := func(text string) []byte {
		digest := sha256.Sum256([]byte(text))
		signature, err := rsa.SignPSS(rand.Reader, i.Key.Private, crypto.SHA256, digest[:], nil)
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
	return append(list,
		forgery{name: "ES256 under our key id", token: swapped(i, members{"alg": "ES256"}, ec)},
		forgery{name: "RS256 that is ECDSA", token: swapped(i, nil, ec)},
		forgery{name: "ES256 of zeros", token: swapped(i, members{"alg": "ES256"}, func(string) []byte { return make([]byte, 64) })},
		forgery{name: "PS256 with our key", token: swapped(i, members{"alg": "PS256"}, pss)},
		forgery{name: "RS256 that is PSS", token: swapped(i, nil, pss)},
		forgery{name: "RS256 that is RS512", token: swapped(i, nil, func(text string) []byte { return signed(t, i.Key, crypto.SHA512, text) })},
		forgery{name: "RS512 that is RS256", token: swapped(i, members{"alg": "RS512"}, rsaSigned)},
	)
}

func signed(t *testing.T, key *directed.Key, hash crypto.Hash, text string) []byte {
	t.Helper()
	digest := hash.New()
	digest.Write([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key.Private, hash, digest.Sum(nil))
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func keyForgeries(t *testing.T, i *directed.Instance) []forgery {
	t.Helper()
	attacker := func(header members) string {
		return swapped(i, header, func(text string) []byte { return signed(t, i.Other, crypto.SHA256, text) })
	}
	der := base64.StdEncoding.EncodeToString(i.Other.DER())
	return []forgery{
		{name: "another instance's key under the same kid", token: attacker(nil)},
		{name: "another instance's key under its own kid", token: attacker(members{"kid": i.Other.ID})},
		{name: "another key, carried in the header", token: attacker(members{"jwk": i.Other.JWK().With(members{"kid": i.Key.ID})})},
		{name: "another key, carried in the header, without kid", token: attacker(members{"jwk": i.Other.JWK(), "kid": nil})},
		{name: "another key, to be fetched", token: attacker(members{"jku": "https://evil.example.com/jwks.json"})},
		{name: "another key, in a certificate", token: attacker(members{"x5c": []string{der}})},
		{name: "another key, in a certificate to be fetched", token: attacker(members{"x5u": "https://evil.example.com/cert.pem", "x5t": "AA"})},
		{name: "a kid that is a path", token: attacker(members{"kid": "../../../../../../dev/null"})},
		{name: "a kid that is a query", token: attacker(members{"kid": "x' UNION SELECT 'key';--"})},
		{name: "a kid that is a command", token: attacker(members{"kid": "key; id|"})},
		{name: "a kid that is an address", token: attacker(members{"kid": "https://evil.example.com/jwks.json"})},
		{name: "a kid of the prototype", token: attacker(members{"kid": "__proto__"})},
		{name: "an HMAC with an empty key for a kid that is a path", token: swapped(i, members{"alg": "HS256", "kid": "../../dev/null"}, hmacOf("\x00"))},
		{name: "no kid", token: i.Session(members{"kid": nil}, nil), withPEM: true},
		{name: "a kid in a list", token: i.Session(members{"kid": []string{i.Key.ID}}, nil), withPEM: true},
		{name: "a kid with another ending", token: i.Session(members{"kid": i.Key.ID + " "}, nil), withPEM: true},
		{name: "a kid in another case", token: i.Session(members{"kid": strings.ToUpper(i.Key.ID)}, nil), withPEM: true},
	}
}

// signatureForgeries are signatures whose padding somebody made who does not have the key, but for
// their power.
func signatureForgeries(t *testing.T, i *directed.Instance) []forgery {
	t.Helper()
	text, genuine, _ := cutLast(i.Session(nil, nil))
	raw, err := base64.RawURLEncoding.DecodeString(genuine)
	if err != nil {
		t.Fatal(err)
	}
	with := func(signature []byte) string { return text + "." + directed.Encode(string(signature)) }
	flipped := append([]byte{}, raw...)
	flipped[0] ^= 1
	larger := new(big.Int).Add(new(big.Int).SetBytes(raw), i.Key.Private.N).Bytes()
	negative := new(big.Int).Sub(i.Key.Private.N, new(big.Int).SetBytes(raw)).FillBytes(make([]byte, 256))
	list := []forgery{
		{name: "no signature", token: text + "."},
		{name: "no signature and no dot", token: text},
		{name: "a modified signature", token: with(flipped)},
		{name: "a short signature", token: with(raw[:255])},
		{name: "a short signature at its end", token: with(raw[1:])},
		{name: "a long signature", token: with(append(append([]byte{}, raw...), 0))},
		{name: "a signature with a leading zero", token: with(append([]byte{0}, raw...))},
		{name: "a signature plus the modulus", token: with(larger)},
		{name: "a signature minus the modulus", token: with(negative)},
		{name: "a signature of zeros", token: with(make([]byte, 256))},
		{name: "a signature that is one", token: with(append(make([]byte, 255), 1))},
		{name: "a signature that is the modulus", token: with(i.Key.Private.N.Bytes())},
		{name: "a signature that is the modulus minus one", token: with(new(big.Int).Sub(i.Key.Private.N, big.NewInt(1)).Bytes())},
		{name: "a signature of ones", token: with([]byte(strings.Repeat("\xff", 256)))},
	}
	sum := sha256.Sum256([]byte(text))
	sum512 := sha512.Sum512([]byte(text))
	const info = "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
	digest := info + string(sum[:])
	block := func(head, fill, rest string) string {
		return head + strings.Repeat(fill, 256-len(head)-len(rest)-1) + "\x00" + rest
	}
	for name, padded := range map[string]string{
		"an empty padding, then garbage":       "\x00\x01\xff\x00" + digest + strings.Repeat("\xaa", 256-4-len(digest)),
		"eight bytes of padding, then garbage": "\x00\x01" + strings.Repeat("\xff", 8) + "\x00" + digest + strings.Repeat("\x00", 256-11-len(digest)),
		"block type 0":                         block("\x00\x00", "\x00", digest),
		"block type 2":                         block("\x00\x02", "\xff", digest),
		"a padding of 0xfe":                    block("\x00\x01", "\xfe", digest),
		"no DigestInfo":                        block("\x00\x01", "\xff", string(sum[:])),
		"no NULL parameter":                    block("\x00\x01", "\xff", "\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x20"+string(sum[:])),
		"another hash's name":                  block("\x00\x01", "\xff", "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x20"+string(sum[:])),
		"another hash":                         block("\x00\x01", "\xff", "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"+string(sum512[:])),
		"bytes after the digest":               block("\x00\x01", "\xff", digest+"\x00"),
		"a longer form of a length":            block("\x00\x01", "\xff", "\x30\x81\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"+string(sum[:])),
		"another token's digest":               block("\x00\x01", "\xff", info+strings.Repeat("x", 32)),
	} {
		list = append(list, forgery{name: "a signature with " + name, token: with(power(i.Key, padded))})
	}
	return list
}

// power signs a padded block as it is.
func power(key *directed.Key, block string) []byte {
	return new(big.Int).Exp(new(big.Int).SetBytes([]byte(block)), key.Private.D, key.Private.N).FillBytes(make([]byte, 256))
}

func cutLast(token string) (before, after string, found bool) {
	at := strings.LastIndexByte(token, '.')
	return token[:at], token[at+1:], true
}
