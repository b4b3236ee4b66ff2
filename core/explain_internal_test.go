package core

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core/internal/engine"
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

// anchorsOf lists the anchors that GitHub gives a page's headings of the second and third rank.
func anchorsOf(page string) map[string]bool {
	anchors := map[string]bool{}
	for line := range strings.Lines(page) {
		marks, title, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && (marks == "##" || marks == "###") {
			anchors[strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(title, "`", "")), " ", "-")] = true
		}
	}
	return anchors
}

// TestEveryReasonIsExplained finds reasons that Explain would only repeat, and those that the
// guide it links to says nothing about.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	reasons := map[reason.Reason]string{ // those that package token names
		reason.TokenInvalid: "", reason.TokenInvalidAlgorithm: "", reason.TokenInvalidAuthorizedParties: "", reason.TokenInvalidIssuer: "", reason.TokenInvalidSignature: "",
		reason.TokenVerificationFailed: "", reason.SecretKeyInvalid: "", reason.JWKRemoteFailedToLoad: "", reason.JWKKidMismatch: "", reason.TokenExpired: "",
	}
	named := len(reasons)
	var ofGuards []string
	for name, value := range reasonsOf(t, filepath.Join("reason", "reason.go"), "") {
		switch name {
		case "ExpiredPrefix": // Of no reason alone.
			continue
		case "Reverification": // No state has it, so that Explain has nothing to say.
			ofGuards = append(ofGuards, value)
			continue
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
	page, err := os.ReadFile(filepath.Join("..", "docs", "troubleshooting.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections := anchorsOf(string(page))
	if !sections["redirect-loop"] {
		t.Error("the guide has no section on loops")
	}
	for _, why := range ofGuards {
		if !sections[why] {
			t.Errorf("the guide has no section on %s", why)
		}
	}
	for why, name := range reasons {
		text, section, linked := strings.Cut(Explain(&State{authResult: authResult{status: engine.SignedOut, reason: why}}), " More: "+guide)
		if !linked || !sections[section] {
			t.Errorf("%s %s: links to the section %q, which the guide does not have", name, why, section)
		}
		if detail, expired := strings.CutPrefix(string(why), reason.ExpiredPrefix); expired && !strings.Contains(string(page), "`"+detail+"`") {
			t.Errorf("%s %s: the guide does not name it", name, why)
		}
		if text == "" || strings.HasPrefix(text, "The reason is ") || !strings.HasSuffix(text, ".") {
			t.Errorf("%s %s: got %q", name, why, text)
		}
	}
	for why := range explanations {
		if _, ok := reasons[why]; !ok {
			t.Errorf("an explanation for %s, which nobody gives", why)
		}
	}
	for name, s := range map[string]*State{"nil": nil, "signed in": {authResult: authResult{status: engine.SignedIn}}} {
		if got := Explain(s); got != "" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
