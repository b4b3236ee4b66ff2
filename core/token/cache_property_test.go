package token_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core/token"
)

// TestCachedAnswersAreFreshAnswers tries random sequences of times, keys and tokens on verifiers
// with and without a cache.
func TestCachedAnswersAreFreshAnswers(t *testing.T) {
	t.Parallel()
	headers := []string{
		goodHeader, `{"alg":"RS512","kid":"free"}`, `{"alg":"RS256","kid":"k2","typ":"JWT"}`, `{"alg":"RS256","kid":"k1","typ":"at+jwt"}`,
		`{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD333AAA"}`, `{"alg":"RS256"}`, `{"alg":"none","kid":"k1"}`,
	}
	bodies := []string{
		keySet(jwk("k1", &ourKey().PublicKey, nil)),
		keySet(jwk("k1", &theirKey().PublicKey, nil), jwk("k2", &ourKey().PublicKey, nil)),
		keySet(jwk("k1", &ourKey().PublicKey, map[string]any{"use": "enc"}), jwk("free", &ourKey().PublicKey, map[string]any{"alg": nil})),
		keySet(jwk("k2", &theirKey().PublicKey, nil)),
		`{}`, "down",
	}
	var raws []string
	for i, h := range headers {
		for j := range 4 {
			sub := "user_1"
			if j == 3 {
				sub = "mch_1"
			}
			raw := sign(t, ourKey(), h, user(i, map[string]any{
				"sub": sub, "exp": now.Unix() + int64(60*j*j), "nbf": now.Unix() + int64(30*j), "aud": []any{nil, "x", []string{"y"}, 5}[j],
			}))
			raws = append(raws, raw, raw+"=", raw[:len(raw)-1])
		}
	}
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		r := newRig(func(o *token.Options) {
			o.CacheSize = -1
			if seed%3 == 1 {
				o.Audience = []string{"x"}
			}
			if seed%4 == 1 {
				o.Types = []string{"JWT", "at+jwt"}
			}
			if seed%5 == 1 {
				o.AuthorizedParties = []string{"https://app.example.com"}
			}
			if seed%6 == 1 {
				o.Issuer = []string{"https://clerk.example.com"}
			}
		})
		keys := &recorder{Keys: r.remote}
		o := r.opts
		fresh := token.NewVerifier(keys, o)
		o.CacheSize = 1 + int(seed)
		cached := token.NewVerifier(keys, o)
		hits := 0
		for step := range 400 {
			switch rnd.IntN(10) {
			case 0:
				r.at(r.clock.Add(time.Duration(rnd.IntN(120)-20) * time.Second))
			case 1:
				if rnd.IntN(4) == 0 {
					r.at(r.clock.Add(5 * time.Minute))
				}
				body, err := bodies[rnd.IntN(len(bodies))], error(nil)
				if body == "down" {
					err = context.DeadlineExceeded
				}
				r.serve(body, err)
			case 2:
				r.at(now)
			}
			raw, way := raws[rnd.IntN(len(raws))], rnd.IntN(5)
			keys.replay = false
			want, wantErr := ask(t.Context(), fresh, raw, way)
			keys.replay = true
			before := cached.CacheStats().Entries
			got, gotErr := ask(t.Context(), cached, raw, way)
			if (got == nil) != (want == nil) || full(gotErr) != full(wantErr) {
				t.Fatalf("seed %d, step %d, way %d, %s\n got %v\nwant %v", seed, step, way, raw, gotErr, wantErr)
			}
			if got != nil && string(got.Payload()) != string(want.Payload()) {
				t.Fatalf("seed %d, step %d: another payload", seed, step)
			}
			if got != nil && cached.CacheStats().Entries == before {
				hits++
			}
		}
		if hits == 0 {
			t.Errorf("seed %d: nothing ever came from the cache", seed)
		}
	}
}

// recorder gives two verifiers that are asked the same question the same key, whatever a fetch in
// the background does.
type recorder struct {
	token.Keys

	replay bool
	key    *token.Key
	err    error
}

func (r *recorder) Key(ctx context.Context, t *token.Token) (*token.Key, error) {
	if !r.replay {
		r.key, r.err = r.Keys.Key(ctx, t)
	}
	return r.key, r.err
}

// ask verifies a token in one of the ways there are.
func ask(ctx context.Context, v *token.Verifier, raw string, way int) (*token.Token, error) {
	switch way {
	case 0:
		return v.SessionWithSkew(ctx, raw, time.Hour)
	case 1, 2:
		tok, err := token.Decode(raw)
		if err != nil {
			return nil, err
		}
		if way == 1 {
			return v.M2M(ctx, tok)
		}
		return v.OAuth(ctx, tok)
	case 3:
		return v.Handshake(ctx, raw)
	default:
		return v.Session(ctx, raw)
	}
}
