// Package webhook receives Clerk's webhooks.
//
// A [Receiver] verifies that a request comes from Clerk, over its raw body and before anything of
// it is parsed, and returns an [Event]. [As] gives the event's data a type:
//
//	receiver, err := webhook.New(webhook.Options{}) // secret from CLERK_WEBHOOK_SIGNING_SECRET
//	event, err := receiver.Receive(r.Header, r.Body)
//	switch event.Type {
//	case webhook.UserCreated, webhook.UserUpdated:
//		user, err := webhook.As[clerk.User](event)
//	case webhook.UserDeleted:
//		deleted, err := webhook.As[webhook.Deleted](event)
//	}
//
// The adapters ginclerk, echoclerk and fiberclerk wrap this into a handler, called Webhook. Clerk
// delivers an event again until it is answered with a 2xx status, and perhaps once more than
// needed: use [Event].ID to tell repetitions.
//
// With Options.Clerk, sessions, users and memberships that Clerk ends are refused at once:
//
//	receiver, err := webhook.New(webhook.Options{Clerk: clerk}) // a *core.Clerk
//
// Webhooks carry no session, so their route must not be guarded.
package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	// Window is how far the time of a webhook may be from ours, in either direction.
	Window = 5 * time.Minute
	// defaultMaxBody is the size limit where Options.MaxBody is 0.
	defaultMaxBody = 1 << 20
	// maxHeader bounds the headers of the signature, which are a few hundred bytes.
	maxHeader = 4 << 10

	secretVariable = "CLERK_WEBHOOK_SIGNING_SECRET"
)

// Options configures a [Receiver]. The zero value takes the secret from the environment.
type Options struct {
	// Secret is the endpoint's signing secret (CLERK_WEBHOOK_SIGNING_SECRET), as Clerk's dashboard
	// shows it: whsec_ and base64.
	Secret string
	// MaxBody is the largest body in bytes that is read. Zero means 1 MiB.
	MaxBody int64
	// Clerk is the instance whose webhooks these are, a *core.Clerk: it learns of each event what
	// was revoked, before the event is handed over, so that tokens which live on are refused at
	// once. Its error, that a fleet could not be told, refuses the webhook with 503
	// ([ErrNotLearnt]), so that Clerk delivers it again. Nil means that nobody learns.
	Clerk Learner
	// Now is the clock. Nil means [time.Now]. It must be safe for concurrent use.
	Now func() time.Time
	// LookupEnv reads environment variables. Nil means [os.LookupEnv].
	LookupEnv func(key string) (string, bool)
	// Logger receives a warning for refused webhooks, because their sender is told no more than the
	// status: one a minute for each kind of refusal, with the number of those left out. Nil means
	// [slog.Default].
	Logger *slog.Logger
}

// Learner learns from verified events. It is safe for concurrent use, fast, and does not keep
// or change them.
type Learner interface {
	HandleEvent(ctx context.Context, e *Event) error
}

// Receiver verifies webhooks of one endpoint. Make one with [New]. It is safe for concurrent use.
type Receiver struct {
	key     *standardwebhooks.Webhook
	maxBody int64
	learner Learner
	now     func() time.Time
	log     *slog.Logger
	refused refusals // as the log has them
}

// New compiles options into a Receiver. It fails without a usable secret, and where Options.Clerk
// is a nil pointer.
func New(o Options) (*Receiver, error) {
	secret := o.Secret
	if secret == "" {
		lookup := o.LookupEnv
		if lookup == nil {
			lookup = os.LookupEnv
		}
		secret, _ = lookup(secretVariable)
	}
	secret = strings.TrimSpace(secret)
	if secret == "" {
		return nil, errors.New("webhook: Missing webhook signing secret. Set the " + secretVariable +
			" environment variable, or Options.Secret, to the signing secret of the endpoint from Clerk's dashboard")
	}
	key, err := standardwebhooks.NewWebhook(secret)
	if err != nil || strings.TrimPrefix(secret, "whsec_") == "" {
		// The cause would quote a part of the secret.
		return nil, errors.New("webhook: the signing secret is not whsec_ and base64: copy it again from Clerk's dashboard into " +
			secretVariable + " or Options.Secret")
	}
	if o.MaxBody < 0 {
		return nil, errors.New("webhook: Options.MaxBody is negative")
	}
	if v := reflect.ValueOf(o.Clerk); v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, fmt.Errorf("webhook: Options.Clerk is a nil %T: handle the error of core.New, which says what is wrong, or leave Clerk out", o.Clerk)
	}
	r := &Receiver{key: key, maxBody: o.MaxBody, learner: o.Clerk, now: o.Now, log: o.Logger}
	if r.maxBody == 0 {
		r.maxBody = defaultMaxBody
	}
	if r.now == nil {
		r.now = time.Now //nolint:forbidigo // the one place where the real clock enters
	}
	if r.log == nil {
		r.log = slog.Default()
	}
	return r, nil
}

// Must is [New] for start-up code that cannot go on without its receiver: it panics where New
// fails. It takes one Options at most.
func Must(opts ...Options) *Receiver {
	var o Options
	if len(opts) == 1 {
		o = opts[0]
	}
	r, err := New(o)
	if len(opts) > 1 {
		err = errors.New("webhook: more than one Options given: put everything into one")
	}
	if err != nil {
		panic(err) //nolint:forbidigo // documented; at start-up only
	}
	return r
}

// Receive reads a request's raw body and verifies it as [Receiver.Verify] does. It reads no more
// than Options.MaxBody allows. Failures are logged: see Options.Logger.
func (r *Receiver) Receive(header http.Header, body io.Reader) (*Event, error) {
	event, err := r.receive(header, body)
	if err != nil {
		r.logRefusal(err)
	}
	return event, err
}

func (r *Receiver) receive(header http.Header, body io.Reader) (*Event, error) {
	if body == nil {
		body = http.NoBody
	}
	if length, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64); err == nil && length > r.maxBody {
		return nil, &Error{kind: ErrTooLarge}
	}
	raw, err := io.ReadAll(io.LimitReader(body, r.maxBody+1))
	switch {
	case err != nil:
		return nil, &Error{kind: ErrBody, cause: err}
	case int64(len(raw)) > r.maxBody:
		return nil, &Error{kind: ErrTooLarge}
	}
	return r.verify(header, raw)
}

// Verify returns the event of a webhook, if its signature is of the last five minutes (or the next,
// for clocks differ) and made with the endpoint's secret over exactly this body. Errors are an
// [*Error]. body is not kept.
//
// The signature is in the headers svix-id, svix-timestamp and svix-signature; without any of these,
// in webhook-id, webhook-timestamp and webhook-signature.
func (r *Receiver) Verify(header http.Header, body []byte) (*Event, error) {
	if int64(len(body)) > r.maxBody {
		return nil, &Error{kind: ErrTooLarge}
	}
	return r.verify(header, bytes.Clone(body))
}

// verify keeps body.
func (r *Receiver) verify(header http.Header, body []byte) (*Event, error) {
	s, err := signatureOf(header)
	if err != nil {
		return nil, err
	}
	switch age := r.now().Sub(s.time); {
	case age > Window:
		return nil, &Error{kind: ErrTimestamp, detail: "too old"}
	case age < -Window:
		return nil, &Error{kind: ErrTimestamp, detail: "in the future"}
	}
	// The library's own look at the time goes by the real clock.
	if err := r.key.VerifyIgnoringTimestamp(body, s.header()); err != nil {
		detail := ""
		if len(body) == 0 {
			detail = "the body is empty: something may have read it before"
		}
		return nil, &Error{kind: ErrSignature, detail: detail}
	}
	event, err := newEvent(s, body)
	if err != nil || r.learner == nil {
		return event, err
	}
	if err := r.learner.HandleEvent(context.Background(), event); err != nil {
		return nil, &Error{kind: ErrNotLearnt, cause: err}
	}
	return event, nil
}

// Sign returns the headers with which Clerk would send body at that time, for tests of your
// handlers.
func (r *Receiver) Sign(id string, at time.Time, body []byte) (http.Header, error) {
	text, err := r.key.Sign(id, at, body)
	if err != nil {
		return nil, fmt.Errorf("webhook: cannot sign: %w", err)
	}
	h := make(http.Header)
	h.Set("svix-id", id)
	h.Set("svix-timestamp", strconv.FormatInt(at.Unix(), 10))
	h.Set("svix-signature", text)
	return h, nil
}
