package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/core/webhook"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// now is when the webhooks of these tests arrive.
var now = time.Unix(1795217577, 0)

// userCreated is an event, and userCreatedSignature what the JavaScript library standardwebhooks
// makes of it for the message msg_2Lh9 at now.
const (
	userCreated          = `{"type":"user.created","object":"event","timestamp":1795217576123,"instance_id":"ins_1","event_attributes":{"http_request":{"client_ip":"192.0.2.7","user_agent":"Firefox"}},"data":{"object":"user","id":"user_1","first_name":"Ada","username":null,"email_addresses":[{"id":"idn_1","email_address":"ada@example.com"}],"public_metadata":{"role":"admin"},"created_at":1795217576000}}`
	userCreatedSignature = "v1,8Tq1wt+rWc+PnwOB5CILjvuJW2dmIo+4gtgftZHBdis="
)

// sign computes a signature without the library.
func sign(tb testing.TB, secret, id, timestamp, body string) string {
	tb.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		tb.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func headers(pairs ...string) http.Header {
	h := make(http.Header)
	for i := 0; i+1 < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// signed are the headers of body, sent at that time.
func signed(tb testing.TB, at time.Time, body string) http.Header {
	tb.Helper()
	timestamp := strconv.FormatInt(at.Unix(), 10)
	return headers("svix-id", "msg_1", "svix-timestamp", timestamp, "svix-signature", sign(tb, secret, "msg_1", timestamp, body))
}

func newReceiver(tb testing.TB, o webhook.Options) *webhook.Receiver {
	tb.Helper()
	if o.Secret == "" {
		o.Secret = secret
	}
	if o.Now == nil {
		o.Now = func() time.Time { return now }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	r, err := webhook.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestVerifyReturnsTheEventOfAnotherLibrarysSignature(t *testing.T) {
	t.Parallel()
	event, err := newReceiver(t, webhook.Options{}).Verify(headers(
		"svix-id", "msg_2Lh9", "svix-timestamp", "1795217577", "svix-signature", userCreatedSignature), []byte(userCreated))
	if err != nil {
		t.Fatal(err)
	}
	if event.ID != "msg_2Lh9" || event.Type != webhook.UserCreated || event.InstanceID != "ins_1" ||
		!event.Time.Equal(now) || !event.OccurredAt.Equal(time.UnixMilli(1795217576123)) {
		t.Errorf("got event %+v", event)
	}
	if r := event.Attributes.HTTPRequest; r.ClientIP != "192.0.2.7" || r.UserAgent != "Firefox" {
		t.Errorf("got attributes %+v", r)
	}
	if string(event.Raw) != userCreated {
		t.Errorf("got raw body %s", event.Raw)
	}
	user, err := webhook.As[clerk.User](event)
	if err != nil {
		t.Fatal(err)
	}
	if user.ID != "user_1" || *user.FirstName != "Ada" || user.Username != nil ||
		user.EmailAddresses[0].EmailAddress != "ada@example.com" || string(user.PublicMetadata) != `{"role":"admin"}` {
		t.Errorf("got user %+v", user)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const body = `{"type":"session.created","data":{"id":"sess_1"}}`
	stamp := strconv.FormatInt(now.Unix(), 10)
	good := sign(t, secret, "msg_1", stamp, body)
	wrong := sign(t, "whsec_"+base64.StdEncoding.EncodeToString([]byte("another secret of 24 byt")), "msg_1", stamp, body)
	with := func(id, timestamp, signature string) http.Header {
		return headers("svix-id", id, "svix-timestamp", timestamp, "svix-signature", signature)
	}
	at := func(d time.Duration) http.Header { return signed(t, now.Add(d), body) }
	// A body whose beginning, up to the second dot, could move into the id.
	const forged = `{"type":"user.deleted","data":{"id":"user_1"}}`
	shifted := stamp + "." + forged
	for _, tt := range []struct {
		name   string
		header http.Header
		body   string
		want   error
		text   string
	}{
		{name: "accepts a signature", header: with("msg_1", stamp, good)},
		{name: "accepts the standard spelling", header: headers("webhook-id", "msg_1", "webhook-timestamp", stamp, "webhook-signature", good)},
		{name: "prefers svix-* over webhook-*", header: headers("svix-id", "msg_1", "svix-timestamp", stamp, "svix-signature", good,
			"webhook-id", "x", "webhook-timestamp", "1", "webhook-signature", "v1,x")},
		{name: "accepts one of several signatures", header: with("msg_1", stamp, wrong+" v2,abc  "+good+" v1")},
		{name: "accepts several signature headers", header: headers("svix-id", "msg_1", "svix-timestamp", stamp, "svix-signature", wrong, "svix-signature", good)},
		{name: "accepts white space around values", header: with(" msg_1 ", " "+stamp+" ", " "+good+" ")},
		{name: "accepts five minutes ago", header: at(-5 * time.Minute)},
		{name: "accepts in five minutes", header: at(5 * time.Minute)},

		{name: "refuses more than five minutes ago", header: at(-5*time.Minute - time.Second), want: webhook.ErrTimestamp, text: "too old"},
		{name: "refuses in more than five minutes", header: at(5*time.Minute + time.Second), want: webhook.ErrTimestamp, text: "future"},
		{name: "refuses a time at the end of time", header: with("msg_1", "9223372036854775807", good), want: webhook.ErrInvalidHeaders, text: "svix-timestamp"},
		{name: "refuses a negative time", header: with("msg_1", "-1", good), want: webhook.ErrInvalidHeaders, text: "svix-timestamp"},
		{name: "refuses a time with a sign", header: with("msg_1", "+"+stamp, good), want: webhook.ErrInvalidHeaders, text: "svix-timestamp"},
		{name: "refuses a time with a leading zero", header: with("msg_1", "0"+stamp, good), want: webhook.ErrInvalidHeaders, text: "svix-timestamp"},
		{name: "refuses a time that is no number", header: with("msg_1", stamp+"x", good), want: webhook.ErrInvalidHeaders, text: "svix-timestamp"},
		{name: "refuses two times", header: headers("svix-id", "msg_1", "svix-timestamp", stamp, "svix-timestamp", "1", "svix-signature", good), want: webhook.ErrInvalidHeaders, text: "svix-timestamp"},
		{name: "refuses two ids", header: headers("svix-id", "msg_1", "svix-id", "msg_2", "svix-timestamp", stamp, "svix-signature", good), want: webhook.ErrInvalidHeaders, text: "svix-id"},
		{name: "refuses an id that holds the time", header: with("msg_1."+stamp, stamp, sign(t, secret, "msg_1", stamp, shifted)), body: forged, want: webhook.ErrInvalidHeaders, text: "svix-id"},
		{name: "refuses a huge id", header: with(strings.Repeat("a", 5000), stamp, good), want: webhook.ErrInvalidHeaders, text: "svix-id"},
		{name: "refuses huge signatures", header: with("msg_1", stamp, strings.Repeat("v1,x ", 5000)+good), want: webhook.ErrInvalidHeaders, text: "svix-signature"},

		{name: "refuses a wrong secret", header: with("msg_1", stamp, wrong), want: webhook.ErrSignature},
		{name: "refuses another body", header: with("msg_1", stamp, good), body: body + " ", want: webhook.ErrSignature},
		{name: "refuses another id", header: with("msg_2", stamp, good), want: webhook.ErrSignature},
		{name: "refuses another time", header: with("msg_1", strconv.FormatInt(now.Unix()+1, 10), good), want: webhook.ErrSignature},
		{name: "refuses another version", header: with("msg_1", stamp, "v2"+strings.TrimPrefix(good, "v1")), want: webhook.ErrSignature},
		{name: "refuses a signature without version", header: with("msg_1", stamp, strings.TrimPrefix(good, "v1,")), want: webhook.ErrSignature},
		{name: "refuses an empty signature", header: with("msg_1", stamp, "v1,"), want: webhook.ErrSignature},
		{name: "refuses half a signature", header: with("msg_1", stamp, good[:20]), want: webhook.ErrSignature},
		{name: "hints at a body that was read before", header: with("msg_1", stamp, good), body: "-", want: webhook.ErrSignature, text: "something may have read it"},

		{name: "names all missing headers", header: http.Header{}, want: webhook.ErrMissingHeaders, text: "svix-id, svix-timestamp, svix-signature"},
		{name: "names a missing id", header: headers("svix-timestamp", stamp, "svix-signature", good), want: webhook.ErrMissingHeaders, text: "headers: svix-id"},
		{name: "names a missing time", header: headers("svix-id", "msg_1", "svix-signature", good), want: webhook.ErrMissingHeaders, text: "headers: svix-timestamp"},
		{name: "names a missing signature", header: headers("webhook-id", "msg_1", "webhook-timestamp", stamp), want: webhook.ErrMissingHeaders, text: "headers: webhook-signature"},
		{name: "takes an empty header for a missing one", header: with("msg_1", stamp, " "), want: webhook.ErrMissingHeaders, text: "headers: svix-signature"},
		{name: "does not complete one spelling with the other", header: headers("svix-id", "msg_1", "webhook-timestamp", stamp, "webhook-signature", good), want: webhook.ErrMissingHeaders, text: "svix-timestamp, svix-signature"},

		{name: "refuses what is signed and no JSON", header: signed(t, now, "hello"), body: "hello", want: webhook.ErrPayload},
		{name: "refuses what is signed and has no type", header: signed(t, now, `{"data":{}}`), body: `{"data":{}}`, want: webhook.ErrPayload},
		{name: "refuses what is signed and has no data", header: signed(t, now, `{"type":"a","data":null}`), body: `{"type":"a","data":null}`, want: webhook.ErrPayload},
		{name: "refuses what is signed and is null", header: signed(t, now, `null`), body: `null`, want: webhook.ErrPayload},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sent := tt.body
			switch sent {
			case "":
				sent = body
			case "-":
				sent = ""
			}
			event, err := newReceiver(t, webhook.Options{}).Verify(tt.header, []byte(sent))
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Fatalf("got error %v, want %v", err, tt.want)
			}
			if (event == nil) != (err != nil) {
				t.Errorf("got event %v with error %v", event, err)
			}
			if err == nil {
				return
			}
			if webhook.StatusOf(err) != http.StatusBadRequest {
				t.Errorf("got status %d", webhook.StatusOf(err))
			}
			if !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got error %q, want it to contain %q", err, tt.text)
			}
			if strings.Contains(err.Error(), strings.TrimPrefix(secret, "whsec_")) || strings.Contains(err.Error(), strings.TrimPrefix(good, "v1,")) {
				t.Errorf("error tells too much: %v", err)
			}
		})
	}
}

func TestReceive(t *testing.T) {
	t.Parallel()
	const body = `{"type":"user.deleted","data":{"object":"user","id":"user_1","deleted":true}}`
	header := signed(t, now, body)
	long := header.Clone()
	long.Set("Content-Length", "1000000")
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	for _, tt := range []struct {
		name   string
		header http.Header
		body   io.Reader
		max    int64
		want   error
		status int
	}{
		{name: "reads a body of exactly the limit", header: header, body: strings.NewReader(body), max: int64(len(body))},
		{name: "refuses a body above the limit", header: header, body: strings.NewReader(body), max: int64(len(body)) - 1, want: webhook.ErrTooLarge, status: 413},
		{name: "refuses an announced length without reading", header: long, body: iotest.ErrReader(errors.New("was read")), max: 999_999, want: webhook.ErrTooLarge, status: 413},
		{name: "reports a body that breaks off", header: header, body: iotest.ErrReader(io.ErrUnexpectedEOF), want: webhook.ErrBody, status: 400},
		{name: "takes no body for an empty one", header: header, body: nil, want: webhook.ErrSignature, status: 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log.Reset()
			event, err := newReceiver(t, webhook.Options{MaxBody: tt.max, Logger: logger}).Receive(tt.header, tt.body)
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Fatalf("got error %v, want %v", err, tt.want)
			}
			if err == nil {
				if event.Type != webhook.UserDeleted || log.Len() > 0 {
					t.Errorf("got event %+v, log %s", event, &log)
				}
				return
			}
			if got := webhook.StatusOf(err); got != tt.status {
				t.Errorf("got status %d, want %d", got, tt.status)
			}
			if !strings.Contains(log.String(), tt.want.Error()) {
				t.Errorf("got log %q, want the reason", &log)
			}
		})
	}
}

func TestVerifyRefusesALargeBody(t *testing.T) {
	t.Parallel()
	body := strings.Repeat(" ", 1<<20+1)
	_, err := newReceiver(t, webhook.Options{}).Verify(signed(t, now, body), []byte(body))
	if !errors.Is(err, webhook.ErrTooLarge) {
		t.Errorf("got error %v, want %v", err, webhook.ErrTooLarge)
	}
}

func TestVerifyKeepsNothingOfTheBody(t *testing.T) {
	t.Parallel()
	body := []byte(userCreated)
	event, err := newReceiver(t, webhook.Options{}).Verify(signed(t, now, userCreated), body)
	if err != nil {
		t.Fatal(err)
	}
	clear(body)
	if string(event.Raw) != userCreated || !strings.Contains(string(event.Data), "user_1") {
		t.Errorf("got event %+v after the body was reused", event)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	env := func(value string) func(string) (string, bool) {
		return func(name string) (string, bool) { return value, name == "CLERK_WEBHOOK_SIGNING_SECRET" }
	}
	for _, tt := range []struct {
		name    string
		options webhook.Options
		text    string
	}{
		{
			name:    "takes the secret from the options",
			options: webhook.Options{Secret: secret, LookupEnv: env("whsec_!")},
		},
		{name: "takes the secret from the environment", options: webhook.Options{LookupEnv: env(secret)}},
		{
			name:    "takes a secret without its prefix",
			options: webhook.Options{Secret: strings.TrimPrefix(secret, "whsec_")},
		},
		{name: "ignores white space around the secret", options: webhook.Options{Secret: secret + "\n"}},
		{
			name: "misses the secret", options: webhook.Options{LookupEnv: env("")},
			text: "CLERK_WEBHOOK_SIGNING_SECRET",
		},
		{name: "refuses an empty secret", options: webhook.Options{Secret: "whsec_"}, text: "not whsec_ and base64"},
		{
			name: "refuses a secret that is no base64", options: webhook.Options{Secret: "whsec_k€y"},
			text: "not whsec_ and base64",
		},
		{name: "refuses a negative limit", options: webhook.Options{Secret: secret, MaxBody: -1}, text: "MaxBody"},
		{
			name: "refuses a learner that is not there", options: webhook.Options{Secret: secret, Clerk: (*listener)(nil)},
			text: "Options.Clerk is a nil *webhook_test.listener: handle the error of core.New",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.options.Now = func() time.Time { return now }
			r, err := webhook.New(tt.options)
			if tt.text == "" {
				if err != nil {
					t.Fatal(err)
				}
				if _, err := r.Verify(signed(t, now, userCreated), []byte(userCreated)); err != nil {
					t.Errorf("does not verify: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "k€y") {
				t.Errorf("got error %v, want one about %q", err, tt.text)
			}
		})
	}
}

// listener learns of events, where there is one.
type listener struct{ heard int }

func (l *listener) HandleEvent(context.Context, *webhook.Event) error {
	l.heard++
	return nil
}

func TestMustPanicsWithTheFault(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]webhook.Options{
		"secret":        {{Secret: "whsec_"}},
		"more than one": {{Secret: secret}, {}},
		"Options.Clerk": {{Secret: secret, Clerk: (*listener)(nil)}},
	} {
		func() {
			defer func() {
				if err, _ := recover().(error); err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("got panic %v, want one about %q", err, name)
				}
			}()
			webhook.Must(options...)
		}()
	}
	if webhook.Must(webhook.Options{Secret: secret}) == nil {
		t.Error("got no receiver")
	}
}

func TestAs(t *testing.T) {
	t.Parallel()
	event := func(kind webhook.Type, data string) *webhook.Event {
		return &webhook.Event{Type: kind, Data: []byte(data)}
	}
	const data = `{"id":"x_1"}`
	type own struct {
		ID string `json:"id"`
	}
	as := map[string]func(*webhook.Event) (string, error){
		"user":         idAs(func(u clerk.User) string { return u.ID }),
		"pointer":      idAs(func(u *clerk.User) string { return u.ID }),
		"session":      idAs(func(s clerk.Session) string { return s.ID }),
		"organization": idAs(func(o clerk.Organization) string { return o.ID }),
		"membership":   idAs(func(m clerk.OrganizationMembership) string { return m.ID }),
		"deleted":      idAs(func(d webhook.Deleted) string { return d.ID }),
		"own":          idAs(func(o own) string { return o.ID }),
	}
	for _, tt := range []struct {
		kind webhook.Type
		want string // the types that fit, sorted
	}{
		{kind: webhook.UserCreated, want: "own pointer user"},
		{kind: webhook.UserUpdated, want: "own pointer user"},
		{kind: webhook.UserDeleted, want: "deleted own"},
		{kind: webhook.SessionCreated, want: "own session"},
		{kind: webhook.SessionEnded, want: "own session"},
		{kind: webhook.SessionRemoved, want: "own session"},
		{kind: webhook.SessionRevoked, want: "own session"},
		{kind: webhook.OrganizationCreated, want: "organization own"},
		{kind: webhook.OrganizationUpdated, want: "organization own"},
		{kind: webhook.OrganizationDeleted, want: "deleted own"},
		{kind: webhook.MembershipCreated, want: "membership own"},
		{kind: webhook.MembershipUpdated, want: "membership own"},
		{kind: webhook.MembershipDeleted, want: "membership own"},
		{kind: "role.deleted", want: "deleted own"},
		{kind: "email.created", want: "own"},
		{kind: "userx", want: "own"},
	} {
		var fits []string
		for _, name := range []string{"deleted", "membership", "organization", "own", "pointer", "session", "user"} {
			id, err := as[name](event(tt.kind, data))
			switch {
			case err == nil && id == "x_1":
				fits = append(fits, name)
			case !errors.Is(err, webhook.ErrType):
				t.Errorf("%s as %s: got id %q, error %v", tt.kind, name, id, err)
			}
		}
		if diff := cmp.Diff(tt.want, strings.Join(fits, " ")); diff != "" {
			t.Errorf("%s fits (-want +got):\n%s", tt.kind, diff)
		}
	}
	if _, err := as["user"](event(webhook.UserCreated, `{"id":{"secret":1}}`)); !errors.Is(err, webhook.ErrPayload) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got error %v, want %v", err, webhook.ErrPayload)
	}
}

// idAs decodes an event as a T and returns its id.
func idAs[T any](id func(T) string) func(*webhook.Event) (string, error) {
	return func(e *webhook.Event) (string, error) {
		data, err := webhook.As[T](e)
		if err != nil {
			return "", err
		}
		return id(*data), nil
	}
}

func TestSignIsAccepted(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, webhook.Options{})
	header, err := r.Sign("msg_9", now, []byte(userCreated))
	if err != nil {
		t.Fatal(err)
	}
	if event, err := r.Verify(header, []byte(userCreated)); err != nil || event.ID != "msg_9" {
		t.Errorf("got event %+v, error %v", event, err)
	}
}

func FuzzVerify(f *testing.F) {
	body := userCreated
	stamp := strconv.FormatInt(now.Unix(), 10)
	f.Add("svix-", "msg_1", stamp, sign(f, secret, "msg_1", stamp, body), body)
	f.Add("webhook-", "msg_1", "1e9", "v1", "{}")
	f.Add("svix-", "msg.1", "-5", ",,, ,v1", "")
	r := newReceiver(f, webhook.Options{})
	f.Fuzz(func(t *testing.T, prefix, id, timestamp, signature, body string) {
		event, err := r.Verify(headers(prefix+"id", id, prefix+"timestamp", timestamp, prefix+"signature", signature), []byte(body))
		if err != nil {
			if event != nil || webhook.StatusOf(err) < 400 {
				t.Fatalf("got event %v with error %v", event, err)
			}
			return
		}
		// Accepted: then one of the signatures must be the one that we compute.
		want := sign(t, secret, strings.TrimSpace(id), strings.TrimSpace(timestamp), body)
		found := false
		for s := range strings.FieldsSeq(signature) {
			found = found || strings.HasPrefix(s+",", want+",")
		}
		if seconds, err := strconv.ParseInt(strings.TrimSpace(timestamp), 10, 64); !found || err != nil ||
			now.Unix()-seconds > 300 || seconds-now.Unix() > 300 {
			t.Fatalf("accepted a forgery: id %q, timestamp %q, signature %q", id, timestamp, signature)
		}
	})
}
