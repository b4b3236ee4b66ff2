package core_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// An application verifies a token that it made from a JWT template.
func ExampleClerk_Keyfunc() {
	fake, err := clerktest.NewServer(clerktest.Config{
		Users:     []clerktest.User{{ID: "user_ada", Email: "ada@example.com"}},
		Templates: []clerktest.Template{{Name: "reports", Claims: map[string]any{"aud": "reports", "email": "{{user.primary_email_address}}"}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()
	clerk := core.Must(fake.Options())

	text := fake.TemplateToken("user_ada", "reports") // in an application: auth.Token(ctx, core.Template("reports"))
	parsed, err := jwt.Parse(text, clerk.Keyfunc(), jwt.WithAudience("reports"), jwt.WithExpirationRequired())
	if err != nil {
		fmt.Println(err)
		return
	}
	claims, _ := parsed.Claims.(jwt.MapClaims)
	fmt.Println(claims["email"])
	// Output:
	// ada@example.com
}

// TestKeyfuncInAnOutage looks at what golang-jwt makes of keys that cannot be had.
func TestKeyfuncInAnOutage(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	o := plain(s)
	o.Retry.Attempts = -1
	clerk := newClerk(t, o)
	text := s.SessionToken(s.AddUser(clerktest.User{}))
	defer s.Inject("GET /v1/jwks", clerktest.Fault{Status: 503})()
	_, err := jwt.Parse(text, clerk.Keyfunc())
	if !errors.Is(err, core.ErrUnavailable) {
		t.Errorf("got %v, want an error that matches ErrUnavailable", err)
	}
}
