// Package connect_test has a service of Connect's behind httpclerk: its methods know the user by
// their context, and its clients get its errors.
package connect_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

const procedure = "/greet.v1.GreetService/Greet"

// greet is the method. [core.FromContext] says who calls it.
func greet(ctx context.Context, r *connect.Request[wrapperspb.StringValue]) (*connect.Response[wrapperspb.StringValue], error) {
	auth, ok := core.FromContext(ctx)
	switch {
	case !ok:
		return nil, connect.NewError(connect.CodeInternal, errors.New("the middleware is missing"))
	case !auth.IsAuthenticated():
		return nil, connect.NewError(connect.CodeUnauthenticated, errors.New("sign in"))
	case !auth.Has(core.Role("org:admin")):
		return nil, connect.NewError(connect.CodePermissionDenied, errors.New("for admins"))
	}
	return connect.NewResponse(wrapperspb.String(r.Msg.GetValue() + ", " + auth.UserID)), nil
}

func TestConnect(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{
		Users:         []clerktest.User{{ID: "user_ada"}, {ID: "user_bob"}},
		Organizations: []clerktest.Organization{{Slug: "acme", Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin"}}}},
	})
	mux := http.NewServeMux()
	mux.Handle(procedure, connect.NewUnaryHandler(procedure, greet))
	for _, tt := range []struct {
		name    string
		handler http.Handler
		token   string
		want    string // or the error's
		code    connect.Code
	}{
		{name: "an admin", handler: httpclerk.Middleware(s.Options())(mux), token: s.SessionToken("user_ada", clerktest.InOrganization("acme")), want: "Hello, user_ada", code: 0},
		{name: "a user", handler: httpclerk.Middleware(s.Options())(mux), token: s.SessionToken("user_bob"), code: connect.CodePermissionDenied},
		{name: "nobody", handler: httpclerk.Middleware(s.Options())(mux), code: connect.CodeUnauthenticated},
		{name: "no middleware", handler: mux, code: connect.CodeInternal},
	} {
		for name, options := range map[string][]connect.ClientOption{"Connect": nil, "JSON": {connect.WithProtoJSON()}, "gRPC-Web": {connect.WithGRPCWeb()}} {
			app := httptest.NewServer(tt.handler)
			t.Cleanup(app.Close)
			client := connect.NewClient[wrapperspb.StringValue, wrapperspb.StringValue](app.Client(), app.URL+procedure, options...)
			request := connect.NewRequest(wrapperspb.String("Hello"))
			if tt.token != "" {
				request.Header().Set("Authorization", "Bearer "+tt.token)
			}
			got, err := client.CallUnary(t.Context(), request)
			switch {
			case tt.code != 0 && connect.CodeOf(err) != tt.code:
				t.Errorf("%s by %s: got error %v, want %v", tt.name, name, err, tt.code)
			case tt.code == 0 && (err != nil || got.Msg.GetValue() != tt.want):
				t.Errorf("%s by %s: got %v, %v", tt.name, name, got, err)
			}
		}
	}
}
