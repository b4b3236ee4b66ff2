package token

import (
	"context"
	"time"
)

// Stats are counters since the start of a [Remote], and what it holds now.
type Stats struct {
	Fetches  uint64 // fetches started, each attempt
	Failures uint64 // fetches that failed
	Unknown  uint64 // requests with an unknown key id that were refused without a fetch
	Stale    uint64 // requests that were served with keys older than TTL, because new ones could not be had
	Keys     int    // keys in the set
	Unusable int    // those of them that cannot verify anything
	// Fetched is when the keys were asked for; zero if there are none yet.
	Fetched time.Time
}

// Stats returns the counters.
func (r *Remote) Stats() Stats {
	s := Stats{
		Fetches:  r.fetches.Load(),
		Failures: r.failures.Load(),
		Unknown:  r.unknown.Load(),
		Stale:    r.stale.Load(),
	}
	if set := r.snap.Load(); set != nil {
		s.Keys, s.Fetched = len(set.keys), set.asked
		for _, k := range set.keys {
			if !k.usable() {
				s.Unusable++
			}
		}
	}
	return s
}

// report logs what a fetch changed, before anybody acts on it.
func (r *Remote) report(ctx context.Context, err error, known, keys map[string]*Key) {
	log := r.cfg.Logger
	r.mu.Lock()
	was := r.failure
	r.mu.Unlock()
	switch {
	case err != nil && was == nil:
		log.WarnContext(ctx, "clerk: keys could not be fetched", "error", err)
	case err == nil && was != nil:
		log.InfoContext(ctx, "clerk: keys can be fetched again")
	}
	bad := 0
	for kid, k := range keys {
		if k == known[kid] || k.usable() {
			continue
		}
		if bad++; bad <= maxLoggedKeys {
			log.WarnContext(ctx, "clerk: a key of the key set cannot be used", "kid", kid, "why", k.why)
		}
	}
	if bad > maxLoggedKeys {
		log.WarnContext(ctx, "clerk: more keys of the key set cannot be used", "count", bad-maxLoggedKeys)
	}
}

// maxLoggedKeys is how many keys of one key set are named in the log.
const maxLoggedKeys = 8
