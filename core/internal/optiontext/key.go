// Package optiontext judges the texts that people configure: what they mean, and what
// is wrong with those that cannot be meant.
package optiontext

import (
	"strings"
	"unicode"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/jstext"
)

// keyKind is what a text in the place of a key is.
type keyKind uint8

const (
	unknownKey keyKind = iota
	publishableKeyKind
	secretKeyKind
	machineKeyKind // or an API key, which looks the same
	m2mTokenKind
	oauthTokenKind
	webhookSecretKind
	jwtKind
	pemKind
	jsonKind
	urlKind
)

// keyPrefixes tell the kinds apart.
var keyPrefixes = [...]struct {
	prefix string
	kind   keyKind
}{
	{"pk_", publishableKeyKind},
	{"sk_", secretKeyKind},
	{"ak_", machineKeyKind},
	{"mt_", m2mTokenKind},
	{"oat_", oauthTokenKind},
	{"whsec_", webhookSecretKind},
	{"eyj", jwtKind},
	{"-----begin", pemKind},
	{"{", jsonKind},
	{"[", jsonKind},
	{"http://", urlKind},
	{"https://", urlKind},
}

func kindOfKey(text string) keyKind {
	for _, k := range keyPrefixes {
		if jstext.HasPrefixFold(text, k.prefix) {
			return k.kind
		}
	}
	return unknownKey
}

// named says what a text of a kind is and where it belongs.
func (k keyKind) named() string {
	switch k {
	case publishableKeyKind:
		return "holds a publishable key, which belongs into Options.PublishableKey (CLERK_PUBLISHABLE_KEY)"
	case secretKeyKind:
		return "holds a secret key, which belongs into Options.SecretKey (CLERK_SECRET_KEY)"
	case machineKeyKind:
		return "holds a machine's secret key or an API key; the first belongs into Options.MachineSecretKey (CLERK_MACHINE_SECRET_KEY)"
	case m2mTokenKind:
		return "holds a machine's token (mt_), which belongs into the Authorization header of a request"
	case oauthTokenKind:
		return "holds an OAuth access token (oat_), which belongs into the Authorization header of a request"
	case webhookSecretKind:
		return "holds the signing secret of a webhook, which belongs into CLERK_WEBHOOK_SIGNING_SECRET"
	case jwtKind:
		return "holds a token (a JWT), which belongs into the Authorization header of a request"
	case pemKind:
		return "holds a PEM key, which belongs into Options.JWTKey (CLERK_JWT_KEY)"
	case jsonKind:
		return "holds JSON, such as a JSON Web Key, instead of the key"
	case urlKind:
		return "holds a URL instead of the key"
	case unknownKey:
	}
	return "holds something else"
}

// spoiltKey says how a text that may be a key was spoilt on its way here, "" where
// it was not. It quotes nothing of it.
func spoiltKey(text string) string {
	lower := strings.ToLower(text)
	name, _, assigned := strings.Cut(lower, "=")
	switch {
	case strings.Trim(text, quotes) != text:
		return "stands in quotes: remove them; env files of Docker and of systemd are no shell scripts"
	case assigned && strings.HasSuffix(strings.TrimSpace(name), "_key"):
		return "holds the name of the variable too: give only what stands behind the ="
	case strings.HasPrefix(lower, "bearer "):
		return "starts with Bearer: give only the key"
	case isPlaceholder(lower):
		return "holds a placeholder: replace it"
	}
	return ""
}

// quotes are the quotation marks of programs and of word processors.
const quotes = "\"'`“”„‘’‚«»"

// isPlaceholder reports whether a text, in lower case, stands for a key in some
// documentation, or is a variable that nobody has expanded.
func isPlaceholder(lower string) bool {
	for _, mark := range [...]string{"…", "...", "<", ">", "your_", "your-", "your ", "_here", "${", "$(", "{{", "$clerk_", "$next_public_", "%clerk_"} {
		if strings.Contains(lower, mark) {
			return true
		}
	}
	rest := lower
	for _, prefix := range [...]string{clerkkey.TestPrefix, clerkkey.LivePrefix, "sk_test_", "sk_live_", "ak_"} {
		rest = strings.TrimPrefix(rest, prefix)
	}
	return len(rest) >= 3 && strings.Trim(rest, "x") == "" || len(rest) >= 3 && strings.Trim(rest, "*") == ""
}

// HoldsInvisible reports whether there is white space or something that cannot be
// seen, or sent in a header, within a text.
func HoldsInvisible(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return IsInvisible(r) || r > unicode.MaxASCII })
}

// PublishableKeyMistake says what is wrong with a publishable key that cannot be
// read.
func PublishableKeyMistake(key, secretKey string) string {
	if what := spoiltKey(key); what != "" {
		return what
	}
	switch kind := kindOfKey(key); {
	case kind == secretKeyKind && kindOfKey(secretKey) == publishableKeyKind:
		return "holds the secret key, and Options.SecretKey (CLERK_SECRET_KEY) the publishable key: swap them"
	case kind == secretKeyKind:
		return kind.named() + ". Whatever is in the field of the publishable key may become public: if this one did, rotate it"
	case kind != publishableKeyKind && kind != unknownKey:
		return kind.named()
	case HoldsInvisible(key):
		return "holds white space or a character that cannot be seen"
	case kind == unknownKey:
		return "starts with neither pk_test_ nor pk_live_"
	case strings.HasPrefix(key, clerkkey.TestPrefix), strings.HasPrefix(key, clerkkey.LivePrefix):
		return "is cut off or damaged: what stands behind " + key[:len(clerkkey.TestPrefix)] + " names no Frontend API"
	case jstext.HasPrefixFold(key, clerkkey.TestPrefix), jstext.HasPrefixFold(key, clerkkey.LivePrefix):
		return "starts with pk_test_ or pk_live_ in other letters: small ones are meant"
	}
	return "starts with pk_, but with neither pk_test_ nor pk_live_"
}

// SecretKeyMistake says why a text cannot be a secret key, "" where it can.
func SecretKeyMistake(key string) string {
	if what := spoiltKey(key); what != "" {
		return what
	}
	switch kind := kindOfKey(key); {
	case kind != secretKeyKind && kind != unknownKey:
		return kind.named()
	case HoldsInvisible(key):
		return "holds white space or a character that cannot be seen"
	case key == "sk_", key == "sk_test_", key == "sk_live_":
		return "is cut off: nothing stands behind " + key
	case strings.HasPrefix(key, "sk_"), clerkkey.IsDevelopmentSecret(key), clerkkey.IsProductionSecret(key):
		return ""
	case kind == secretKeyKind:
		return "starts with sk_ in other letters: small ones are meant"
	}
	return "starts with neither sk_test_ nor sk_live_"
}

// MachineKeyMistake says why a text cannot be a machine's secret key, "" where it
// can. The instance's secret key does as well.
func MachineKeyMistake(key string) string {
	if what := spoiltKey(key); what != "" {
		return what
	}
	switch kind := kindOfKey(key); {
	case kind == secretKeyKind:
		return SecretKeyMistake(key)
	case kind != machineKeyKind && kind != unknownKey:
		return kind.named()
	case HoldsInvisible(key):
		return "holds white space or a character that cannot be seen"
	case kind == unknownKey:
		return "does not start with ak_"
	}
	return ""
}

// JWTKeyMistake says what a text is that is no PEM key.
func JWTKeyMistake(text string) string {
	lower := strings.ToLower(text)
	kind := kindOfKey(text)
	switch {
	case kind == jsonKind:
		return "holds JSON, such as a JSON Web Key: the same key in PEM form is meant, the JWKS Public Key"
	case kind == urlKind:
		return "holds a URL: leave it empty, and the keys are loaded from Clerk"
	case strings.Contains(lower, "private key-----"):
		return "holds a private key: the instance's public key is meant. Keep private keys out of configuration"
	case strings.Contains(lower, "certificate-----"):
		return "holds a certificate: the public key is meant"
	case strings.Trim(text, quotes) != text:
		return spoiltKey(text)
	case kind == pemKind:
		return "is cut off or damaged"
	case kind != unknownKey:
		return kind.named()
	case spoiltKey(text) != "":
		return spoiltKey(text)
	case strings.HasSuffix(lower, ".pem"), strings.HasSuffix(lower, ".pub"), strings.HasSuffix(lower, ".key"), strings.HasSuffix(lower, ".crt"):
		return "holds the name of a file: give what is in the file"
	}
	return "is cut off or damaged"
}
