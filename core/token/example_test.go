package token_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core/token"
)

// A verifier with the instance's public key asks nobody. Its errors say why a token is refused.
func ExampleVerifier_Session() {
	clock := clerktest.NewClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	fake, err := clerktest.NewServer(clerktest.Config{Clock: clock})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()

	keys, err := token.ParsePEM(fake.PEM())
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier := token.NewVerifier(keys, token.Options{
		AuthorizedParties: []string{"https://app.example.com"},
		ClockSkew:         5 * time.Second,
		Now:               clock.Now,
	})
	show := func(raw string) {
		verified, err := verifier.Session(context.Background(), raw)
		if refused, ok := errors.AsType[*token.Error](err); ok {
			fmt.Println(refused.Reason)
			return
		}
		user, _ := verified.Claims().Get("sub").Text()
		fmt.Println(user)
	}

	ours := fake.SessionToken("user_ada", clerktest.AuthorizedParty("https://app.example.com"))
	show(ours)
	show(fake.SessionToken("user_ada", clerktest.AuthorizedParty("https://evil.example")))
	show(ours[:len(ours)-4] + "AAAA")
	clock.Advance(time.Hour)
	show(ours)
	// Output:
	// user_ada
	// token-invalid-authorized-parties
	// token-invalid-signature
	// token-expired
}

// Keys that are fetched are refreshed, and shared by all callers. Where they cannot be had, nothing
// is known of a token.
func ExampleNewRemote() {
	fake, err := clerktest.NewServer()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

	remote := token.NewRemote(token.RemoteConfig{Fetch: func(ctx context.Context) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, fake.URL()+"/.well-known/jwks.json", http.NoBody)
		if err != nil {
			return nil, err
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer func() { _ = resp.Body.Close() }() // It is read.
		if resp.StatusCode != http.StatusOK {
			return nil, errors.New("got " + resp.Status)
		}
		return io.ReadAll(io.LimitReader(resp.Body, token.DefaultMaxBytes))
	}})
	verifier := token.NewVerifier(remote, token.Options{ClockSkew: 5 * time.Second})

	remove := fake.Inject("GET /.well-known/jwks.json", clerktest.Fault{Status: http.StatusServiceUnavailable})
	_, err = verifier.Session(context.Background(), fake.SessionToken("user_ada"))
	fmt.Println(errors.Is(err, token.ErrUnavailable))
	remove()
	// Output: true
}

// Claims are read as they are written: names by their exact letters, absent and null apart. Nothing
// that Decode returns was verified.
func ExampleDecode() {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	decoded, err := token.Decode(part(`{"alg":"RS256"}`) + "." + part(`{"sub":"user_ada","SUB":"user_eve","org":null,"fva":[3,-1]}`) + ".AA")
	if err != nil {
		fmt.Println(err)
		return
	}
	claims := decoded.Claims()
	user, ok := claims.Get("sub").Text()
	fmt.Println(user, ok)
	fmt.Println(claims.Get("org").Exists(), claims.Get("org").IsNull(), claims.Get("role").Exists())
	ages, _ := claims.Get("fva").Array()
	for _, age := range ages {
		fmt.Println(age.Number())
	}
	// Output:
	// user_ada true
	// true true false
	// 3 true
	// -1 true
}
