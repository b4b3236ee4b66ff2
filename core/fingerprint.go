package core

import (
	"hash/maphash"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/token"
)

// fingerprint is what a verdict on a request was made of, to notice where it
// changes: a request may be changed in place.
type fingerprint struct {
	// Of net/http, whose strings stay as they are.
	authorization, cookie string
	// Of other frameworks, whose memory does not.
	sum uint64
}

var fingerprintSeed = maphash.MakeSeed()

// fingerprintOf is the fingerprint of a verdict on r, for which nobody looked for cookies or
// somebody did.
func fingerprintOf(r Request, withoutCookies bool) fingerprint {
	var c request.Credentials
	return newFingerprint(r, c.Of(r), withoutCookies)
}

// newFingerprint is fingerprintOf for a request whose credentials may have been read.
func newFingerprint(r Request, c *request.Credentials, withoutCookies bool) fingerprint {
	var p fingerprint
	authorization := c.Authorization()
	var cookie []string
	if !withoutCookies {
		cookie = c.Cookie()
	}
	if _, ok := r.(request.HTTP); ok {
		p.authorization, p.cookie = strings.Join(authorization, "\n"), strings.Join(cookie, "\n")
		return p
	}
	for i, header := range [...][]string{authorization, cookie} {
		for _, value := range header {
			if i == 0 && len(authorization) == 1 {
				value = decisive(request.TrimOWS(value))
			}
			p.sum = p.sum*31 + maphash.String(fingerprintSeed, value) + uint64(i)
		}
	}
	return p
}

// decisive returns as much of an Authorization header as can decide: what follows a token is not
// read, and one that is too long is refused whatever it is, unless it is opaque and Clerk is asked.
func decisive(value string) string {
	const most = len("Bearer ") + token.MaxLength + 1
	if len(value) <= most {
		return value
	}
	switch raw := engine.AuthorizationToken(value); {
	case engine.OpaqueType(raw) != "":
		return value
	case len(raw) > token.MaxLength:
		return tooLong
	}
	return value[:most]
}

// tooLong stands for every token that is. No header has that value.
const tooLong = "\x00"
