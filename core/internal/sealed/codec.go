package sealed

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"
)

// Entry is what is kept.
type Entry struct {
	At      time.Time // when it was true
	Expires time.Time
	Content []byte
}

// MaxContent is how much an entry holds at most.
const MaxContent = 1 << 20

// The layout of an entry: version, expiry, time, content, authentication code.
const (
	version  = "clerkgo1"
	head     = len(version) + 8 + 8
	overhead = head + sha256.Size
)

// Codec names and authenticates the entries of one instance. Safe for concurrent use.
type Codec struct {
	instance   string
	seal, name []byte // keys derived from the secret
	hide       cipher.AEAD
}

// NewCodec returns the codec of an instance with a secret, which nothing that is stored
// tells. It fails where no key can be derived from that.
func NewCodec(secret, instance string) (*Codec, error) {
	c := &Codec{instance: instance}
	var hide []byte
	for _, key := range [...]struct {
		of   *[]byte
		what string
	}{{&c.seal, "authentication"}, {&c.name, "names"}, {&hide, "encryption"}} {
		var err error
		if *key.of, err = hkdf.Key(sha256.New, []byte(secret), nil, "clerkgo store v1: "+key.what, sha256.Size); err != nil {
			return nil, err
		}
	}
	block, err := aes.NewCipher(hide)
	if err != nil {
		return nil, err
	}
	c.hide, err = cipher.NewGCMWithRandomNonce(block)
	return c, err
}

// Key is under which an entry is kept. It tells the kind, and of the name nothing.
func (c *Codec) Key(kind, name string) string {
	mac := hmac.New(sha256.New, c.name)
	c.about(mac, kind, name)
	return "clerkgo:" + kind + ":" + hex.EncodeToString(mac.Sum(nil))
}

// about writes what tells an entry from all others.
func (c *Codec) about(w interface{ Write([]byte) (int, error) }, kind, name string) {
	var length [8]byte
	for _, part := range [...]string{version, c.instance, kind, name} {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		_, _ = w.Write(length[:]) // Hashes and buffers take everything.
		_, _ = w.Write([]byte(part))
	}
}

func (c *Codec) code(kind, name string, sealed []byte) []byte {
	mac := hmac.New(sha256.New, c.seal)
	c.about(mac, kind, name)
	mac.Write(sealed)
	return mac.Sum(nil)
}

// Close returns an entry as it is stored: for everybody to read, and for nobody else to
// change.
func (c *Codec) Close(kind, name string, e Entry) []byte {
	value := make([]byte, 0, overhead+len(e.Content))
	value = append(value, version...)
	value = binary.BigEndian.AppendUint64(value, uint64(e.Expires.UnixMilli()))
	value = binary.BigEndian.AppendUint64(value, uint64(e.At.UnixMilli()))
	value = append(value, e.Content...)
	return append(value, c.code(kind, name, value)...)
}

var (
	errLength  = errors.New("it is too short or too long")
	errVersion = errors.New("it is of another version")
	errCode    = errors.New("its authentication code is another")
)

// Open returns a stored entry that was closed under the same name.
func (c *Codec) Open(kind, name string, value []byte) (Entry, error) {
	if len(value) < overhead || len(value) > overhead+MaxContent {
		return Entry{}, errLength
	}
	if !bytes.HasPrefix(value, []byte(version)) {
		return Entry{}, errVersion
	}
	body, code := value[:len(value)-sha256.Size], value[len(value)-sha256.Size:]
	if !hmac.Equal(code, c.code(kind, name, body)) {
		return Entry{}, errCode
	}
	times := body[len(version):head]
	return Entry{
		Expires: time.UnixMilli(int64(binary.BigEndian.Uint64(times[:8]))),
		At:      time.UnixMilli(int64(binary.BigEndian.Uint64(times[8:]))),
		Content: bytes.Clone(body[head:]),
	}, nil
}

// Hide encrypts what only this instance's processes may read, for the entry of a name.
func (c *Codec) Hide(kind, name string, content []byte) []byte {
	var about bytes.Buffer
	c.about(&about, kind, name)
	return c.hide.Seal(nil, nil, content, about.Bytes()) //nolint:gosec // The cipher draws its nonces itself.
}

// Show returns what was hidden for the same name.
func (c *Codec) Show(kind, name string, hidden []byte) ([]byte, error) {
	var about bytes.Buffer
	c.about(&about, kind, name)
	return c.hide.Open(nil, nil, hidden, about.Bytes())
}
