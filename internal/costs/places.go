package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/core"
)

// place is where a stranger writes a pattern.
type place struct {
	name     string
	patterns []pattern
	// send returns how many bytes the pattern takes there, and the work that it makes.
	send func(input string) (sent int, work func())
}

// The places by their names. TestPlaces compares them with core's source.
var (
	headers = []string{
		"Accept", "Authorization", "Cf-Connecting-Ip", "Connection", "Cookie", "Forwarded", "Origin", "Referer", "Sec-Fetch-Dest", "User-Agent", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip",
		"Next-Action", "Next-Url", "Rsc", "X-Nextjs-Data", "Content-Type", "X-Other", "Proxy-Authorization", "X-Clerk-Auth-Token", "X-Clerk-Request-Data",
	}
	cookies    = []string{"__session", "__refresh", "__client_uat", "__clerk_db_jwt", "__clerk_handshake", "__clerk_handshake_nonce", "__clerk_redirect_count", "other"}
	parameters = []string{"__clerk_synced", "__clerk_redirect_url", "__clerk_db_jwt", "__dev_session", "__clerk_handshake", "__clerk_handshake_nonce", "__clerk_help", "redirect_url", "other"}
	claims     = []string{
		"sub", "azp", "aud", "exp", "nbf", "iat", "iss", "sid", "sts", "v", "o", "org_id", "org_role", "org_slug", "org_permissions", "fea", "fva", "pla", "act", "scopes", "scope", "scp", "client_id", "jti", "handshake", "factor_verification_age", "other",
	}
	parameterClaims = []string{"alg", "typ", "kid", "cat", "crit", "other"} // of a token's header
	webhookHeaders  = []string{"svix-id", "svix-timestamp", "svix-signature", "webhook-id", "webhook-timestamp", "webhook-signature", "Content-Length"}
)

func (s *setup) places() (list []place) {
	list = append(list, s.requestPlaces()...)
	list = append(list, s.urlPlaces()...)
	list = append(list, s.tokenPlaces()...)
	list = append(list, s.otherPlaces()...)
	return append(list, s.webhookPlaces()...)
}

// requestPlaces are the parts of a request, in every scenario.
func (s *setup) requestPlaces() (list []place) {
	add := func(where string, set func(m *message, input string)) {
		for _, one := range s.scenarios {
			list = append(list, place{name: where + ", " + one.name, patterns: bytePatterns(), send: s.request(one, set)})
		}
	}
	for _, name := range headers {
		s.headers[name] = true
		add("header "+name, func(m *message, input string) { m.header[name] = []string{input} })
	}
	add("header Authorization, Bearer", func(m *message, input string) { m.header["Authorization"] = []string{"Bearer " + input} })
	for _, name := range cookies {
		for _, suffix := range []string{"", "_" + s.suffix} {
			add("cookie "+name+suffix, func(m *message, input string) {
				m.header["Cookie"] = append([]string{name + suffix + "=" + input}, m.header["Cookie"]...)
			})
		}
	}
	for _, name := range parameters {
		add("parameter "+name, func(m *message, input string) { m.target = "/p?" + name + "=" + input })
	}
	add("path", func(m *message, input string) { m.target = "/" + input })
	add("path behind a prefix", func(m *message, input string) { m.target = strings.TrimSuffix(m.target, "?a=b") + input })
	add("target", func(m *message, input string) { m.target = input })
	add("query", func(m *message, input string) { m.target = "/p?" + input })
	add("host", func(m *message, input string) { m.host = input })
	return list
}

// request sends one request.
func (s *setup) request(one *scenario, set func(m *message, input string)) func(string) (int, func()) {
	return func(input string) (int, func()) {
		m := one.message(s.asked)
		set(m, input)
		return len(input), func() { one.serve(m) }
	}
}

// urlPlaces are where a whole URL or its host is read.
func (s *setup) urlPlaces() (list []place) {
	for _, one := range s.scenarios {
		switch one.name {
		case "lost browser", "known browser in development", "user from elsewhere", "proxy":
		default:
			continue
		}
		for _, at := range []struct {
			where string
			set   func(m *message, input string)
		}{
			{"X-Forwarded-Host", func(m *message, input string) { m.header["X-Forwarded-Host"] = []string{input} }},
			{"X-Forwarded-Proto", func(m *message, input string) { m.header["X-Forwarded-Proto"] = []string{input} }},
			{"X-Forwarded-Host for x", func(m *message, input string) {
				m.header["X-Forwarded-Host"], m.header["X-Forwarded-Proto"] = []string{input}, []string{"x"}
			}},
			{"Referer", func(m *message, input string) { m.header["Referer"] = []string{input} }},
			{"Host", func(m *message, input string) { m.host = input }},
			{"target", func(m *message, input string) { m.target = input }},
			{"__clerk_redirect_url", func(m *message, input string) { m.target = "/p?__clerk_redirect_url=" + input }},
			{"redirect_url", func(m *message, input string) { m.target = "/p?redirect_url=" + input }},
		} {
			list = append(list, place{name: "URL " + at.where + ", " + one.name, patterns: urlPatterns(), send: s.request(one, at.set)})
		}
	}
	return list
}

// tokenPlaces are the parts of a token that nobody signed.
func (s *setup) tokenPlaces() (list []place) {
	carriers := []struct {
		name string
		set  func(m *message, token string)
	}{
		{"session cookie", func(m *message, token string) { m.header["Cookie"] = []string{"__client_uat=1; __session=" + token} }},
		{"suffixed session cookie", func(m *message, token string) {
			m.header["Cookie"] = []string{"__client_uat_" + s.suffix + "=1; __session_" + s.suffix + "=" + token}
		}},
		{"bearer", func(m *message, token string) { m.header["Authorization"] = []string{"Bearer " + token} }},
		{"handshake", func(m *message, token string) { m.target = "/p?__clerk_handshake=" + token }},
		{"session beside a suffixed", func(m *message, token string) {
			m.header["Cookie"] = []string{"__client_uat=1; __session=" + token + "; __client_uat_" + s.suffix + "=1; __session_" + s.suffix + "=" + token}
		}},
	}
	patterns := jsonPatterns()
	for _, carrier := range carriers {
		for _, one := range s.scenarios {
			switch one.name {
			case "lost browser", "program", "machine", "known browser in development":
			default:
				continue
			}
			add := func(part string, token func(value string) string) {
				list = append(list, place{name: part + ", " + carrier.name + ", " + one.name, patterns: patterns, send: func(value string) (int, func()) {
					text := token(value)
					m := one.message(s.asked)
					carrier.set(m, text)
					return len(text), func() { one.serve(m) }
				}})
			}
			for _, name := range claims {
				add("claim "+name, func(value string) string { return unsigned("", name, value) })
			}
			for _, name := range parameterClaims {
				add("token header "+name, func(value string) string { return unsigned(name, "", value) })
			}
			add("claims", func(value string) string {
				return encode(`{"alg":"RS256","typ":"JWT","kid":"k"}`) + "." + encode(value) + ".AA"
			})
			add("token header", func(value string) string { return encode(value) + "." + encode(`{"sub":"a"}`) + ".AA" })
			add("signature", func(value string) string {
				return encode(`{"alg":"RS256","typ":"JWT","kid":"k"}`) + "." + encode(`{"sub":"a","exp":1795217677,"iat":1}`) + "." + encode(value)
			})
		}
	}
	return list
}

// unsigned returns a token with a value in one place of its header or its claims.
func unsigned(parameter, claim, value string) string {
	member := func(name, text string, members ...string) string {
		var b strings.Builder
		for i := 0; i < len(members); i += 2 {
			if members[i] != name {
				b.WriteString(strconv.Quote(members[i]) + ":" + members[i+1] + ",") //nolint:gosec // Members are pairs.
			}
		}
		if name == "" {
			return "{" + strings.TrimSuffix(b.String(), ",") + "}"
		}
		return "{" + b.String() + strconv.Quote(name) + ":" + text + "}"
	}
	header := member(parameter, value, "alg", `"RS256"`, "typ", `"JWT"`, "kid", `"k"`)
	payload := member(claim, value, "sub", `"user_1"`, "azp", `"https://app.example.com"`, "iss", `"https://clerk.example.com"`, "iat", "1795217570", "exp", "1795217677")
	return encode(header) + "." + encode(payload) + "." + encode("signature")
}

// otherPlaces are the arguments that applications take from requests, and matchers.
func (s *setup) otherPlaces() (list []place) {
	patterns := append(bytePatterns(), urlPatterns()...)
	for _, one := range s.scenarios {
		switch one.name {
		case "known browser in development", "stranger", "satellite":
		default:
			continue
		}
		list = append(list, place{name: "ReturnBackURL, " + one.name, patterns: patterns, send: func(input string) (int, func()) {
			ra, _ := adapter.Attach(context.Background(), one.clerk, one.message(s.asked))
			return len(input), func() { ra.RedirectToSignIn(core.ReturnBackURL(input)) }
		}})
		list = append(list, place{name: "page of RedirectToSignUp, " + one.name, patterns: bytePatterns(), send: func(input string) (int, func()) {
			m := one.message(s.asked)
			m.target = "/" + input
			ra, _ := adapter.Attach(context.Background(), one.clerk, m)
			return len(input), func() { ra.RedirectToSignUp() }
		}})
	}
	matcher := core.MustRouteMatcher("/admin(.*)", "/files/:name", "/a/:b*/c", "/(api|trpc)(.*)").Not()
	for _, at := range [][2]string{{"path", "/"}, {"path of a pattern", "/admin"}, {"parameter", "/files/"}, {"repeated parameter", "/a/"}, {"whole target", ""}} {
		list = append(list, place{name: "matcher, " + at[0], patterns: bytePatterns(), send: func(input string) (int, func()) {
			m := &message{method: http.MethodGet, target: at[1] + input, host: "app.example.com", asked: s.asked}
			return len(input), func() { matcher.Match(m) }
		}})
	}
	return list
}

// webhookPlaces are the parts of a webhook.
func (s *setup) webhookPlaces() (list []place) {
	const body = `{"type":"user.created","data":{"id":"user_1"}}`
	good, err := s.receiver.Sign("msg_1", now, []byte(body))
	if err != nil {
		return nil // The secret is good.
	}
	for _, name := range webhookHeaders {
		list = append(list, place{name: "webhook header " + name, patterns: bytePatterns(), send: func(input string) (int, func()) {
			header := good.Clone()
			if strings.HasPrefix(name, "webhook-") {
				for _, part := range []string{"id", "timestamp", "signature"} {
					header.Set("webhook-"+part, header.Get("svix-"+part))
					header.Del("svix-" + part)
				}
			}
			header.Set(name, input)
			return len(input), func() { _, _ = s.receiver.Receive(header, strings.NewReader(body)) }
		}})
	}
	add := func(name string, header func(body string) http.Header) {
		list = append(list, place{name: name, patterns: append(jsonPatterns(), bytePatterns()...), send: func(input string) (int, func()) {
			h := header(input)
			return len(input), func() { _, _ = s.receiver.Receive(h, bytes.NewReader([]byte(input))) }
		}})
	}
	add("webhook body", func(string) http.Header { return good })
	add("webhook body, signed", func(body string) http.Header {
		h, _ := s.receiver.Sign("msg_1", now, []byte(body))
		return h
	})
	for _, member := range []string{"type", "data", "timestamp", "instance_id", "event_attributes"} {
		list = append(list, place{name: "webhook body, signed, " + member, patterns: jsonPatterns(), send: func(input string) (int, func()) {
			members := map[string]json.RawMessage{"type": json.RawMessage(`"user.created"`), "data": json.RawMessage(`{"id":"user_1"}`)}
			members[member] = json.RawMessage(input)
			text, err := json.Marshal(members)
			if err != nil {
				text = []byte(input) // It is no JSON, then.
			}
			h, _ := s.receiver.Sign("msg_1", now, text)
			return len(text), func() { _, _ = s.receiver.Receive(h, bytes.NewReader(text)) }
		}})
	}
	return list
}
