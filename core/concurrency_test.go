package core_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

func TestOneClerkServesManyRequestsAtOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	c := newClerk(t, plain(s))
	bad := s.SessionToken("user_x", clerktest.HeaderField("kid", "unknown"))
	key := s.APIKey(clerktest.MachineToken{Subject: "user_machine"})
	guard := adapter.Guard("Protect", core.AcceptTokens(core.SessionToken, core.APIKey))
	var wg sync.WaitGroup
	for i := range 16 {
		user := "user_" + strconv.Itoa(i)
		token := s.SessionToken(user)
		wg.Go(func() {
			for range 8 {
				for _, test := range []struct {
					r    *request
					want string
				}{
					{r: get("/", "Authorization", "Bearer "+token), want: user},
					{r: get("/", "Cookie", "__client_uat=1; __session="+token), want: user},
					{r: get("/", "Authorization", "Bearer "+bad)},
					{r: get("/")},
					{r: get("/", "Authorization", "Bearer "+key), want: "user_machine"},
				} {
					ra, _ := adapter.Attach(t.Context(), c, test.r)
					out := guard.Check(t.Context(), ra)
					if got := ra.Auth().UserID; got != test.want || out.Allowed() != (test.want != "") {
						t.Errorf("got user %q, allowed %v, want %q", got, out.Allowed(), test.want)
					}
				}
			}
		})
	}
	wg.Wait()
	if got := s.Requests("GET /v1/jwks"); got > 2 {
		t.Errorf("got %d fetches of the keys, want them shared", got)
	}
}

func TestOneRequestIsReadFromManyGoroutines(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	c := newClerk(t, plain(s))
	for _, token := range []string{s.SessionToken("user_1"), s.APIKey(clerktest.MachineToken{Subject: "user_1"})} {
		ra := attach(t, c, get("/", "Authorization", "Bearer "+token))
		guard := adapter.Guard("Protect", core.AcceptTokens(core.SessionToken, core.APIKey))
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if out := guard.Check(t.Context(), ra); !out.Allowed() {
					t.Errorf("got %+v", out)
				}
				for _, a := range []*core.Auth{ra.Auth(), ra.State().Auth(), ra.Auth(core.PendingAsSignedIn)} {
					if a.UserID != "user_1" || len(a.Claims()) == 0 && a.TokenType == core.SessionToken {
						t.Errorf("got user %q, claims %s", a.UserID, a.Claims())
					}
				}
				if u, err := ra.SignInURL(); err != nil || u == "" {
					t.Errorf("got %q, %v", u, err)
				}
			})
		}
		wg.Wait()
	}
	if got := s.Requests("POST /api_keys/verify"); got != 1 {
		t.Errorf("got %d checks of one token, want one", got)
	}
}
