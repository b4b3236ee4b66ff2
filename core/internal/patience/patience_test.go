package patience_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/patience"
)

// server is a context as fasthttp's are: of a server that may have been shut down, done, and
// without a reason.
type server struct {
	context.Context //nolint:containedctx // it is one
	done            chan struct{}
	asked           int
}

func (s *server) Done() <-chan struct{} {
	s.asked++ // A race with any other goroutine is found by the race detector.
	return s.done
}

func (s *server) Err() error { s.asked++; return nil }

func TestAContextThatDoesNotSayWhyItIsDone(t *testing.T) {
	t.Parallel()
	parent := &server{Context: context.Background(), done: make(chan struct{})}
	var p patience.Patience
	p.Init(time.Hour)
	ctx, done := p.Wait(parent)
	if parent.asked != 1 || ctx.Err() != nil {
		t.Fatalf("asked %d times, %v", parent.asked, ctx.Err())
	}
	close(parent.done)
	<-ctx.Done()
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("got %v, want that it is canceled", ctx.Err())
	}
	done()
	if parent.asked != 1 {
		t.Errorf("asked %d times, want once", parent.asked)
	}
}

func TestHeldContextsSayWhyTheyAreDone(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	why := errors.New("why")
	caused, cancelCause := context.WithCancelCause(t.Context())
	defer cancelCause(nil)
	for name, test := range map[string]struct {
		ctx         context.Context
		want, cause error
	}{
		"canceled": {canceled, context.Canceled, context.Canceled}, "late": {late, context.DeadlineExceeded, context.DeadlineExceeded},
		"caused": {caused, context.Canceled, why}, "going on": {t.Context(), nil, nil},
	} {
		ctx, end := context.WithCancel(patience.Held(test.ctx))
		if name == "caused" {
			cancelCause(why)
		}
		if got := patience.Held(test.ctx).Err(); !errors.Is(got, test.want) || !errors.Is(ctx.Err(), test.want) || !errors.Is(context.Cause(ctx), test.cause) {
			t.Errorf("%s: got %v, %v and %v", name, got, ctx.Err(), context.Cause(ctx))
		}
		end()
	}
}

func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	var p patience.Patience
	p.Init(time.Nanosecond)
	ctx, done := p.Wait(t.Context())
	defer done()
	<-ctx.Done()
	if !errors.Is(context.Cause(ctx), patience.ErrOver) {
		t.Errorf("got %v, want that the patience is over", context.Cause(ctx))
	}
}
