package token_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/core/token"
)

// rig is a verifier whose clock and keys a test can change.
type rig struct {
	*token.Verifier

	remote *token.Remote
	opts   token.Options
	mu     sync.Mutex // a fetch may run in the background
	clock  time.Time
	body   string
	err    error
}

func (r *rig) at(clock time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock = clock
}

func (r *rig) serve(body string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.body, r.err = body, err
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clock
}

func (r *rig) fetch(context.Context) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return []byte(r.body), r.err
}

func newRig(change func(*token.Options)) *rig {
	r := &rig{clock: now, body: keySet(jwk("k1", &ourKey().PublicKey, nil))}
	o := token.Options{ClockSkew: 5 * time.Second, Now: r.now}
	if change != nil {
		change(&o)
	}
	r.remote = token.NewRemote(token.RemoteConfig{Fetch: r.fetch, Now: r.now})
	r.opts, r.Verifier = o, token.NewVerifier(r.remote, o)
	return r
}

func (r *rig) want(t *testing.T, raw, outcome string, entries int) {
	t.Helper()
	_, err := r.Session(t.Context(), raw)
	if got := reason(err); got != outcome {
		t.Errorf("got %s (%v), want %s", got, err, outcome)
	}
	if got := r.CacheStats().Entries; got != entries {
		t.Errorf("after %s the cache has %d entries, want %d", outcome, got, entries)
	}
}

func user(i int, changes map[string]any) string {
	m := map[string]any{"sub": fmt.Sprint("user_", i)}
	maps.Copy(m, changes)
	return claims(m)
}

func TestCacheKeepsOnlySuccesses(t *testing.T) {
	t.Parallel()
	r := newRig(parties("https://app.example.com"))
	for i, raw := range []string{
		"", "x", "e30.e30.", sign(t, theirKey(), goodHeader, claims(nil)),
		sign(t, ourKey(), goodHeader, claims(map[string]any{"exp": 1})),
		sign(t, ourKey(), goodHeader, claims(map[string]any{"azp": "x"})),
		sign(t, ourKey(), `{"alg":"RS256","kid":"k2"}`, claims(nil)),
	} {
		if _, err := r.Session(t.Context(), raw); err == nil {
			t.Errorf("token %d was accepted", i)
		}
	}
	good := sign(t, ourKey(), goodHeader, claims(nil))
	if _, err := r.Handshake(t.Context(), good); err != nil {
		t.Error(err)
	}
	late := sign(t, ourKey(), goodHeader, claims(map[string]any{"exp": now.Unix() - 60}))
	if _, err := r.SessionWithSkew(t.Context(), late, time.Hour); err != nil {
		t.Error(err)
	}
	if got := r.CacheStats(); got != (token.CacheStats{}) {
		t.Errorf("the cache has %+v, want nothing", got)
	}
	r.want(t, good, "ok", 1)
	r.want(t, good+"=", "ok", 1) // a second spelling of the same token is not kept
	r.want(t, good+"==", "ok", 1)
	r.want(t, good, "ok", 1)
}

func TestCacheSharesTheDecodedToken(t *testing.T) {
	t.Parallel()
	r := newRig(nil)
	raw := sign(t, ourKey(), goodHeader, claims(nil))
	first, err := r.Session(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.Session(t.Context(), strings.Clone(raw))
	if err != nil || second != first {
		t.Errorf("the second time got another token, or %v", err)
	}
	if third, err := r.Decode(raw); err != nil || third != first {
		t.Errorf("Decode got another token, or %v", err)
	}
	if _, err := r.Decode("x"); reason(err) != "token-invalid" {
		t.Errorf("Decode of garbage: %v", err)
	}
}

// TestCacheComparesTheWholeText shows texts that end like a token that the cache has: the buckets
// go by the end alone.
func TestCacheComparesTheWholeText(t *testing.T) {
	t.Parallel()
	r := newRig(nil)
	good := sign(t, ourKey(), goodHeader, claims(nil))
	r.want(t, good, "ok", 1)
	h, rest, _ := strings.Cut(good, ".")
	payload, sig, _ := strings.Cut(rest, ".")
	for name, raw := range map[string]string{
		"another user":                    h + "." + b64([]byte(claims(map[string]any{"sub": "user_2"}))) + "." + sig,
		"another character in the claims": h + "." + strings.Replace(payload, payload[20:21], string(payload[20]^1), 1) + "." + sig,
		"the end alone":                   sig[len(sig)-40:],
		"something in front":              "A" + good,
		"much in front":                   strings.Repeat("A", token.MaxLength-len(good)) + good,
		"another start of the signature":  h + "." + payload + "." + strings.Repeat("A", len(sig)-40) + sig[len(sig)-40:],
	} {
		for range 3 {
			if _, err := r.Session(t.Context(), raw); err == nil {
				t.Errorf("%s: accepted", name)
			}
			if tok, err := r.Decode(raw); err == nil && tok.Raw() != raw {
				t.Errorf("%s: decoded as another token", name)
			}
		}
	}
	r.want(t, good, "ok", 1)
}

func TestCacheKnowsATokenThatIsDecodedAlready(t *testing.T) {
	t.Parallel()
	r := newRig(nil)
	other := token.NewVerifier(r.remote, r.opts) // another cache, with the same keys
	tok := mustDecode(t, sign(t, ourKey(), goodHeader, claims(nil)))
	for range 3 {
		for _, v := range []*token.Verifier{r.Verifier, other} {
			if got, err := v.SessionToken(t.Context(), tok); err != nil || got != tok {
				t.Fatalf("got %p, %v, want the same token", got, err)
			}
			if got := v.CacheStats().Entries; got != 1 {
				t.Errorf("a cache has %d entries, want 1", got)
			}
		}
	}
	r.serve(keySet(jwk("k1", &theirKey().PublicKey, nil)), nil)
	r.at(now.Add(5 * time.Minute))
	for range 2 {
		if _, err := r.SessionToken(t.Context(), tok); reason(err) != "token-invalid-signature" {
			t.Errorf("after a change of keys: %v", err)
		}
	}
}

func TestCacheDoesNotReferToTheCallersMemory(t *testing.T) {
	t.Parallel()
	r := newRig(nil)
	good := sign(t, ourKey(), goodHeader, claims(nil))
	tok, err := r.Session(t.Context(), string([]byte(good)))
	if err != nil {
		t.Fatal(err)
	}
	if tok.Raw() != good {
		t.Error("another token came back")
	}
}

func TestCacheEntriesDieWithTheToken(t *testing.T) {
	t.Parallel()
	r := newRig(nil)
	raw := sign(t, ourKey(), goodHeader, claims(nil))
	r.want(t, raw, "ok", 1)
	r.at(now.Add(65*time.Second - time.Millisecond))
	r.want(t, raw, "ok", 1)
	r.at(now.Add(65 * time.Second))
	r.want(t, raw, "token-expired", 0)
	r.want(t, raw, "token-expired", 0)
	if _, err := r.SessionWithSkew(t.Context(), raw, time.Hour); err != nil {
		t.Error(err)
	}
	r.at(now.Add(-16 * time.Second)) // a clock that is set back
	r.want(t, raw, "token-not-active-yet", 0)
	r.at(now)
	r.want(t, raw, "ok", 1)
	r.at(now.Add(-16 * time.Second))
	r.want(t, raw, "token-not-active-yet", 1)
}

func TestCacheEntriesDieWithTheKey(t *testing.T) {
	t.Parallel()
	r := newRig(nil)
	raw := sign(t, ourKey(), goodHeader, claims(map[string]any{"exp": now.Unix() + 36000}))
	ours, theirs := keySet(jwk("k1", &ourKey().PublicKey, nil)), keySet(jwk("k1", &theirKey().PublicKey, nil))
	r.want(t, raw, "ok", 1)

	r.at(r.clock.Add(5 * time.Minute))
	r.want(t, raw, "ok", 1) // a refresh without a change

	r.serve(theirs, nil)
	r.at(r.clock.Add(5 * time.Minute))
	r.want(t, raw, "token-invalid-signature", 0)

	r.serve(ours, nil)
	r.at(r.clock.Add(5 * time.Minute))
	r.want(t, raw, "ok", 1)

	r.serve(keySet(jwk("k1", &ourKey().PublicKey, map[string]any{"use": "enc"})), nil)
	r.at(r.clock.Add(5 * time.Minute))
	r.want(t, raw, "token-verification-failed", 0)

	r.serve(ours, nil)
	r.at(r.clock.Add(5 * time.Minute))
	r.want(t, raw, "ok", 1)

	r.serve(keySet(jwk("k2", &ourKey().PublicKey, nil)), nil)
	r.at(r.clock.Add(5 * time.Minute))
	r.want(t, raw, "jwk-kid-mismatch", 0)
}

// rotating is Keys that somebody else's code might be: a PEM that is replaced while the program
// runs.
type rotating struct{ token.Keys }

func TestCacheFollowsARotatedPEM(t *testing.T) {
	t.Parallel()
	keys := &rotating{pemKeys(t, ourKey())}
	v := token.NewVerifier(keys, options())
	raw := sign(t, ourKey(), goodHeader, claims(nil))
	for range 2 {
		check(t, v, raw, "")
	}
	keys.Keys = pemKeys(t, theirKey())
	for range 2 {
		check(t, v, raw, "JWT signature is invalid."+because("token-invalid-signature"))
	}
	if got := v.CacheStats().Entries; got != 0 {
		t.Errorf("%d entries left, want 0", got)
	}
}

func TestCacheServesAllKindsAlike(t *testing.T) {
	t.Parallel()
	r := newRig(nil)
	m2m := sign(t, ourKey(), goodHeader, claims(map[string]any{"sub": "mch_1"}))
	for range 2 {
		if _, err := r.M2M(t.Context(), mustDecode(t, m2m)); err != nil {
			t.Error(err)
		}
		if _, err := r.OAuth(t.Context(), mustDecode(t, m2m)); reason(err) != "token-verification-failed" {
			t.Errorf("a machine token as access token: %v", err)
		}
	}
	template := sign(t, ourKey(), `{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD222AAA"}`, claims(nil))
	r.want(t, template, "ok", 2)
	for range 2 {
		if _, err := r.Handshake(t.Context(), template); reason(err) != "token-invalid" {
			t.Errorf("a template token as handshake: %v", err)
		}
	}
}

func TestCacheBounds(t *testing.T) {
	t.Parallel()
	raws := make([]string, 300)
	for i := range raws {
		raws[i] = sign(t, ourKey(), goodHeader, user(i, nil))
	}
	for _, tt := range []struct {
		name        string
		count       int
		bytes       int64
		most, least int
	}{
		{name: "off by count", count: -1},
		{name: "off by size", bytes: -1},
		{name: "defaults", most: 300, least: 300},
		{name: "one", count: 1, most: 1, least: 1},
		{name: "a few", count: 10, most: 10, least: 8},
		{name: "by size", bytes: 100 << 10, most: 60, least: 20},
		{name: "too small for any", bytes: 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(func(o *token.Options) { o.CacheSize, o.CacheBytes = tt.count, tt.bytes })
			for range 2 {
				for i, raw := range raws {
					if _, err := r.Session(t.Context(), raw); err != nil {
						t.Fatal(err)
					}
					got := r.CacheStats()
					if got.Entries > tt.most || tt.bytes > 0 && got.Bytes > tt.bytes || got.Bytes < 0 {
						t.Fatalf("after %d tokens the cache has %+v, want at most %d entries and %d bytes", i+1, got, tt.most, tt.bytes)
					}
				}
			}
			if got := r.CacheStats().Entries; got < tt.least {
				t.Errorf("the cache ends with %d entries, want at least %d", got, tt.least)
			}
		})
	}
}

// TestCacheKeepsWhatIsUsed has 50 users who keep coming and one who shows a new token each time.
func TestCacheKeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	r := newRig(func(o *token.Options) { o.CacheSize = 100 })
	good := map[string]*token.Token{}
	for i := range 50 {
		raw := sign(t, ourKey(), goodHeader, user(i, nil))
		good[raw] = nil
		for range 2 {
			tok, err := r.Session(t.Context(), raw)
			if err != nil {
				t.Fatal(err)
			}
			good[raw] = tok
		}
	}
	lost, asked := 0, 0
	for i := range 400 {
		if _, err := r.Session(t.Context(), sign(t, ourKey(), goodHeader, user(1000+i, nil))); err != nil {
			t.Fatal(err)
		}
		for raw, was := range good {
			tok, err := r.Session(t.Context(), raw)
			if err != nil {
				t.Fatal(err)
			}
			asked++
			if tok != was {
				lost++
				good[raw] = tok
			}
		}
	}
	if lost*100 > asked {
		t.Errorf("%d of %d uses had to be verified again, want less than 1 in 100", lost, asked)
	}
}

func TestCacheDropsExpiredTokensFirst(t *testing.T) {
	t.Parallel()
	r := newRig(func(o *token.Options) { o.CacheSize = 40 })
	for i := range 20 {
		raw := sign(t, ourKey(), goodHeader, user(i, nil))
		r.want(t, raw, "ok", i+1)
		r.want(t, raw, "ok", i+1)
	}
	r.at(now.Add(2 * time.Minute))
	fresh := map[string]any{"exp": now.Unix() + 600}
	valid := map[string]*token.Token{}
	for i := range 40 {
		raw := sign(t, ourKey(), goodHeader, user(100+i, fresh))
		tok, err := r.Session(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		valid[raw] = tok
	}
	kept := 0
	for raw, was := range valid {
		if tok, err := r.Decode(raw); err == nil && tok == was {
			kept++
		}
	}
	if kept < 37 { // all 40, but for the odd full bucket
		t.Errorf("%d of 40 valid tokens are remembered although there is room for them", kept)
	}
}

func TestCacheForgetsExpiredTokensThatNobodyShows(t *testing.T) {
	t.Parallel()
	r := newRig(func(o *token.Options) { o.CacheSize = 64 })
	for i := range 30 {
		r.want(t, sign(t, ourKey(), goodHeader, user(i, nil)), "ok", i+1)
	}
	r.at(now.Add(2 * time.Minute))
	fresh := map[string]any{"exp": now.Unix() + 600}
	for i := range 33 { // each looks at 8 of 256 slots
		if _, err := r.Session(t.Context(), sign(t, ourKey(), goodHeader, user(100+i, fresh))); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.CacheStats().Entries; got > 33 {
		t.Errorf("%d entries, want only the 33 that are valid", got)
	}
}

// changed is a token with another signature.
func changed(raw string) string {
	at, other := len(raw)-20, "A"
	if raw[at] == 'A' {
		other = "B"
	}
	return raw[:at] + other + raw[at+1:]
}

func TestCacheConcurrently(t *testing.T) {
	t.Parallel()
	const users = 60
	keys := &server{body: keySet(jwk("k1", &ourKey().PublicKey, nil))}
	v := token.NewVerifier(token.NewRemote(token.RemoteConfig{Fetch: keys.fetch, Now: func() time.Time { return now }}),
		token.Options{CacheSize: 25, Now: func() time.Time { return now }})
	raws := make([]string, users)
	for i := range raws {
		raws[i] = sign(t, ourKey(), goodHeader, user(i, nil))
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				n := (i*7 + g*3 + i*i) % users
				tok, err := v.Session(t.Context(), raws[n])
				if err != nil {
					t.Error(err)
					return
				}
				if sub, _ := tok.Claims().Get("sub").Text(); sub != fmt.Sprint("user_", n) {
					t.Errorf("user_%d was taken for %s", n, sub)
				}
				if _, err := v.Session(t.Context(), changed(raws[n])); reason(err) != "token-invalid-signature" {
					t.Errorf("a changed token: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(true, v.CacheStats().Entries <= 25); diff != "" {
		t.Errorf("%d entries, want at most 25", v.CacheStats().Entries)
	}
}

func TestCacheHitDoesNotAllocate(t *testing.T) {
	v := token.NewVerifier(fixed(keySet(jwk("k1", &ourKey().PublicKey, nil))), options())
	raw := sign(t, ourKey(), goodHeader, claims(nil))
	ctx := t.Context()
	n := testing.AllocsPerRun(100, func() {
		if _, err := v.Session(ctx, raw); err != nil {
			t.Error(err)
		}
	})
	if n > 0 {
		t.Errorf("a hit makes %v allocations, want 0", n)
	}
}
