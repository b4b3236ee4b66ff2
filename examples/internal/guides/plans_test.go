package guides

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func TestPlans(t *testing.T) {
	clerk := clerktest.New(t, clerktest.Config{
		Users: []clerktest.User{{ID: "user_ada", Plans: []string{"pro", "gold"}, Features: []string{"export"}}, {ID: "user_bob"}},
		Organizations: []clerktest.Organization{{
			ID: "org_acme", Plans: []string{"pro", "team"}, Features: []string{"export"},
			Members: []clerktest.Member{{UserID: "user_ada"}, {UserID: "user_bob"}},
		}},
	})
	r := gin.New()
	r.Use(ginclerk.Middleware(clerk.Options()))
	plans(r)

	acme := clerktest.InOrganization("org_acme")
	ada, bob, bobAtAcme := clerk.SessionToken("user_ada"), clerk.SessionToken("user_bob"), clerk.SessionToken("user_bob", acme)
	for _, tt := range []struct {
		path, token string
		want        int
	}{
		{"/export", ada, 200},
		{"/export", bob, 404},
		{"/export", bobAtAcme, 200},
		{"/pro", ada, 200},
		{"/pro", bob, 404},
		{"/pro", bobAtAcme, 200},
		{"/team/audit", ada, 404},
		{"/team/audit", bobAtAcme, 200},
		{"/team/audit", clerk.SessionToken("user_ada", acme), 200},
		{"/me/avatar", ada, 200},
		{"/me/avatar", bobAtAcme, 404},
		{"/me/avatar", clerk.SessionToken("user_ada", acme), 200},
	} {
		req := httptest.NewRequest(http.MethodGet, tt.path, nil)
		req.Header.Set("Authorization", "Bearer "+tt.token)
		w := httptest.NewRecorder()
		if r.ServeHTTP(w, req); w.Code != tt.want {
			t.Errorf("%s: got %d, want %d", tt.path, w.Code, tt.want)
		}
	}
}
