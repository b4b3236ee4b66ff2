package token

import (
	"context"
	"time"
)

// mayLoad reports whether it is time to ask Load. r.mu is held.
func (r *Remote) mayLoad(now time.Time) bool {
	return r.cfg.Load != nil && since(now, r.loadedAt) >= r.cfg.MinInterval
}

// look is a fetch that asks no server: it fails with why, once it has looked what there is to fall
// back on.
func (r *Remote) look(ctx context.Context, f *flight, why error) {
	r.fallBack(ctx, f)
	r.mu.Lock()
	f.err, r.flight = why, nil
	r.mu.Unlock()
	close(f.done)
}

// fallBack is called when a fetch takes long or fails. Requests that wait for it may go on with what
// is known when it returns, what was saved included.
func (r *Remote) fallBack(ctx context.Context, f *flight) {
	if f.slow.Swap(true) {
		<-f.late // Somebody does it.
		return
	}
	defer close(f.late)
	if r.cfg.Load != nil {
		r.takeSaved(ctx)
	}
}

// takeSaved takes what Load has, if it is newer than what is known.
func (r *Remote) takeSaved(ctx context.Context) {
	defer func() { _ = recover() }() // In Load, on a goroutine of ours: it would end the program.
	began := time.Now()              //nolint:forbidigo // as in try
	var err error
	defer func() { r.cfg.Observe(ctx, FetchEvent{Saved: true, Err: err, Duration: time.Since(began)}) }()
	now := r.cfg.Now()
	r.mu.Lock()
	r.loadedAt = now
	r.mu.Unlock()
	body, asked, ok := r.cfg.Load(ctx)
	if !ok {
		err = ErrNothingSaved
		return
	}
	if asked.After(now) {
		asked = now // by the clock of another process
	}
	old := r.snap.Load()
	var known map[string]*Key
	if old != nil {
		known = old.keys
	}
	var set keySet
	if len(body) > 0 {
		if set, err = r.read(body, asked, known); err != nil {
			return
		}
		set.loaded = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch now := r.snap.Load(); {
	case now != nil && !asked.After(now.asked), !r.refusedAt.IsZero() && !asked.After(r.refusedAt):
	case set.loaded:
		r.refused.Store(false)
		r.snap.Store(&set)
	default:
		r.refuse(asked)
	}
}

// refuse ends the use of keys, because the server said at a time that the secret key is not valid.
// r.mu is held.
func (r *Remote) refuse(at time.Time) {
	r.refused.Store(true)
	r.refusedAt = at
	if set := r.snap.Load(); set != nil && set.loaded {
		r.snap.Store(nil)
	}
}

// save hands what is known to Save, until nothing is newer.
func (r *Remote) save(ctx context.Context) {
	if r.cfg.Save == nil {
		return
	}
	for r.saving.CompareAndSwap(false, true) {
		body, asked := r.toSave()
		func() {
			defer func() { _ = recover() }() // as in takeSaved
			r.cfg.Save(ctx, body, asked)
		}()
		r.saving.Store(false)
		if _, now := r.toSave(); now.Equal(asked) {
			return
		}
	}
}

// toSave returns what the server said last.
func (r *Remote) toSave() (body []byte, asked time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	set := r.snap.Load()
	if set == nil || r.refused.Load() {
		return nil, r.refusedAt
	}
	return set.body, set.asked
}
