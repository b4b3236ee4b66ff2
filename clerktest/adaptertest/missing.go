package adaptertest

import (
	"errors"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
)

// Missing are an adapter's functions, called with nil for what requests cannot do without.
type Missing struct {
	// With gives the adapter's With an instance, MiddlewareFunc and OnRefuse give theirs a nil
	// function.
	With                     func(*core.Clerk)
	MiddlewareFunc, OnRefuse func()
	// Receiver gives the adapter's Webhook a nil receiver and a function, Handler a receiver and a
	// nil function.
	Receiver func()
	Handler  func(*webhook.Receiver)
}

// RunMissing calls functions of an adapter, which has this name, with nil: they panic at once, not
// in the first request, and say what to do.
//
//	func TestMissing(t *testing.T) { adaptertest.RunMissing(t, "ginclerk", adaptertest.Missing{...}) }
func RunMissing(t *testing.T, name string, calls Missing) {
	t.Helper()
	receiver := webhook.Must(webhook.Options{Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
	ignored, err := core.New(core.Options{PublishableKey: "oops", LookupEnv: func(string) (string, bool) { return "", false }})
	if err == nil || ignored != nil {
		t.Fatalf("got %v, %v, want no instance", ignored, err)
	}
	const ofNew, ofReceiver, function = "handle the error of core.New", "handle the error of webhook.New", "a nil function: pass one, or leave "
	for _, row := range [...]struct {
		name   string
		call   func()
		where  string
		remedy string
	}{
		{name: "an instance that core.New did not make", call: func() { calls.With(ignored) }, where: "With", remedy: ofNew},
		{name: "an instance that nobody made", call: func() { calls.With(new(core.Clerk)) }, where: "With", remedy: ofNew},
		{name: "MiddlewareFunc without a function", call: calls.MiddlewareFunc, where: "MiddlewareFunc", remedy: function + "MiddlewareFunc out"},
		{name: "OnRefuse without a function", call: calls.OnRefuse, where: "OnRefuse", remedy: function + "OnRefuse out"},
		{name: "Webhook without a receiver", call: calls.Receiver, where: "Webhook", remedy: ofReceiver},
		{name: "Webhook without a function", call: func() { calls.Handler(receiver) }, where: "Webhook", remedy: function + "Webhook out"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := Panic(row.call)
			want := "core: " + name + "." + row.where + " was given "
			if !errors.Is(err, core.ErrConfiguration) || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), row.remedy) {
				t.Errorf("got %v, want a panic at start-up with %q and %q", err, want, row.remedy)
			}
		})
	}
}

// Panic returns the error with which a function of an adapter panics, nil where it does not.
func Panic(call func()) (err error) {
	defer func() {
		if value := recover(); value != nil {
			var ok bool
			if err, ok = value.(error); !ok {
				panic(value)
			}
		}
	}()
	call()
	return nil
}
