package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var parityLine = regexp.MustCompile(`^\| (\d+) \| .+ \| ((?:[^|]|\\\|)+) \| (?:` + "`([^`:]+):([A-Za-z0-9_]+)`" + `)? ?\|$`)

// functions lists the functions of a file by name, with their number of lines. It
// remembers what it has read.
func functions(t *testing.T, read map[string]map[string]int, file string) map[string]int {
	t.Helper()
	if found, ok := read[file]; ok {
		return found
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, filepath.Join("..", filepath.FromSlash(file)), nil, 0)
	if err != nil {
		t.Error(err)
		return nil
	}
	found := map[string]int{}
	read[file] = found
	for _, decl := range parsed.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
			found[f.Name.Name] = set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1
		}
	}
	return found
}

// TestParityNamesTestsThatExist makes sure that every line of parity.md names a
// test that exists, or says why there is none.
func TestParityNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("parity.md")
	if err != nil {
		t.Fatal(err)
	}
	const lines = 220
	read := map[string]map[string]int{}
	n := 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| #") {
			continue
		}
		n++
		m := parityLine.FindStringSubmatch(line)
		switch {
		case m == nil:
			t.Errorf("a line of another form: %s", line)
		case m[3] == "":
			if !strings.HasPrefix(m[2], "client-side only: ") && !strings.HasPrefix(m[2], "no feature: ") {
				t.Errorf("line %s names neither a test nor a reason", m[1])
			}
		default:
			if _, ok := functions(t, read, m[3])[m[4]]; !ok {
				t.Errorf("line %s: %s has no %s", m[1], m[3], m[4])
			}
			if strings.HasPrefix(m[3], "ginclerk/") {
				for _, other := range []string{"echoclerk/", "echo5clerk/", "fiberclerk/", "fiber3clerk/"} {
					if file := strings.Replace(m[3], "ginclerk/", other, 1); functions(t, read, file)[m[4]] == 0 {
						t.Errorf("line %s: %s has no %s", m[1], file, m[4])
					}
				}
			}
		}
	}
	if n != lines {
		t.Errorf("got %d lines, want %d", n, lines)
	}
}

// everyName are the names that an application meets. AD stands for the adapter.
const everyName = `AD.Middleware AD.With AD.MiddlewareFunc AD.Auth AD.Protect AD.ProtectRoutes AD.Require AD.RedirectToSignIn AD.RedirectToSignUp
AD.State AD.CurrentUser AD.Client AD.OnRefuse core.New( core.Options core.MustRouteMatcher core.AnyOf core.AllOf core.Where core.Role core.Permission core.Feature core.Plan
core.Reverification core.Strict core.Scopes core.UnauthorizedURL core.UnauthenticatedURL core.AcceptTokens core.PendingAsSignedIn core.ReturnBackURL
core.NoReturnBackURL core.Template core.ExpiresIn core.ClaimsAs core.Refusal core.OrganizationSync core.Retry core.TokenChoice core.Request
.Not() .Has( .Token( .IsAuthenticated() .Reason() .UserID .SessionID .SessionStatus .OrgID .OrgRole .OrgSlug .OrgPermissions .Actor .FactorVerificationAge
.TokenType .Subject .Scopes .ID .Name .ClientID .MachineID .Users() .Sessions() .Organizations() .Config() .Method() .Target() .Host() .TLS() .Header( .Headers()
PublishableKey: SecretKey: MachineSecretKey: JWTKey: Audience: AuthorizedParties: Issuer: ClockSkew: Domain: IsSatellite: SatelliteAutoSync: ProxyURL: SignInURL: SignUpURL:
OrganizationSync: OrganizationPatterns: PersonalAccountPatterns: APIURL: APIVersion: Debug: AcceptsToken: Logger: HTTPClient: Now: Retry: LookupEnv: APIStatus:
IgnoreForwarded: IsPageRequest: IsActionRequest: Skip: clerktest.New( fake.Options()`

// TestEveryNameIsUsed makes sure that the program of each adapter, with what the programs share, uses every name, and
// that its functions are short.
func TestEveryNameIsUsed(t *testing.T) {
	t.Parallel()
	const maxLines = 60
	shared := readFile(t, "../clerktest/adaptertest/everyoption.go")
	for _, adapter := range []string{"httpclerk", "ginclerk", "echoclerk", "echo5clerk", "fiberclerk", "fiber3clerk"} {
		file := adapter + "/everyname_test.go"
		program := readFile(t, filepath.Join("..", filepath.FromSlash(file))) + shared
		for name := range strings.FieldsSeq(everyName) {
			if name = strings.Replace(name, "AD.", adapter+".", 1); !strings.Contains(program, name) {
				t.Errorf("%s does not use %s", file, name)
			}
		}
		found := functions(t, map[string]map[string]int{}, file)
		if found["TestEveryName"] == 0 {
			t.Errorf("%s has no TestEveryName", file)
		}
		for name, lines := range found {
			if lines > maxLines {
				t.Errorf("%s: %s has %d lines, want at most %d", file, name, lines, maxLines)
			}
		}
	}
}
