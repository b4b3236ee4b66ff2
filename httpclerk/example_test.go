package httpclerk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// startExample starts a Clerk instance with one user, and returns the application's options and a
// token of hers.
func startExample() (fake *clerktest.Server, options core.Options, token string) {
	fake, err := clerktest.NewServer(clerktest.Config{Users: []clerktest.User{{ID: "user_ada"}}})
	if err != nil {
		panic(err)
	}
	return fake, fake.Options(), fake.SessionToken("user_ada")
}

// try sends a request to a handler and prints the answer.
func try(h http.Handler, method, path, body, token string) {
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(path, w.Code, strings.TrimSpace(w.Body.String()))
}

// The middleware in front of a ServeMux, and a guard on one of its routes.
func Example() {
	fake, options, token := startExample()
	defer fake.Close()

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		auth := httpclerk.Auth(r)
		_, _ = fmt.Fprintln(w, auth.IsAuthenticated(), auth.UserID)
	})
	mux.Handle("GET /reports/{year}", httpclerk.Protect()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "the reports of "+r.PathValue("year"))
	})))
	app := httpclerk.Middleware(options)(mux)

	try(app, http.MethodGet, "/", "", token)
	try(app, http.MethodGet, "/", "", "")
	try(app, http.MethodGet, "/reports/2026", "", token)
	try(app, http.MethodGet, "/reports/2026", "", "")
	// Output:
	// / 200 true user_ada
	// / 200 false
	// /reports/2026 200 the reports of 2026
	// /reports/2026 404 404 page not found
}

// unary is an RPC framework on net/http in a nutshell: its methods get a context and a message, and
// no request. Connect and Twirp are larger.
func unary[In, Out any](method func(context.Context, *In) (*Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := new(In)
		if err := json.NewDecoder(r.Body).Decode(in); err != nil {
			http.Error(w, "invalid_argument", http.StatusBadRequest)
			return
		}
		out, err := method(r.Context(), in)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(w).Encode(out)
	})
}

type greetRequest struct{ Greeting string }

type greetResponse struct{ Text string }

// greet is a method of an RPC service. It knows the user by its context.
func greet(ctx context.Context, in *greetRequest) (*greetResponse, error) {
	auth, ok := core.FromContext(ctx)
	if !ok {
		return nil, errors.New("internal") // The middleware is missing: that is not signed out.
	}
	if !auth.IsAuthenticated() {
		return nil, errors.New("unauthenticated")
	}
	return &greetResponse{Text: in.Greeting + ", " + auth.UserID}, nil
}

// The methods of RPC frameworks on net/http, such as Connect, get the user by [core.FromContext].
func Example_rpc() {
	fake, options, token := startExample()
	defer fake.Close()

	mux := http.NewServeMux()
	mux.Handle("POST /greet.v1.GreetService/Greet", unary(greet))
	app := httpclerk.Middleware(options)(mux)

	try(app, http.MethodPost, "/greet.v1.GreetService/Greet", `{"Greeting": "Hello"}`, token)
	try(app, http.MethodPost, "/greet.v1.GreetService/Greet", `{"Greeting": "Hello"}`, "")
	// Output:
	// /greet.v1.GreetService/Greet 200 {"Text":"Hello, user_ada"}
	// /greet.v1.GreetService/Greet 401 unauthenticated
}
