package sdk_test

import (
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/clerk/clerk-sdk-go/v2"

// unsent are the methods that ask nobody.
var unsent = []string{"user.CreateTOTP"} // Deprecated: it does nothing.

// TestMain wants every method of every Client of the SDK called by the tests of this package, as far as all of them ran.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if flag.Lookup(name).Value.String() != "" {
			os.Exit(code)
		}
	}
	if code == 0 {
		if err := everyMethod(); err != nil {
			fmt.Println("FAIL:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// everyMethod compares the methods that the SDK has with those that were called, and with what they were answered.
func everyMethod() error {
	methods, err := sdkMethods()
	if err != nil {
		return err
	}
	calls.Lock()
	defer calls.Unlock()
	var faults []error
	for _, name := range methods {
		statuses, reason := calls.statuses[name], leftOut[name]
		switch {
		case slices.Contains(unsent, name):
		case statuses == nil:
			faults = append(faults, fmt.Errorf("%s is not called", name))
		case reason == "" && statuses[http.StatusNotImplemented]:
			faults = append(faults, fmt.Errorf("%s is answered with 501, and not among those left out", name))
		case reason != "" && (len(statuses) > 1 || !statuses[http.StatusNotImplemented]):
			faults = append(faults, fmt.Errorf("%s is left out (%s), and answered with %v", name, reason, slices.Sorted(maps.Keys(statuses))))
		}
	}
	for name := range leftOut {
		if !slices.Contains(methods, name) {
			faults = append(faults, fmt.Errorf("%s is left out, and no method", name))
		}
	}
	fmt.Printf("clerk-sdk-go: %d methods, %d served, %d left out, %d that ask nobody\n", len(methods), len(methods)-len(leftOut)-len(unsent), len(leftOut), len(unsent))
	return errors.Join(append(faults, supportedSaysSo())...)
}

var mentioned = regexp.MustCompile("`([A-Z]+ /v1/[^`]*)`")

// supportedSaysSo checks that SUPPORTED.md names what is left out: its patterns and no others.
func supportedSaysSo() error {
	text, err := os.ReadFile("../../clerktest/SUPPORTED.md")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	for _, found := range mentioned.FindAllSubmatch(text, -1) {
		mux.Handle(string(found[1]), http.NotFoundHandler())
	}
	var faults []error
	for _, asked := range slices.Sorted(maps.Keys(calls.unserved)) {
		method, path, _ := strings.Cut(asked, " ")
		if _, pattern := mux.Handler(&http.Request{Method: method, URL: &url.URL{Path: path}}); pattern == "" {
			faults = append(faults, fmt.Errorf("%s is answered with 501, and SUPPORTED.md does not say so", asked))
		}
	}
	return errors.Join(faults...)
}

// calls are the statuses that each method of the SDK was answered with.
var calls = struct {
	sync.Mutex
	statuses map[string]map[int]bool
	unserved map[string]bool // Method and path of what is answered with 501.
}{statuses: map[string]map[int]bool{}, unserved: map[string]bool{}}

var clientMethod = regexp.MustCompile(`^` + regexp.QuoteMeta(module) + `/(\w+)\.\(\*Client\)\.([A-Z]\w*)$`)

// recorder notes which method of a Client a request comes from: it is sent by the goroutine that called the method.
type recorder struct{}

func (recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	pcs, caller := make([]uintptr, 100), ""
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		if found := clientMethod.FindStringSubmatch(frame.Function); found != nil {
			caller = found[1] + "." + found[2] // The outermost is the one that the test calls.
		}
	}
	calls.Lock()
	defer calls.Unlock()
	if calls.statuses[caller] == nil {
		calls.statuses[caller] = map[int]bool{}
	}
	calls.statuses[caller][res.StatusCode] = true
	if res.StatusCode == http.StatusNotImplemented {
		calls.unserved[r.Method+" "+r.URL.Path] = true
	}
	return res, nil
}

// sdkMethods returns the exported methods of each package's Client, as the SDK's source declares them.
func sdkMethods() ([]string, error) {
	where, err := exec.Command("go", "list", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return nil, fmt.Errorf("finding the SDK's source: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(where)), "*", "*.go"))
	if err != nil {
		return nil, err
	}
	var methods []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.IsExported() && f.Recv != nil && isClient(f.Recv.List[0].Type) {
				methods = append(methods, tree.Name.Name+"."+f.Name.Name)
			}
		}
	}
	if len(methods) < 100 {
		return nil, fmt.Errorf("the SDK's source in %s has only %d methods", strings.TrimSpace(string(where)), len(methods))
	}
	slices.Sort(methods)
	return methods, nil
}

func isClient(receiver ast.Expr) bool {
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	name, ok := receiver.(*ast.Ident)
	return ok && name.Name == "Client"
}
