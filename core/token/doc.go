// Package token decodes and verifies the JSON Web Tokens that Clerk issues: session tokens,
// handshake tokens, and the JWT forms of machine-to-machine and OAuth access tokens.
//
// [Decode] reads a token without trusting it. A [Verifier] checks signature, header and claims,
// with keys from one of two places: a PEM text ([ParsePEM]) or the instance's JSON Web Key Set
// ([NewRemote]). Refusals are [*Error] values whose [Reason] is spelled as in Clerk's other SDKs;
// an error that matches [ErrUnavailable], or an [*Error] whose Unavailable is set, means that keys
// could not be had: the answer is unknown, not no.
//
// Claims are read as [Value], which keeps what Go's usual JSON decoding loses: an absent claim is
// not null, names are case-sensitive, and the last of several equal names wins.
//
// Two things here are stricter than in Clerk's JavaScript SDK: a header or payload that is not a
// JSON object is not a token, and a time too large for a date counts against the token instead of
// for it.
package token
