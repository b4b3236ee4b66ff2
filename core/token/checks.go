package token

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The checks of header and claims, in the order and with the messages of Clerk's documented
// behaviour.

// checkHeader checks typ and alg. Nil types means the default: JWT, or no typ at all.
func checkHeader(t *Token, types []string) error {
	if types == nil {
		if t.typ.exists && t.typ.value != "JWT" {
			return badType(t, "JWT")
		}
	} else if !t.typ.ok || !slices.Contains(types, t.typ.value) {
		return badType(t, types...)
	}
	if t.alg == otherAlgorithm {
		return ensure(ReasonInvalidAlgorithm,
			"Invalid JWT algorithm "+t.header.Get("alg").JSON()+". Supported: RS256,RS384,RS512.")
	}
	if t.critical {
		// Clerk's SDKs do not look at it. RFC 7515 says that who does not understand all that it
		// lists must refuse the token, and an empty or malformed one too.
		return ensure(ReasonInvalid, "Invalid JWT header crit "+t.header.Get("crit").JSON()+". No critical extension is supported.")
	}
	return nil
}

func badType(t *Token, allowed ...string) error {
	return ensure(ReasonInvalid,
		"Invalid JWT type "+t.header.Get("typ").JSON()+`. Expected "`+strings.Join(allowed, ", ")+`".`)
}

// demands are what a token's claims are held against. What is empty is not checked.
type demands struct {
	audience, parties, issuers []string
	skew                       time.Duration
	grace                      time.Duration // for exp alone
}

// checkClaims checks sub, aud, azp, iss, exp, nbf and iat.
func checkClaims(t *Token, d *demands, now time.Time) error {
	if !t.sub.ok {
		return ensure(ReasonVerificationFailed,
			"Subject claim (sub) is required and must be a string. Received "+t.claims.Get("sub").JSON()+".")
	}
	if err := checkAudience(t, d.audience); err != nil {
		return err
	}
	if len(d.parties) > 0 && (t.azp.value == "" || !slices.Contains(d.parties, t.azp.value)) {
		return refuse(ReasonInvalidAuthorizedParties, "Invalid JWT Authorized party claim (azp) "+
			t.claims.Get("azp").JSON()+`. Expected "`+strings.Join(d.parties, ",")+`".`)
	}
	if err := checkIssuer(t, d.issuers); err != nil {
		return err
	}
	return checkDates(t, now, d.skew, d.grace)
}

// checkIssuer compares exactly: neither case nor a trailing slash is forgiven.
func checkIssuer(t *Token, issuers []string) error {
	if len(issuers) == 0 {
		return nil
	}
	iss := t.claims.Get("iss")
	if text, ok := iss.Text(); ok && slices.Contains(issuers, text) {
		return nil
	}
	return ensure(ReasonInvalidIssuer,
		"Invalid JWT issuer claim (iss) "+iss.JSON()+`. Expected "`+strings.Join(issuers, ",")+`".`)
}

// checkAudience is lenient, as documented: a token without audience passes, and so does one with an
// audience of an odd shape.
func checkAudience(t *Token, audience []string) error {
	if len(audience) == 0 || !t.aud.full || t.aud.shape == audienceOther || overlap(t.aud.list, audience) {
		return nil
	}
	what := "claim"
	if t.aud.shape == audienceList {
		what = "claim array"
	}
	return ensure(ReasonVerificationFailed, "Invalid JWT audience "+what+" (aud) "+t.claims.Get("aud").JSON()+
		`. Is not included in "`+listJSON(audience)+`".`)
}

// checkOAuthAudience is the strict check for OAuth access tokens: with an audience configured, the
// token must have one.
func checkOAuthAudience(t *Token, audience []string) error {
	switch {
	case len(audience) == 0:
		return nil
	case t.aud.shape == audienceOther || slices.Contains(t.aud.list, ""):
		return refuse(ReasonVerificationFailed, "Invalid OAuth audience claim (aud) "+t.claims.Get("aud").JSON()+
			". Expected a non-empty string or a non-empty array of non-empty strings.")
	case !overlap(t.aud.list, audience):
		return refuse(ReasonVerificationFailed, "OAuth audience mismatch. Verification expected audience "+
			listJSON(audience)+", but incoming token has aud "+t.claims.Get("aud").JSON()+".")
	default:
		return nil
	}
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// listJSON prints a list of strings as JSON.stringify does.
func listJSON(list []string) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, s := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		quoted, _ := json.Marshal(s) // cannot fail for a string
		b.WriteString(Value{string(quoted)}.JSON())
	}
	b.WriteByte(']')
	return b.String()
}

// checkDates compares milliseconds, as Clerk's SDKs do. A date that is out of range is NaN, for
// which each comparison below is false: it counts against the token.
func checkDates(t *Token, now time.Time, skew, grace time.Duration) error {
	ms := float64(now.UnixMilli())
	by := float64(skew) / float64(time.Millisecond)
	if !t.exp.ok {
		return notNumber(t, "exp", "expiry date")
	}
	if !(t.exp.ms > ms-by-float64(grace)/float64(time.Millisecond)) {
		return refuse(ReasonExpired,
			"JWT is expired. Expiry date: "+formatDate(t.exp.ms)+", Current date: "+formatDate(ms)+".")
	}
	if t.nbf.exists && !t.nbf.ok {
		return notNumber(t, "nbf", "not before date")
	}
	if t.nbf.exists && !(t.nbf.ms <= ms+by) {
		return refuse(ReasonNotActiveYet, "JWT cannot be used prior to not before date claim (nbf). Not before date: "+
			formatDate(t.nbf.ms)+"; Current date: "+formatDate(ms)+";")
	}
	if t.iat.exists && !t.iat.ok {
		return notNumber(t, "iat", "issued at date")
	}
	if t.iat.exists && !(t.iat.ms <= ms+by) {
		return refuse(ReasonIATInTheFuture, "JWT issued at date claim (iat) is in the future. Issued at date: "+
			formatDate(t.iat.ms)+"; Current date: "+formatDate(ms)+";")
	}
	return nil
}

func notNumber(t *Token, name, title string) error {
	return ensure(ReasonVerificationFailed,
		"Invalid JWT "+title+" claim ("+name+") "+t.claims.Get(name).JSON()+". Expected number.")
}
