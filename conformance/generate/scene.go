package generate

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"strings"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// scene is a case in the making. A new scene is an ordinary page request of nobody to a well
// configured instance.
type scene struct {
	*rand.Rand
	c       protocol.Case
	keys    *keyring
	prod    bool
	pk      string
	fapi    string
	cookies []string
	// manyCookieHeaders sends each cookie in a header of its own.
	manyCookieHeaders bool
}

// clocks are the moments that cases take place at. There are few so that signatures repeat.
var clocks = [...]int64{1725042151999, 1725042151000, 1725042152001, 1725042160500, 1767225599999, 1700000000000}

// frontends are the Frontend API hosts of the instances that cases configure.
var (
	liveFrontends = [...]string{"clerk.example.com", "clerk.example.com", "clerk.my-shop.co.uk", "clerk.accounts.example.org", "my-clerk.example.net", "example.com"}
	testFrontends = [...]string{"foo-bar-13.clerk.accounts.dev", "foo-bar-13.clerk.accounts.dev", "clerk.inspired.puma-74.lcl.dev", "enough-alpaca-82.clerk.accounts.lclclerk.com", "x.clerk.accountsstage.dev"}
)

func newScene(r *rand.Rand, keys *keyring) *scene {
	s := &scene{Rand: r, keys: keys}
	s.c.Now = clocks[s.IntN(len(clocks))]
	s.c.Request.Method = "GET"
	s.c.Request.URL = "https://app.example.com/dashboard"
	s.c.Request.Headers = [][2]string{}
	s.c.Backend = &protocol.Backend{JWKS: s.jwks(keys.instance.jwk())}
	s.c.Options.SecretKey = new("sk_live_conformance")
	s.instance(s.chance(50))
	return s
}

// instance makes the case's instance a production or a development one.
func (s *scene) instance(prod bool) {
	s.prod = prod
	if prod {
		s.fapi = liveFrontends[s.IntN(len(liveFrontends))]
		s.publishable("pk_live_" + base64.RawStdEncoding.EncodeToString([]byte(s.fapi+"$")))
		s.c.Options.SecretKey = new("sk_live_conformance")
		return
	}
	s.fapi = testFrontends[s.IntN(len(testFrontends))]
	s.publishable("pk_test_" + base64.RawStdEncoding.EncodeToString([]byte(s.fapi+"$")))
	s.c.Options.SecretKey = new("sk_test_conformance")
}

func (s *scene) publishable(pk string) {
	s.pk = pk
	s.c.Options.PublishableKey = &pk
}

// suffixed returns the cookie's name with the suffix of the publishable key.
func (s *scene) suffixed(name string) string {
	sum := sha1.Sum([]byte(s.pk))
	return name + "_" + base64.URLEncoding.EncodeToString(sum[:])[:8]
}

// finish returns the case.
func (s *scene) finish(id string) *protocol.Case {
	s.c.ID = id
	hasHost := false
	for _, header := range s.c.Request.Headers {
		hasHost = hasHost || strings.EqualFold(header[0], "host")
	}
	if !hasHost {
		host := s.c.Request.URL
		_, host, _ = strings.Cut(host, "://")
		if end := strings.IndexAny(host, "/?#\\"); end >= 0 {
			host = host[:end]
		}
		s.c.Request.Headers = append([][2]string{{"Host", host}}, s.c.Request.Headers...)
	}
	if s.manyCookieHeaders {
		for _, cookie := range s.cookies {
			s.header("Cookie", cookie)
		}
	} else if len(s.cookies) > 0 {
		s.header("Cookie", strings.Join(s.cookies, "; "))
	}
	return &s.c
}

func (s *scene) chance(percent int) bool { return s.IntN(100) < percent }

// one picks one of the values.
func (s *scene) one(values ...string) string { return values[s.IntN(len(values))] }

// pick picks one of the values of any type.
func pick[T any](s *scene, values ...T) T { return values[s.IntN(len(values))] }

// secs is the clock in whole seconds.
func (s *scene) secs() int64 { return s.c.Now / 1000 }

func (s *scene) header(name, value string) {
	s.c.Request.Headers = append(s.c.Request.Headers, [2]string{name, value})
}

func (s *scene) cookie(name, value string) { s.cookies = append(s.cookies, name+"="+value) }

// query appends raw text to the query of the URL.
func (s *scene) query(raw string) {
	if strings.Contains(s.c.Request.URL, "?") {
		s.c.Request.URL += "&" + raw
	} else {
		s.c.Request.URL += "?" + raw
	}
}

func (s *scene) path(path string) {
	scheme, rest, _ := strings.Cut(s.c.Request.URL, "://")
	host, _, _ := strings.Cut(rest, "/")
	s.c.Request.URL = scheme + "://" + host + path
}

// document makes the request a navigation.
func (s *scene) document() {
	switch s.IntN(4) {
	case 0:
		s.header("Accept", "text/html,application/xhtml+xml")
	case 1:
		s.header("Sec-Fetch-Dest", "iframe")
	default:
		s.header("Sec-Fetch-Dest", "document")
		s.header("Accept", "text/html")
	}
}

// anything makes the request a navigation, a script's request, or something between.
func (s *scene) anything() {
	switch s.IntN(6) {
	case 0:
		s.header("Sec-Fetch-Dest", "empty")
		s.header("Accept", "*/*")
	case 1:
		s.c.Request.Method = s.one("POST", "HEAD", "PUT", "DELETE", "OPTIONS")
		s.header("Sec-Fetch-Dest", "document")
	case 2:
	default:
		s.document()
	}
}

// jwks is the reply with the given keys.
func (s *scene) jwks(keys ...object) *protocol.Reply {
	texts := make([]string, 0, len(keys))
	for _, k := range keys {
		texts = append(texts, k.String())
	}
	return &protocol.Reply{JSON: json.RawMessage(`{"keys":[` + strings.Join(texts, ",") + `]}`)}
}

// session returns a valid session token of this instance.
func (s *scene) session() *token {
	t := &token{key: s.keys.instance, alg: "RS256", ring: s.keys}
	t.header = object{
		{"alg", `"RS256"`},
		{"cat", `"` + categorySession + `"`},
		{"kid", js(s.keys.instance.kid)},
		{"typ", `"JWT"`},
	}
	now := s.secs()
	t.payload = object{
		{"azp", js("https://app.example.com")},
		{"exp", js(now + 45)},
		{"fva", `[0,-1]`},
		{"iat", js(now - 15)},
		{"iss", js("https://" + s.fapi)},
		{"nbf", js(now - 25)},
		{"sid", `"sess_2abc"`},
		{"sub", `"user_2xyz"`},
	}
	return t
}

// Values of the JOSE header "cat".
const (
	categorySession  = "cl_B7d4PD111AAA"
	categoryTemplate = "cl_B7d4PD222AAA"
	categoryM2M      = "cl_B7d4PD333AAA"
	categoryIgnore   = "cl_I7d4PD111III"
)

func (s *scene) bearer(token string) { s.header("Authorization", "Bearer "+token) }

// sessionCookies sends the token as a signed-in browser does.
func (s *scene) sessionCookies(token string) { s.browser(token, s.secs()-20) }

// browser sends the cookies of a browser whose client was updated at uat.
func (s *scene) browser(token string, uat int64) {
	style := s.IntN(3)
	send := func(name, value string) {
		if style != 1 {
			s.cookie(s.suffixed(name), value)
		}
		if style != 0 {
			s.cookie(name, value)
		}
	}
	send("__session", token)
	send("__client_uat", js(uat))
	if !s.prod {
		send("__clerk_db_jwt", "dvb_2abc")
	}
}

// devBrowser sends only the development browser, where there is one.
func (s *scene) devBrowser() {
	if !s.prod {
		s.cookie("__clerk_db_jwt", "dvb_2abc")
	}
}

// carry sends the token in a header or in cookies.
func (s *scene) carry(token string) {
	if s.chance(50) {
		s.bearer(token)
		return
	}
	s.sessionCookies(token)
	if s.chance(60) {
		s.anything()
	}
}

func (s *scene) accepts(types ...string) {
	if len(types) == 1 {
		s.c.Options.AcceptsToken = rawJSON(types[0])
		return
	}
	s.c.Options.AcceptsToken = rawJSON(types)
}

func (s *scene) acceptsList(types ...string) {
	if types == nil {
		types = []string{}
	}
	s.c.Options.AcceptsToken = rawJSON(types)
}

func (s *scene) ask(queries ...string) {
	for _, query := range queries {
		s.c.Has = append(s.c.Has, json.RawMessage(query))
	}
}

func apiError(status int, code string) *protocol.Reply {
	return &protocol.Reply{Status: status, JSON: rawJSON(map[string]any{
		"errors": []any{map[string]any{"code": code, "message": code + " happened", "long_message": code + " really happened"}},
	})}
}
