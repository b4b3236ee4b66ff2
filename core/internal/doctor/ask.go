// Package doctor asks what a check-up of an application needs to know: key sets of an
// instance, and how a page of the application sees its own address. What the answers
// mean is decided above.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"
)

const (
	// UserAgent names the visitor in the application's log.
	UserAgent = "clerkgo-doctor"
	// maxBody bounds what is read of an answer.
	maxBody = 1 << 20
)

// Answer is what came of a call.
type Answer struct {
	Status int // 0 where there was none
	Header http.Header
	Body   []byte
	// Asked and Answered are when, by the clock of the one who asks.
	Asked, Answered time.Time
	Err             error // why there is no answer, without the address
}

// Asker makes calls. It follows no redirect, which would carry keys elsewhere.
type Asker struct {
	client *http.Client
	now    func() time.Time
}

// NewAsker returns what makes calls through a client, nil means one of its own, and
// reads a clock.
func NewAsker(given *http.Client, now func() time.Time) *Asker {
	client := &http.Client{}
	if given != nil {
		*client = *given
	}
	client.Jar = nil
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Asker{client, now}
}

// Ask performs a GET. It returns when ctx ends, also where a transport does not heed that.
func (a *Asker) Ask(ctx context.Context, address string, header http.Header) Answer {
	done := make(chan Answer, 1)
	go func() { done <- a.ask(ctx, address, header) }()
	select {
	case answer := <-done:
		return answer
	case <-ctx.Done():
		return Answer{Err: inWords(ctx.Err())}
	}
}

func (a *Asker) ask(ctx context.Context, address string, header http.Header) Answer {
	answer := Answer{Asked: a.now()}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		answer.Err = errors.New("the address cannot be called")
		return answer
	}
	req.Header.Set("User-Agent", UserAgent)
	maps.Copy(req.Header, header)
	resp, err := a.client.Do(req)
	answer.Answered = a.now()
	if err != nil {
		answer.Err = inWords(err)
		return answer
	}
	defer resp.Body.Close()
	answer.Status, answer.Header = resp.StatusCode, resp.Header
	answer.Body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		answer.Err = fmt.Errorf("the answer breaks off: %w", inWords(err))
	case len(answer.Body) > maxBody:
		answer.Err = fmt.Errorf("the answer is larger than %d bytes", maxBody)
	}
	return answer
}

// inWords drops what net/http wraps around a failure: the address.
func inWords(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return inWords(wrapped.Err)
	}
	return err
}

// Offset is how far the clock of who answered is ahead of the one who asked, and how far
// the truth may be from that. ok is false where the answer does not say, or was kept for a
// while on its way.
func (a *Answer) Offset() (ahead, within time.Duration, ok bool) {
	if a.Status == 0 || a.Header.Get("Age") != "" && a.Header.Get("Age") != "0" {
		return 0, 0, false
	}
	date, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil {
		return 0, 0, false
	}
	// The date was written at some time between question and answer, and is cut to the second.
	took := max(a.Answered.Sub(a.Asked), 0)
	return date.Sub(a.Asked.Add(took / 2)), took/2 + time.Second, true
}
