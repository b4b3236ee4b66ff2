package clerktest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest/internal/backendapi"
)

var update = flag.Bool("update", false, "write SUPPORTED.md anew")

// TestSupportedIsTrue keeps SUPPORTED.md true: it is what the routes say.
func TestSupportedIsTrue(t *testing.T) {
	t.Parallel()
	want := supported()
	if *update {
		if err := os.WriteFile("SUPPORTED.md", want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("SUPPORTED.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("SUPPORTED.md is not what the routes say; write it with: go test ./clerktest -run TestSupportedIsTrue -update")
	}
}

func supported() []byte {
	built := map[string]bool{}
	for _, rt := range builtBackendRoutes() {
		built[backendapi.Shape(rt.pattern)] = true
	}
	calls, version := backendapi.ClientCalls()
	type family struct {
		name           string
		served, missed []string
	}
	var families []*family
	seen := map[string]bool{}
	all := 0
	for _, c := range calls {
		if len(families) == 0 || families[len(families)-1].name != c.Family {
			families = append(families, &family{name: c.Family})
		}
		f := families[len(families)-1]
		shape := backendapi.Shape(c.Pattern())
		switch {
		case seen[shape]:
		case built[shape]:
			f.served = append(f.served, c.Pattern())
			all++
		default:
			f.missed = append(f.missed, c.Pattern())
		}
		seen[shape] = true
	}
	slices.SortStableFunc(families, func(a, b *family) int {
		return strings.Compare(strings.TrimLeft(a.name, "_"), strings.TrimLeft(b.name, "_"))
	})

	var out bytes.Buffer
	fmt.Fprintf(&out, "# What clerktest serves of the Backend API\n\n"+
		"Of the %d endpoints that `@clerk/backend` %s calls, clerktest serves %d. Each of the others answers 501 and names itself.\n"+
		"A test writes this file from the routes, and `conformance/clients` records the calls.\n\n| Family | Served | Not served |\n|---|---|---|\n", len(seen), version, all)
	for _, f := range families {
		missed := ""
		if len(f.missed) > 0 {
			missed = "`" + strings.Join(f.missed, "`, `") + "`"
		}
		fmt.Fprintf(&out, "| %s | %d/%d | %s |\n", f.name, len(f.served), len(f.served)+len(f.missed), missed)
	}
	fmt.Fprintf(&out, "\n`clerk-sdk-go` 2.7.0 calls these too, which answer 501 as well; `conformance/sdk` calls each of its methods and says why:\n`%s`.\n",
		strings.Join(backendapi.OthersCalls(), "`, `"))
	return out.Bytes()
}
