package core_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

func TestForwardingDecryptsWhatClerksSDKEncrypts(t *testing.T) {
	t.Parallel()
	const text = "U2FsdGVkX1/PYl8cSKi1zsqt9uxEUrVeUQOycJcNu0xxtqx/9Xn9hYqOcCY5rRVzC+V0W0uGn+VL2uYpAvyhK4jvaDB8uq4+xk38PR9hq47t93JShID6dgAYMiJvxORz6HwUrliVRXPVfAVNTNjc6ZC4OR2iTiOnHIjy0pwWP1XfvU0Br3WcjpehsjkwLTJi"
	want := map[string]any{"secretKey": "sk_test_xxxxxxxxxxxxxxxxxx", "publishableKey": "pk_test_xxxxxxxxxxxxx", "signInUrl": "/foo", "signUpUrl": "/bar"}
	f := core.Forwarding{EncryptionKey: "encryption-key"}
	got, err := f.Decrypt(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	again, err := f.Encrypt(got)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := f.Decrypt(again); err != nil || !cmp.Equal(back, want) {
		t.Errorf("round trip: got %v, %v", back, err)
	}
	for _, bad := range []string{"x", text[:40], "AAAA" + text[4:]} {
		if _, err := f.Decrypt(bad); !errors.Is(err, core.ErrConfiguration) {
			t.Errorf("Decrypt(%.8s…): got error %v, want one of ErrConfiguration", bad, err)
		}
	}
	if _, err := (core.Forwarding{EncryptionKey: "another"}).Decrypt(text); err == nil {
		t.Error("another key decrypts")
	}
}

func TestForwardingCarriesASessionAndNoForgery(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	clerk, err := core.New(s.Options())
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodGet, "http://localhost/x", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.SessionToken("user_ada"))
	ra, _ := adapter.Attach(t.Context(), clerk, core.FromHTTP(req))

	f := core.Forwarding{SecretKey: "sk_test_mock"}
	h := http.Header{"X-Clerk-Auth-Status": {"signed-in"}, "X-Clerk-Debug": {"true"}}
	if err := f.Decorate(h, ra, nil); err != nil {
		t.Fatal(err)
	}
	if h.Get("X-Clerk-Debug") != "" {
		t.Error("a client's header survives")
	}
	auth, err := f.Accept(h)
	if err != nil || auth.UserID != "user_ada" {
		t.Fatalf("got %+v, %v, want user_ada", auth, err)
	}

	for name, change := range map[string]func(http.Header){
		"no signature":          func(h http.Header) { h.Del("X-Clerk-Auth-Signature") },
		"another signature":     func(h http.Header) { h.Set("X-Clerk-Auth-Signature", "23fc9cfe34885856016958af27af6f792340e988") },
		"another token":         func(h http.Header) { h.Set("X-Clerk-Auth-Token", s.SessionToken("user_eve")) },
		"no token":              func(h http.Header) { h.Del("X-Clerk-Auth-Token") },
		"no status":             func(h http.Header) { h.Del("X-Clerk-Auth-Status") },
		"a status of its own":   func(h http.Header) { h.Set("X-Clerk-Auth-Status", "handshake") },
		"signed with emptyness": func(h http.Header) { h.Set("X-Clerk-Auth-Token", ""); h.Set("X-Clerk-Auth-Signature", "") },
	} {
		forged := h.Clone()
		change(forged)
		if auth, err := f.Accept(forged); err == nil {
			t.Errorf("%s: accepted as %q", name, auth.UserID)
		}
	}
	if _, err := (core.Forwarding{}).Accept(h); err == nil {
		t.Error("a zero Forwarding accepts")
	}
}

func TestForwardingSignsAsClerksSDK(t *testing.T) {
	t.Parallel()
	h := http.Header{
		"X-Clerk-Auth-Status":    {"signed-in"},
		"X-Clerk-Auth-Token":     {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyLWlkIn0.0u5CllULtDVD9DUUmUMdJLbBCSNcnv4j3hCaPz4dNr8"},
		"X-Clerk-Auth-Signature": {"23fc9cfe34885856016958af27af6f792340e988"},
	}
	auth, err := core.Forwarding{SecretKey: "sk_test_mock"}.Accept(h)
	if err != nil || auth.UserID != "user-id" {
		t.Errorf("got %+v, %v, want user-id", auth, err)
	}
}
