package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestServers(t *testing.T) {
	instance := clerktest.New(t)
	t.Setenv("CLERK_PUBLISHABLE_KEY", instance.PublishableKey())
	t.Setenv("CLERK_SECRET_KEY", instance.SecretKey())
	t.Setenv("CLERK_JWT_KEY", instance.PEM())
	t.Setenv("CLERK_API_URL", instance.URL())
	t.Setenv(envUser, user)
	t.Setenv(envParty, party)
	token := instance.SessionToken(user, clerktest.AuthorizedParty(party))
	other := instance.SessionToken("user_other", clerktest.AuthorizedParty(party))
	few := load{connections: 2, duration: time.Minute, count: 10}

	for _, tt := range []struct {
		server, token string
		ok            bool
	}{
		{server: withClerk, token: token, ok: true},
		{server: withClerk, token: other, ok: false},
		{server: withClerk, token: "garbage", ok: false},
		{server: bare, token: "garbage", ok: true},
	} {
		handler, err := application(tt.server)
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(handler)
		answers, _, err := drive(t.Context(), strings.TrimPrefix(s.URL, "http://"), requestText(tt.token), few)
		s.Close()
		if ok := err == nil && answers == few.count; ok != tt.ok {
			t.Errorf("%s: got %d answers and error %v, want success %v", tt.server, answers, err, tt.ok)
		}
	}
	if _, err := application("nothing"); err == nil {
		t.Error("an unknown server starts")
	}
}

func TestDriveEnds(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer s.Close()
	l := load{connections: 2, duration: 10 * time.Millisecond, count: 1 << 40}
	answers, took, err := drive(t.Context(), strings.TrimPrefix(s.URL, "http://"), requestText("x"), l)
	if err != nil || answers == 0 || took < l.duration {
		t.Errorf("got %d answers in %v, error %v", answers, took, err)
	}
}
