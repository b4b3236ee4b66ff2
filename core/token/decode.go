package token

import (
	"bytes"
	"encoding/base64"
	"math"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
)

// MaxLength is the length of the longest token that is looked at, in bytes. It is what Node.js, and
// with it Clerk's JavaScript SDKs, accept for all headers of a request together, so no token that
// works there is longer.
const MaxLength = 16 << 10

// The values of the header member "cat", which says what a token was issued for.
const (
	CategorySession  = "cl_B7d4PD111AAA"
	CategoryTemplate = "cl_B7d4PD222AAA"
	CategoryM2M      = "cl_B7d4PD333AAA"
	// CategoryIgnore is on every kind of token of instances that do not use categories.
	CategoryIgnore = "cl_I7d4PD111III"
)

// Token is a decoded token, verified or not: that depends on where it comes from. It is immutable
// and safe to share.
type Token struct {
	raw     string
	signed  string // header and payload as received
	sig     []byte
	payload string
	header  Object
	claims  Object

	// What verification reads, looked up once.
	alg           algorithm
	critical      bool // there is a header member crit
	typ, kid, cat text
	sub, azp      text
	aud           audience
	exp, nbf, iat date

	// What usual tokens need, in one piece with the rest.
	memberRoom   [5]member // of the header
	audienceRoom [1]string

	memo    any // not written again once hasMemo is set
	hasMemo atomic.Bool
	making  sync.Mutex            // to set memo
	known   atomic.Pointer[entry] // in the cache that has the token
}

// Memo returns what build makes of the token. The result is kept with the token, as long as a
// verifier remembers it, and handed out again: it must be immutable, and build must not depend on
// anything else. Concurrent first calls may build more than once; all get the same result.
func (t *Token) Memo(build func(*Token) any) any {
	if t.hasMemo.Load() {
		return t.memo
	}
	made := build(t)
	t.making.Lock()
	defer t.making.Unlock()
	if !t.hasMemo.Load() {
		t.memo = made
		t.hasMemo.Store(true)
	}
	return t.memo
}

// text is a member that should be a string.
type text struct {
	value  string
	exists bool
	ok     bool // it is a string
}

func textOf(v Value) text {
	s, ok := v.Text()
	return text{s, v.Exists(), ok}
}

// audience is the claim aud.
type audience struct {
	list  []string // of a string, or of an array that holds only strings
	shape audienceShape
	full  bool // JavaScript sees something other than empty values in it
}

type audienceShape int

const (
	audienceOther audienceShape = iota
	audienceText
	audienceList // with at least one element
)

// audienceOf reads the claim. A single one goes into room.
func audienceOf(v Value, room []string) audience {
	if s, ok := v.Text(); ok {
		return audience{append(room, s), audienceText, s != ""}
	}
	if !v.is('[') {
		return audience{full: v.Truthy()}
	}
	a := audience{}
	for e := range v.each() {
		a.full = a.full || e.Truthy()
	}
	if list, ok := v.Strings(); ok && len(list) > 0 {
		a.list, a.shape = list, audienceList
	}
	return a
}

// date is a claim that should be a number of seconds.
type date struct {
	exists bool
	ok     bool    // it is a number
	n      float64 // that number
	ms     float64 // since 1970, in whole seconds; NaN: outside of what a date can be
}

const maxDate = 8.64e15 // milliseconds, the limit of ECMAScript's dates

func dateOf(v Value) date {
	n, ok := v.Number()
	ms := math.Trunc(n) * 1000
	if math.Abs(ms) > maxDate {
		ms = math.NaN()
	}
	return date{v.Exists(), ok, n, ms}
}

// Decode reads a token without verifying it: nothing in the result can be trusted. The error is
// [ErrTooLong], [ErrForm] or [ErrUndecodable]. The result does not refer to raw, whose memory may
// be reused.
//
// As in Clerk's SDKs, each part may end in any number of "=", a leading byte order mark is dropped,
// and bytes that are not UTF-8 read as U+FFFD. Otherwise the encoding is strict: no other alphabet,
// no line ends, no stray bits.
func Decode(raw string) (*Token, error) {
	if len(raw) > MaxLength {
		return nil, ErrTooLong
	}
	first := strings.IndexByte(raw, '.')
	second := first + 1 + strings.IndexByte(raw[first+1:], '.')
	if first < 0 || second <= first || strings.IndexByte(raw[second+1:], '.') >= 0 {
		return nil, ErrForm
	}
	// What is read and what is signed are the same copy: the caller's memory might change
	// meanwhile.
	var room [2048]byte // enough for usual tokens
	text := append(room[:0], raw...)
	if !mayBeObject(text) || !mayBeObject(text[first+1:]) {
		return nil, ErrUndecodable
	}
	var headerRoom [256]byte
	header, ok := decodePart(text[:first], headerRoom[:])
	if !ok {
		return nil, ErrUndecodable
	}
	var payloadRoom [1024]byte
	payload, ok := decodePart(text[first+1:second], payloadRoom[:])
	if !ok {
		return nil, ErrUndecodable
	}
	sig, ok := decodePart(text[second+1:], nil)
	if !ok {
		return nil, ErrUndecodable
	}
	t := &Token{sig: sig, payload: decodeUTF8(payload), alg: otherAlgorithm}
	// One text holds the token and its header.
	end := len(text)
	kept := string(append(text, withoutMark(header)...))
	t.raw, t.signed = kept[:end], kept[:second]
	if t.header, ok = parseObject(jstext.ToValidUTF8(kept[end:]), t.memberRoom[:0]); !ok {
		return nil, ErrUndecodable
	}
	if t.claims, ok = parseObject(t.payload, make([]member, 0, usualClaims)); !ok {
		return nil, ErrUndecodable
	}
	for _, m := range t.header.members { // in order: the last of several equal names wins
		switch m.name {
		case "typ":
			t.typ = textOf(m.value)
		case "kid":
			t.kid = textOf(m.value)
		case "cat":
			t.cat = textOf(m.value)
		case "alg":
			t.alg = algorithmOf(m.value)
		case "crit":
			t.critical = true
		}
	}
	for _, m := range t.claims.members {
		switch m.name {
		case "sub":
			t.sub = textOf(m.value)
		case "azp":
			t.azp = textOf(m.value)
		case "aud":
			t.aud = audienceOf(m.value, t.audienceRoom[:0])
		case "exp":
			t.exp = dateOf(m.value)
		case "nbf":
			t.nbf = dateOf(m.value)
		case "iat":
			t.iat = dateOf(m.value)
		}
	}
	return t, nil
}

// The errors of [Decode]: each is always the same [*Error], with [ReasonInvalid].
var (
	ErrTooLong     error = refuse(ReasonInvalid, "Invalid JWT form. The token is too long.")
	ErrForm        error = refuse(ReasonInvalid, "Invalid JWT form. A JWT consists of three parts separated by dots.")
	ErrUndecodable error = refuse(ReasonInvalid, "Invalid JWT form. The header, payload, or signature could not be decoded.")
)

// mayBeObject reports whether a part begins as the encoding of a JSON object does, perhaps after
// space or a byte order mark. It spares the work on what is no token at all.
func mayBeObject(part []byte) bool {
	if len(part) < 2 {
		return false
	}
	var b [2]byte
	if n, err := base64.RawURLEncoding.Decode(b[:], part[:2]); err != nil || n != 1 {
		return false
	}
	switch b[0] {
	case '{', ' ', '\t', '\n', '\r', "\uFEFF"[0]:
		return true
	}
	return false
}

// usualClaims is how many claims a session token has at most, as a rule.
const usualClaims = 16

// strict refuses stray bits at the end. It still skips line ends, so those are looked for before.
var strict = base64.RawURLEncoding.Strict()

// decodePart decodes into room, if that is large enough.
func decodePart(part, room []byte) (b []byte, ok bool) {
	if bytes.IndexByte(part, '\n') >= 0 || bytes.IndexByte(part, '\r') >= 0 {
		return nil, false
	}
	part = bytes.TrimRight(part, "=")
	if size := strict.DecodedLen(len(part)); size > len(room) {
		room = make([]byte, size)
	}
	n, err := strict.Decode(room, part)
	return room[:n], err == nil
}

// decodeUTF8 does what a TextDecoder does: it drops a leading byte order mark, and each longest
// start of a sequence that is not UTF-8 becomes one U+FFFD.
func decodeUTF8(b []byte) string { return jstext.ToValidUTF8(string(withoutMark(b))) }

// withoutMark drops a leading byte order mark.
func withoutMark(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\uFEFF")) }

// IssuedAt returns the claim iat, in seconds since 1970; ok is false where it is no number.
func (t *Token) IssuedAt() (seconds float64, ok bool) { return t.iat.n, t.iat.ok }

// Raw returns the token as it was received.
func (t *Token) Raw() string { return t.raw }

// Header returns the members of the JOSE header.
func (t *Token) Header() Object { return t.header }

// Claims returns the members of the payload.
func (t *Token) Claims() Object { return t.claims }

// Payload returns a copy of the payload's JSON text.
func (t *Token) Payload() []byte { return []byte(t.payload) }
