package token_test

import (
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core/token"
)

func TestClaims(t *testing.T) {
	t.Parallel()
	sec := now.Unix()
	failed := ensure + because("token-verification-failed")
	tests := []struct {
		name    string
		claims  map[string]any
		options func(*token.Options)
		want    string
	}{
		{name: "good", want: ""},
		{
			name: "sub missing", claims: map[string]any{"sub": nil},
			want: "Subject claim (sub) is required and must be a string. Received undefined." + failed,
		},
		{
			name: "sub in another case", claims: map[string]any{"sub": nil, "SUB": "user_1"},
			want: "Subject claim (sub) is required and must be a string. Received undefined." + failed,
		},
		{name: "sub empty", claims: map[string]any{"sub": ""}, want: ""},
		{
			name: "sub a number", claims: map[string]any{"sub": 1},
			want: "Subject claim (sub) is required and must be a string. Received 1." + failed,
		},
		{
			name: "sub an object", claims: map[string]any{"sub": map[string]any{"a": []any{1, "<"}}},
			want: `Subject claim (sub) is required and must be a string. Received {"a":[1,"<"]}.` + failed,
		},
		{name: "no audience in the token", options: audience("x"), want: ""},
		{name: "audience", claims: map[string]any{"aud": "x"}, options: audience("y", "x"), want: ""},
		{name: "audience not configured", claims: map[string]any{"aud": "x"}, want: ""},
		{
			name: "only empty audiences configured", claims: map[string]any{"aud": "x"}, options: audience("", ""),
			want: "",
		},
		{
			name: "other audience", claims: map[string]any{"aud": "z"}, options: audience("x", "", "y"),
			want: `Invalid JWT audience claim (aud) "z". Is not included in "["x","y"]".` + failed,
		},
		{
			name: "prefix of an audience", claims: map[string]any{"aud": "x"}, options: audience("xy"),
			want: `Invalid JWT audience claim (aud) "x". Is not included in "["xy"]".` + failed,
		},
		{name: "empty audience in the token", claims: map[string]any{"aud": ""}, options: audience("x"), want: ""},
		{
			name: "one of several audiences", claims: map[string]any{"aud": []string{"z", "x"}},
			options: audience("x"), want: "",
		},
		{
			name: "none of several audiences", claims: map[string]any{"aud": []string{"z", ""}},
			options: audience("x<"),
			want:    `Invalid JWT audience claim array (aud) ["z",""]. Is not included in "["x<"]".` + failed,
		},
		{name: "empty audience list", claims: map[string]any{"aud": []string{}}, options: audience("x"), want: ""},
		{
			name: "list of an empty audience", claims: map[string]any{"aud": []string{""}}, options: audience("x"),
			want: "",
		},
		{name: "audience of odd shape", claims: map[string]any{"aud": 5}, options: audience("x"), want: ""},
		{name: "mixed audience", claims: map[string]any{"aud": []any{"y", 1}}, options: audience("x"), want: ""},
		{name: "authorized party", options: parties("https://app.example.com"), want: ""},
		{
			name: "another party", options: parties("https://a", "https://b"),
			want: `Invalid JWT Authorized party claim (azp) "https://app.example.com". Expected "https://a,https://b".` + because("token-invalid-authorized-parties"),
		},
		{
			name: "party as prefix", options: parties("https://app.example.com.evil"),
			want: `Invalid JWT Authorized party claim (azp) "https://app.example.com". Expected "https://app.example.com.evil".` + because("token-invalid-authorized-parties"),
		},
		{
			name: "no party in the token", claims: map[string]any{"azp": nil}, options: parties("a"),
			want: `Invalid JWT Authorized party claim (azp) undefined. Expected "a".` + because("token-invalid-authorized-parties"),
		},
		{
			name: "empty party never matches", claims: map[string]any{"azp": ""}, options: parties("", "https://a"),
			want: `Invalid JWT Authorized party claim (azp) "". Expected ",https://a".` + because("token-invalid-authorized-parties"),
		},
		{
			name: "party in an array", claims: map[string]any{"azp": []string{"a"}}, options: parties("a"),
			want: `Invalid JWT Authorized party claim (azp) ["a"]. Expected "a".` + because("token-invalid-authorized-parties"),
		},
		{name: "issuer", options: issuer("https://clerk.example.com"), want: ""},
		{name: "issuer among others", options: issuer("https://a", "https://clerk.example.com"), want: ""},
		{
			name: "another issuer", options: issuer("https://a", "https://b"),
			want: `Invalid JWT issuer claim (iss) "https://clerk.example.com". Expected "https://a,https://b".` + ensure + because("token-invalid-issuer"),
		},
		{
			name: "issuer with a slash more", options: issuer("https://clerk.example.com/"),
			want: `Invalid JWT issuer claim (iss) "https://clerk.example.com". Expected "https://clerk.example.com/".` + ensure + because("token-invalid-issuer"),
		},
		{
			name: "issuer with a slash less", claims: map[string]any{"iss": "https://a/"},
			options: issuer("https://a"),
			want:    `Invalid JWT issuer claim (iss) "https://a/". Expected "https://a".` + ensure + because("token-invalid-issuer"),
		},
		{
			name: "issuer in other letters", claims: map[string]any{"iss": "https://A"}, options: issuer("https://a"),
			want: `Invalid JWT issuer claim (iss) "https://A". Expected "https://a".` + ensure + because("token-invalid-issuer"),
		},
		{
			name: "no issuer in the token", claims: map[string]any{"iss": nil}, options: issuer("a"),
			want: `Invalid JWT issuer claim (iss) undefined. Expected "a".` + ensure + because("token-invalid-issuer"),
		},
		{
			name: "issuer in an array", claims: map[string]any{"iss": []string{"a"}}, options: issuer("a"),
			want: `Invalid JWT issuer claim (iss) ["a"]. Expected "a".` + ensure + because("token-invalid-issuer"),
		},
		{
			name: "empty issuer never matches", claims: map[string]any{"iss": ""}, options: issuer("", "a"),
			want: `Invalid JWT issuer claim (iss) "". Expected "a".` + ensure + because("token-invalid-issuer"),
		},
		{name: "empty issuers are none", claims: map[string]any{"iss": "z"}, options: issuer("", ""), want: ""},
		{
			name:    "azp before iss",
			options: func(o *token.Options) { o.AuthorizedParties, o.Issuer = []string{"a"}, []string{"a"} },
			want:    `Invalid JWT Authorized party claim (azp) "https://app.example.com". Expected "a".` + because("token-invalid-authorized-parties"),
		},
		{
			name: "iss before exp", claims: map[string]any{"exp": 0}, options: issuer("a"),
			want: `Invalid JWT issuer claim (iss) "https://clerk.example.com". Expected "a".` + ensure + because("token-invalid-issuer"),
		},
		{name: "no parties configured", claims: map[string]any{"azp": 5}, options: parties(), want: ""},
		{
			name: "exp missing", claims: map[string]any{"exp": nil},
			want: "Invalid JWT expiry date claim (exp) undefined. Expected number." + failed,
		},
		{
			name: "exp a string", claims: map[string]any{"exp": "9999999999"},
			want: `Invalid JWT expiry date claim (exp) "9999999999". Expected number.` + failed,
		},
		{name: "exp 4 seconds ago", claims: map[string]any{"exp": sec - 4}, want: ""},
		{
			name: "exp 5 seconds ago", claims: map[string]any{"exp": sec - 5},
			want: "JWT is expired. Expiry date: Fri, 02 Jan 2026 03:04:00 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired"),
		},
		{
			name: "exp 4.1 seconds ago is cut to 5", claims: map[string]any{"exp": float64(sec) - 4.1},
			want: "JWT is expired. Expiry date: Fri, 02 Jan 2026 03:04:00 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired"),
		},
		{
			name: "exp now, without skew", claims: map[string]any{"exp": sec}, options: skew(0),
			want: "JWT is expired. Expiry date: Fri, 02 Jan 2026 03:04:05 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired"),
		},
		{name: "exp in a second, without skew", claims: map[string]any{"exp": sec + 1}, options: skew(0), want: ""},
		{
			name: "exp in a second, negative skew", claims: map[string]any{"exp": sec + 1},
			options: skew(-time.Second),
			want:    "JWT is expired. Expiry date: Fri, 02 Jan 2026 03:04:06 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired"),
		},
		{
			name: "exp 5 seconds ago, a millisecond more skew", claims: map[string]any{"exp": sec - 5},
			options: skew(5001 * time.Millisecond), want: "",
		},
		{
			name: "exp negative", claims: map[string]any{"exp": -62167219200 - 86400},
			want: "JWT is expired. Expiry date: Fri, 31 Dec -0001 00:00:00 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired"),
		},
		{name: "exp in far future", claims: map[string]any{"exp": 8.64e12}, want: ""},
		{
			name: "exp too large for a date", claims: map[string]any{"exp": 8.64e12 + 1},
			want: "JWT is expired. Expiry date: Invalid Date, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired"),
		},
		{
			name: "exp huge", claims: map[string]any{"exp": 1e20},
			want: "JWT is expired. Expiry date: Invalid Date, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired"),
		},
		{
			name: "exp zero", claims: map[string]any{"exp": 0},
			want: "JWT is expired. Expiry date: Thu, 01 Jan 1970 00:00:00 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired"),
		},
		{name: "nbf missing", claims: map[string]any{"nbf": nil}, want: ""},
		{
			name: "nbf a string", claims: map[string]any{"nbf": "1"},
			want: `Invalid JWT not before date claim (nbf) "1". Expected number.` + failed,
		},
		{name: "nbf in 5 seconds", claims: map[string]any{"nbf": sec + 5}, want: ""},
		{
			name: "nbf in 6 seconds", claims: map[string]any{"nbf": sec + 6},
			want: "JWT cannot be used prior to not before date claim (nbf). Not before date: Fri, 02 Jan 2026 03:04:11 GMT; Current date: Fri, 02 Jan 2026 03:04:05 GMT;" + because("token-not-active-yet"),
		},
		{
			name: "nbf too large for a date", claims: map[string]any{"nbf": 1e20},
			want: "JWT cannot be used prior to not before date claim (nbf). Not before date: Invalid Date; Current date: Fri, 02 Jan 2026 03:04:05 GMT;" + because("token-not-active-yet"),
		},
		{name: "iat missing", claims: map[string]any{"iat": nil}, want: ""},
		{
			name: "iat a boolean", claims: map[string]any{"iat": true},
			want: `Invalid JWT issued at date claim (iat) true. Expected number.` + failed,
		},
		{name: "iat in 5.9 seconds is cut to 5", claims: map[string]any{"iat": float64(sec) + 5.9}, want: ""},
		{
			name: "iat in 6 seconds", claims: map[string]any{"iat": sec + 6},
			want: "JWT issued at date claim (iat) is in the future. Issued at date: Fri, 02 Jan 2026 03:04:11 GMT; Current date: Fri, 02 Jan 2026 03:04:05 GMT;" + because("token-iat-in-the-future"),
		},
		{
			name: "iat too small for a date", claims: map[string]any{"iat": -1e20},
			want: "JWT issued at date claim (iat) is in the future. Issued at date: Invalid Date; Current date: Fri, 02 Jan 2026 03:04:05 GMT;" + because("token-iat-in-the-future"),
		},
		{
			name: "sub before everything", claims: map[string]any{"sub": nil, "aud": "z", "exp": nil},
			options: audience("x"),
			want:    "Subject claim (sub) is required and must be a string. Received undefined." + failed,
		},
		{
			name: "azp before exp", claims: map[string]any{"exp": 0}, options: parties("a"),
			want: `Invalid JWT Authorized party claim (azp) "https://app.example.com". Expected "a".` + because("token-invalid-authorized-parties"),
		},
		{
			name: "exp before nbf", claims: map[string]any{"exp": 0, "nbf": 1e20, "iat": 1e20},
			want: "JWT is expired. Expiry date: Thu, 01 Jan 1970 00:00:00 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired"),
		},
		{
			name: "nbf before iat", claims: map[string]any{"nbf": sec + 6, "iat": "x"},
			want: "JWT cannot be used prior to not before date claim (nbf). Not before date: Fri, 02 Jan 2026 03:04:11 GMT; Current date: Fri, 02 Jan 2026 03:04:05 GMT;" + because("token-not-active-yet"),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := options()
			if tt.options != nil {
				tt.options(&o)
			}
			check(t, token.NewVerifier(pemKeys(t, ourKey()), o), sign(t, ourKey(), goodHeader, claims(tt.claims)), tt.want)
		})
	}
	t.Run("null is not absent", func(t *testing.T) {
		t.Parallel()
		v := token.NewVerifier(pemKeys(t, ourKey()), options())
		raw := sign(t, ourKey(), goodHeader, `{"sub":"u","exp":9999999999,"nbf":null}`)
		check(t, v, raw, "Invalid JWT not before date claim (nbf) null. Expected number."+failed)
		raw = sign(t, ourKey(), goodHeader, `{"sub":"u","exp":9999999999,"iat":null}`)
		check(t, v, raw, "Invalid JWT issued at date claim (iat) null. Expected number."+failed)
		raw = sign(t, ourKey(), goodHeader, `{"sub":"u","exp":1e999}`)
		check(t, v, raw, "JWT is expired. Expiry date: Invalid Date, Current date: Fri, 02 Jan 2026 03:04:05 GMT."+because("token-expired"))
	})
}

func audience(a ...string) func(*token.Options) { return func(o *token.Options) { o.Audience = a } }
func parties(p ...string) func(*token.Options) {
	return func(o *token.Options) { o.AuthorizedParties = p }
}

func issuer(i ...string) func(*token.Options) { return func(o *token.Options) { o.Issuer = i } }

func skew(d time.Duration) func(*token.Options) { return func(o *token.Options) { o.ClockSkew = d } }
