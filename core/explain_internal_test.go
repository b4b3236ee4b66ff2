package core

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core/reason"
)

// reasonsOf lists the constants of a file whose names start so, with their values
// where these are literals.
func reasonsOf(t *testing.T, file, prefix string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
			return true
		}
		value := ""
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
			value, err = strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
		}
		found[spec.Names[0].Name] = value
		return true
	})
	return found
}

// TestEveryReasonIsExplained finds reasons that Explain would only repeat.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	reasons := map[reason.Reason]string{ // those that package token names
		reason.TokenInvalid: "", reason.TokenInvalidAlgorithm: "", reason.TokenInvalidAuthorizedParties: "", reason.TokenInvalidIssuer: "", reason.TokenInvalidSignature: "",
		reason.TokenVerificationFailed: "", reason.SecretKeyInvalid: "", reason.JWKRemoteFailedToLoad: "", reason.JWKKidMismatch: "",
	}
	named := len(reasons)
	for name, value := range reasonsOf(t, filepath.Join("reason", "reason.go"), "") {
		if name == "Reverification" || name == "ExpiredPrefix" {
			continue // Of guards, who explain it otherwise; and of no reason alone.
		}
		if value == "" {
			named--
			continue
		}
		reasons[reason.Reason(value)] = name
	}
	if named != 0 {
		t.Errorf("reason.go has %d constants of package token more than this test knows", -named)
	}
	for name, value := range reasonsOf(t, filepath.Join("internal", "engine", "refresh.go"), "refresh") {
		reasons[reason.Reason(reason.ExpiredPrefix+value)] = name
	}
	if len(reasons) < 30 {
		t.Fatalf("found only %d reasons", len(reasons))
	}
	for why, name := range reasons {
		text := Explain(&State{status: StatusSignedOut, reason: why})
		if text == "" || strings.HasPrefix(text, "The reason is ") || !strings.HasSuffix(text, ".") {
			t.Errorf("%s %s: got %q", name, why, text)
		}
	}
	for why := range explanations {
		if _, ok := reasons[why]; !ok {
			t.Errorf("an explanation for %s, which nobody gives", why)
		}
	}
	for name, s := range map[string]*State{"nil": nil, "signed in": {status: StatusSignedIn}} {
		if got := Explain(s); got != "" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestRedactURL(t *testing.T) {
	t.Parallel()
	const secret = "dvb_a_long_secret_0123456789"
	for _, u := range []string{
		"https://x.test/p?__clerk_db_jwt=" + secret,
		"https://x.test/p?a=1&__clerk_handshake=" + secret + "&b=2#top",
		"https://x.test/p?__clerk_handshake_nonce=" + secret,
		"https://x.test/p?__session=" + secret,
		"https://x.test/p?__session_abcdef=" + secret,
		"https://x.test/p?__dev_session=" + secret,
		"https://x.test/p?%5f%5fclerk_db_jwt=" + secret,
		"https://x.test/p?__CLERK_db_jwt=" + secret,
		"https://x.test/p?redirect_url=https%3A%2F%2Fy.test%2F%3F__clerk_db_jwt%3D" + secret,
		"https://x.test/p?redirect_url=%2Fq%3Fr%3D%252Fs%253F__session%253D" + secret,
		"https://x.test/p#__clerk_db_jwt=" + secret,
		"https://x.test/p?a=b#/page?__clerk_db_jwt=" + secret,
		"https://x.test/p?a=b#?__clerk_db_jwt=" + secret,
		"/p?redirect_url=%2Fq%23__session%3D" + secret,
		"//p?__session=" + secret + "?__session=" + secret,
		"https://x.test/p?token=" + secret,
		"https://user:" + secret + "@x.test/",
		"https://x.test/p?redirect_url=https%3A%2F%2Fuser%3A" + secret + "%40y.test%2F",
	} {
		if got := (redactor{}).url("u", u).Value.String(); strings.Contains(got, secret) || strings.Contains(got, secret[8:]) {
			t.Errorf("%s: got %s", u, got)
		}
	}
	deep := secret
	for range 3 * maxURLDepth {
		deep = "/x?u=" + strings.NewReplacer("?", "%3F", "=", "%3D", "%", "%25").Replace(deep)
	}
	if got := redactURL(deep, 0); strings.Contains(got, secret) {
		t.Errorf("a very deep URL: got %s", got)
	}
	for _, u := range []string{"https://x.test/p?__clerk_synced=true&redirect_url=%2Fp", "/p", "https://x.test:80/", "", "?", "#"} {
		if got := (redactor{}).url("u", u).Value.String(); got != u {
			t.Errorf("%s: got %s, want it unchanged", u, got)
		}
	}
}
