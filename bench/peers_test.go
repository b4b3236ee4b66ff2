package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	ginjwt "github.com/appleboy/gin-jwt/v3"
	jwtmiddleware "github.com/auth0/go-jwt-middleware/v3"
	"github.com/auth0/go-jwt-middleware/v3/validator"
	"github.com/clerk/clerk-sdk-go/v2"
	clerkhttp "github.com/clerk/clerk-sdk-go/v2/http"
	"github.com/clerk/clerk-sdk-go/v2/jwks"
	"github.com/gin-gonic/gin"
	jwtware "github.com/gofiber/contrib/jwt"
	"github.com/gofiber/fiber/v2"
	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v4"
	"github.com/labstack/echo/v4"
	"github.com/valyala/fasthttp"
)

const skew = 5 * time.Second

// Each peer is set up as its documentation says and as fast as it can be: keys are
// parsed beforehand, or in its own cache.
func peers() []subject {
	return []subject{
		{name: "clerk-sdk-go", http: clerkSDK, admin: true},
		{name: "auth0", http: auth0},
		{name: "echo-jwt", http: echoJWT},
		{name: "fiber-jwt", fiber: fiberJWT, missing: http.StatusBadRequest},
		{name: "gin-jwt", http: ginJWT},
		{name: "golang-jwt", http: golangJWT},
	}
}

// sessionCookie reads the cookie that holds the session token.
func sessionCookie(r *http.Request) string {
	c, err := r.Cookie("__session")
	if err != nil {
		return ""
	}
	return c.Value
}

// mount serves an application of net/http on the routes.
func mount(wrap func(http.Handler) http.Handler, handler, adminHandler http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+dashboard, wrap(handler))
	mux.Handle("GET "+admin, wrap(adminHandler))
	return mux
}

func clerkSDK(tb testing.TB, f *fixture, where place) http.Handler {
	tb.Helper()
	client := jwks.NewClient(&clerk.ClientConfig{BackendConfig: clerk.BackendConfig{
		Key: new(f.server.SecretKey()),
		URL: new(f.server.URL() + "/v1"),
	}})
	opts := []clerkhttp.AuthorizationOption{
		clerkhttp.JWKSClient(client), // fetched once, then from the SDK's cache
		clerkhttp.AuthorizedPartyMatches(party),
		clerkhttp.Leeway(skew),
	}
	if where == inCookie {
		opts = append(opts, clerkhttp.AuthorizationJWTExtractor(sessionCookie))
	}
	user := func(r *http.Request) (*clerk.SessionClaims, string) {
		claims, ok := clerk.SessionClaimsFromContext(r.Context())
		if !ok {
			return nil, ""
		}
		return claims, claims.Subject
	}
	return mount(clerkhttp.WithHeaderAuthorization(opts...),
		func(w http.ResponseWriter, r *http.Request) {
			_, subject := user(r)
			w.WriteHeader(statusOf(subject))
		},
		func(w http.ResponseWriter, r *http.Request) {
			claims, subject := user(r)
			if claims == nil || !claims.HasPermission(permission) {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			w.WriteHeader(statusOf(subject))
		})
}

func auth0(tb testing.TB, f *fixture, where place) http.Handler {
	tb.Helper()
	v, err := validator.New(
		validator.WithKeyFunc(func(context.Context) (any, error) { return &f.key.PublicKey, nil }),
		validator.WithAlgorithm(validator.RS256),
		validator.WithIssuer(f.server.Issuer()),
		validator.WithAudience(audience),
		validator.WithAllowedClockSkew(skew),
	)
	if err != nil {
		tb.Fatal(err)
	}
	opts := []jwtmiddleware.Option{jwtmiddleware.WithValidator(v)}
	if where == inCookie {
		opts = append(opts, jwtmiddleware.WithTokenExtractor(jwtmiddleware.CookieTokenExtractor("__session")))
	}
	m, err := jwtmiddleware.New(opts...)
	if err != nil {
		tb.Fatal(err)
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		claims, err := jwtmiddleware.GetClaims[*validator.ValidatedClaims](r.Context())
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.WriteHeader(statusOf(claims.RegisteredClaims.Subject))
	}
	return mount(m.CheckJWT, handler, handler)
}

// subjectOf reads the sub claim of a token in the way of golang-jwt's users.
func subjectOf(token any) string {
	t, ok := token.(*jwt.Token)
	if !ok {
		return ""
	}
	subject, err := t.Claims.GetSubject()
	if err != nil {
		return ""
	}
	return subject
}

func echoJWT(tb testing.TB, f *fixture, where place) http.Handler {
	tb.Helper()
	config := echojwt.Config{SigningKey: &f.key.PublicKey, SigningMethod: "RS256"}
	if where == inCookie {
		config.TokenLookup = "cookie:__session"
	}
	m, err := config.ToMiddleware()
	if err != nil {
		tb.Fatal(err)
	}
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		// An empty answer, like everybody's. A missing token is 401 here, for once.
		status := http.StatusInternalServerError
		if failure, ok := errors.AsType[*echo.HTTPError](err); ok {
			status = failure.Code
		}
		_ = c.NoContent(status)
	}
	e.Use(m)
	e.GET(dashboard, func(c echo.Context) error { return c.NoContent(statusOf(subjectOf(c.Get("user")))) })
	return e
}

func fiberJWT(_ testing.TB, f *fixture, where place) fasthttp.RequestHandler {
	config := jwtware.Config{SigningKey: jwtware.SigningKey{JWTAlg: "RS256", Key: &f.key.PublicKey}}
	if where == inCookie {
		config.TokenLookup = "cookie:__session"
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Use(jwtware.New(config))
	app.Get(dashboard, func(c *fiber.Ctx) error {
		c.Status(statusOf(subjectOf(c.Locals("user"))))
		return nil
	})
	return app.Handler()
}

func ginJWT(tb testing.TB, f *fixture, where place) http.Handler {
	tb.Helper()
	config := &ginjwt.GinJWTMiddleware{
		IdentityKey: "sub",
		KeyFunc: func(t *jwt.Token) (any, error) {
			if t.Method != jwt.SigningMethodRS256 {
				return nil, ginjwt.ErrInvalidSigningAlgorithm
			}
			return &f.key.PublicKey, nil
		},
		Unauthorized: func(c *gin.Context, code int, _ string) { c.Status(code) },
	}
	if where == inCookie {
		config.TokenLookup = "cookie: __session"
	}
	m, err := ginjwt.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	r := gin.New()
	r.Use(m.MiddlewareFunc())
	r.GET(dashboard, func(c *gin.Context) { c.Status(statusOf(c.GetString("sub"))) })
	return r
}

// sessionClaims are what somebody writes who verifies Clerk's tokens by hand.
type sessionClaims struct {
	jwt.RegisteredClaims
	AuthorizedParty string `json:"azp"`
	SessionID       string `json:"sid"`
	Organization    struct {
		ID          string `json:"id"`
		Role        string `json:"rol"`
		Permissions string `json:"per"`
	} `json:"o"`
}

func golangJWT(tb testing.TB, f *fixture, where place) http.Handler {
	tb.Helper()
	keys, err := keyfunc.NewJWKSetJSON(json.RawMessage(f.server.JWKS()))
	if err != nil {
		tb.Fatal(err)
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithLeeway(skew), jwt.WithExpirationRequired(),
		jwt.WithAudience(audience))
	type contextKey struct{}
	wrap := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var raw string
			if where == inCookie {
				raw = sessionCookie(r)
			} else {
				raw, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			}
			claims := &sessionClaims{}
			if _, err := parser.ParseWithClaims(raw, claims, keys.Keyfunc); err != nil || claims.AuthorizedParty != party {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, claims)))
		})
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		claims, ok := r.Context().Value(contextKey{}).(*sessionClaims)
		if !ok {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.WriteHeader(statusOf(claims.Subject))
	}
	return mount(wrap, handler, handler)
}
