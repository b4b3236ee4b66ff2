package core_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// startExample starts a Clerk instance with one user and returns what a request of
// hers is to the application's instance.
func startExample() (fake *clerktest.Server, clerk *core.Clerk, request *http.Request, err error) {
	fake, err = clerktest.NewServer(clerktest.Config{Users: []clerktest.User{{ID: "user_ada", FirstName: "Ada", PublicMetadata: map[string]any{"role": "admin"}}}})
	if err != nil {
		return nil, nil, nil, err
	}
	clerk, err = core.New(fake.Options())
	request = httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/dashboard", http.NoBody)
	request.Header.Set("Authorization", "Bearer "+fake.SessionToken("user_ada", clerktest.Claim("plan", "pro")))
	return fake, clerk, request, err
}

func ExampleMustRouteMatcher() {
	isPublic := core.MustRouteMatcher("/sign-in(.*)", "/sign-up(.*)", "/api/webhooks(.*)")
	for _, path := range []string{"/sign-in/factor-one", "/SIGN-IN", "/dashboard"} {
		request := httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, http.NoBody)
		fmt.Println(path, isPublic.Match(core.FromHTTP(request)))
	}
	// Output:
	// /sign-in/factor-one match
	// /SIGN-IN match
	// /dashboard no match
}

func ExampleClaimsAs() {
	fake, clerk, request, err := startExample()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()
	type Claims struct {
		Plan  *string `json:"plan"`
		Email *string `json:"email"`
	}
	auth := clerk.Authenticate(context.Background(), core.FromHTTP(request)).Auth()
	claims, err := core.ClaimsAs[Claims](auth)
	fmt.Println(*claims.Plan, claims.Email == nil, err)
	// Output: pro true <nil>
}

func ExampleRequestAuth_CurrentUser() {
	fake, clerk, request, err := startExample()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()
	ra, _ := adapter.Attach(context.Background(), clerk, core.FromHTTP(request))
	user, err := ra.CurrentUser(context.Background())
	fmt.Println(*user.FirstName, err)
	// Output: Ada <nil>
}

func ExampleExplain() {
	fake, clerk, _, err := startExample()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()
	request := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", http.NoBody)
	state := clerk.Authenticate(context.Background(), core.FromHTTP(request))
	fmt.Println(state.Status(), state.Reason())
	fmt.Println(core.Explain(state))
	// Output:
	// signed-out dev-browser-missing
	// This development instance does not know the browser yet (cookie __clerk_db_jwt). Page loads get it by a redirect; other calls work after the first page load, or with a bearer token. More: https://github.com/clerkgo/clerkgo/blob/main/docs/troubleshooting.md#dev-browser-missing
}

func ExampleClerk_Doctor() {
	fake, clerk, _, err := startExample()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()
	report := clerk.Doctor(context.Background(), core.Checkup{}) // Addresses would be examined, too.
	for _, finding := range report.Findings {
		if finding.Check == "keys" || finding.Check == "clock" {
			fmt.Println(finding.Level, finding.Check, finding.Found)
		}
	}
	// Output:
	// ok keys Clerk accepts it.
	// ok clock agrees with Clerk's.
}
