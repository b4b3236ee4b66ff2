package webhook

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// signature is what the headers of a webhook say.
type signature struct {
	id         string
	seconds    string // since 1970
	time       time.Time
	signatures string // separated by spaces
}

// header returns the signature as the library reads it.
func (s *signature) header() http.Header {
	h := make(http.Header, 3)
	h.Set(standardwebhooks.HeaderWebhookID, s.id)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, s.seconds)
	h.Set(standardwebhooks.HeaderWebhookSignature, s.signatures)
	return h
}

// signatureOf reads the headers. Those of the two spellings are never mixed.
func signatureOf(header http.Header) (*signature, error) {
	prefix := "svix-"
	if values(header, "svix-id") == nil && values(header, "svix-timestamp") == nil && values(header, "svix-signature") == nil &&
		(values(header, "webhook-id") != nil || values(header, "webhook-timestamp") != nil || values(header, "webhook-signature") != nil) {
		prefix = "webhook-"
	}
	ids, times, texts := values(header, prefix+"id"), values(header, prefix+"timestamp"), values(header, prefix+"signature")
	var missing []string
	for _, h := range [...]struct {
		name   string
		values []string
	}{{"id", ids}, {"timestamp", times}, {"signature", texts}} {
		if len(h.values) == 0 {
			missing = append(missing, prefix+h.name)
		}
	}
	if len(missing) > 0 {
		return nil, &Error{kind: ErrMissingHeaders, detail: strings.Join(missing, ", ")}
	}
	s := &signature{id: ids[0], seconds: times[0], signatures: strings.Join(texts, " ")}
	// What is signed is the id, the time and the body, with dots between: an id with a dot could
	// pass a part of itself off as the time.
	if len(ids) > 1 || len(s.id) > maxHeader || strings.ContainsFunc(s.id, func(r rune) bool { return r <= ' ' || r > '~' || r == '.' }) {
		return nil, &Error{kind: ErrInvalidHeaders, detail: prefix + "id"}
	}
	seconds, err := strconv.ParseInt(s.seconds, 10, 64)
	if err != nil || len(times) > 1 || strconv.FormatInt(seconds, 10) != s.seconds || len(s.seconds) > len("99999999999") || seconds < 0 {
		return nil, &Error{kind: ErrInvalidHeaders, detail: prefix + "timestamp"}
	}
	if len(s.signatures) > maxHeader {
		return nil, &Error{kind: ErrInvalidHeaders, detail: prefix + "signature"}
	}
	s.time = time.Unix(seconds, 0)
	return s, nil
}

// values returns the values of a header that are not empty.
func values(header http.Header, name string) []string {
	var out []string
	for _, value := range header.Values(name) {
		if value = strings.TrimSpace(value); value != "" {
			out = append(out, value)
		}
	}
	return out
}
