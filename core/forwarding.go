package core

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // fixed by the format that Clerk's SDK for Next.js reads
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // fixed by the format that Clerk's SDK for Next.js reads
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// forwardedHeaders are all of them.
var forwardedHeaders = [...]string{
	headerAuthStatus, headerAuthToken, headerAuthSignature, headerAuthMessage, headerAuthReason,
	headerClerkURL, headerRequestData, headerDebug,
}

// StripForwarded removes the headers with which a client could claim to be
// authenticated from a request that is to be forwarded. This package never reads
// them on its own.
func StripForwarded(h http.Header) {
	for _, name := range forwardedHeaders {
		h.Del(name)
	}
}

// Forwarding carries the authentication of a request from a gateway to a service
// behind it, in the format of Clerk's SDK for Next.js. Both sides need the same
// keys. The zero value refuses to work.
type Forwarding struct {
	// SecretKey signs the token.
	SecretKey string
	// EncryptionKey encrypts request data (CLERK_ENCRYPTION_KEY); empty means that
	// none is sent. Make one with: openssl rand --hex 32.
	EncryptionKey string
}

// Decorate adds the authentication of a request to the headers of the request
// that a gateway sends on, and removes what the client sent there. data is
// encrypted along when it is not nil.
func (f Forwarding) Decorate(h http.Header, ra *RequestAuth, data map[string]any) error {
	StripForwarded(h)
	if f.SecretKey == "" {
		return &Error{class: ErrConfiguration, message: "Forwarding.SecretKey is empty"}
	}
	s := ra.State()
	h.Set(headerAuthStatus, string(s.Status()))
	raw := s.Token()
	h.Set(headerAuthToken, raw)
	h.Set(headerAuthMessage, "")
	if message, ok := request.HeaderValue(s.Message()); ok {
		h.Set(headerAuthMessage, message)
	}
	h.Set(headerAuthReason, string(s.reason))
	h.Set(headerAuthSignature, "")
	if raw != "" {
		h.Set(headerAuthSignature, f.sign(raw))
	}
	h.Set(headerClerkURL, ra.publicURL().String())
	if data == nil {
		return nil
	}
	encrypted, err := f.Encrypt(data)
	if err == nil {
		h.Set(headerRequestData, encrypted)
	}
	return err
}

// sign is the signature of a token.
func (f Forwarding) sign(raw string) string {
	mac := hmac.New(sha1.New, []byte(f.SecretKey))
	mac.Write([]byte(raw))
	return hex.EncodeToString(mac.Sum(nil))
}

// Accept returns who the gateway says makes a request. It believes a session only
// if the signature over the token holds, compared in constant time; the token is
// then decoded, not verified again. Requests from anywhere else than the gateway
// must not reach a service that uses it.
func (f Forwarding) Accept(h http.Header) (*Auth, error) {
	if f.SecretKey == "" {
		return nil, &Error{class: ErrConfiguration, message: "Forwarding.SecretKey is empty"}
	}
	switch Status(h.Get(headerAuthStatus)) {
	case StatusSignedIn:
	case StatusSignedOut:
		s := &State{authResult: authResult{status: engine.SignedOut, tokenType: SessionToken, reason: reason.Reason(h.Get(headerAuthReason))}}
		return s.complete(nil).Auth(), nil
	default:
		return nil, &Error{class: ErrMiddlewareMissing, status: http.StatusInternalServerError, message: "the gateway's headers are missing: does it decorate its requests?"}
	}
	raw := h.Get(headerAuthToken)
	if raw == "" || !hmac.Equal([]byte(f.sign(raw)), []byte(h.Get(headerAuthSignature))) {
		return nil, errAuthSignature
	}
	t, err := token.Decode(raw)
	if err != nil || t.IsMachine() || t.IsNonSessionCategory() {
		return nil, errAuthSignature
	}
	s := &State{authResult: authResult{status: engine.SignedIn, tokenType: SessionToken, session: t}}
	auth := s.complete(nil).Auth()
	if auth.unreadable {
		return nil, errAuthSignature
	}
	return auth, nil
}

var errAuthSignature = &Error{
	class:   ErrUnauthenticated,
	status:  http.StatusUnauthorized,
	message: "Clerk: Unable to verify request, this usually means the Clerk middleware did not run (code=auth_signature_invalid)",
}

var errEncryptionKey = &Error{
	class: ErrConfiguration,
	message: "Clerk: Unable to decrypt request data, this usually means the encryption key is invalid: " +
		"set CLERK_ENCRYPTION_KEY on both sides to the same value (code=encryption_key_invalid)",
}

// Encrypt encrypts request data: AES-256-CBC with a key derived from
// EncryptionKey, in OpenSSL's salted format. The format has no protection of
// integrity: what comes out of [Forwarding.Decrypt] is to be trusted only as far
// as the connection to the gateway is.
func (f Forwarding) Encrypt(data map[string]any) (string, error) {
	if f.EncryptionKey == "" {
		return "", &Error{class: ErrConfiguration, message: "Clerk: Missing `CLERK_ENCRYPTION_KEY`: set it to encrypt request data (code=encryption_key_missing)"}
	}
	plain, err := json.Marshal(data)
	if err != nil {
		return "", errors.New("core: request data cannot be written as JSON")
	}
	salt := make([]byte, 8)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	key, iv := f.derive(salt)
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	for range padding {
		plain = append(plain, byte(padding))
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(append(append([]byte("Salted__"), salt...), plain...)), nil
}

// Decrypt reads what [Forwarding.Encrypt] wrote. An empty text is empty data.
func (f Forwarding) Decrypt(text string) (map[string]any, error) {
	if text == "" {
		return map[string]any{}, nil
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || f.EncryptionKey == "" || len(raw) < 16+aes.BlockSize || len(raw)%aes.BlockSize != 0 || string(raw[:8]) != "Salted__" {
		return nil, errEncryptionKey
	}
	key, iv := f.derive(raw[8:16])
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	plain := raw[16:]
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, plain)
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > aes.BlockSize {
		return nil, errEncryptionKey
	}
	for _, b := range plain[len(plain)-padding:] {
		if int(b) != padding {
			return nil, errEncryptionKey
		}
	}
	var data map[string]any
	if json.Unmarshal(plain[:len(plain)-padding], &data) != nil {
		return nil, errEncryptionKey
	}
	return data, nil
}

// derive is OpenSSL's EVP_BytesToKey with MD5 and one round.
func (f Forwarding) derive(salt []byte) (key, iv []byte) {
	var out, last []byte
	for len(out) < 48 {
		h := md5.New() //nolint:gosec // see the import
		h.Write(last)
		h.Write([]byte(f.EncryptionKey))
		h.Write(salt)
		last = h.Sum(nil)
		out = append(out, last...)
	}
	return out[:32], out[32:48]
}
