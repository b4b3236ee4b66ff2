package pattern_test

import (
	"fmt"

	"github.com/clerkgo/clerkgo/core/pattern"
)

// A route matcher normalizes the path first.
func ExampleSet_Test() {
	set, err := pattern.Compile("/dashboard(.*)", "/orgs/:slug/settings")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, raw := range []string{"/Dashboard/x", "//dashboard/%78", "/orgs/acme/settings/", "/orgs/acme"} {
		path, err := pattern.Normalize(raw)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(raw, set.Test(path))
	}
	// Output:
	// /Dashboard/x yes
	// //dashboard/%78 yes
	// /orgs/acme/settings/ yes
	// /orgs/acme no
}

// Organization patterns see the path as it is written.
func ExampleSet_Match() {
	set, err := pattern.Compile("/orgs/:slug", "/orgs/:slug/:rest*")
	if err != nil {
		fmt.Println(err)
		return
	}
	params, result := set.Match("/orgs/acme%20corp/settings/members")
	slug, _ := params.Get("slug")
	rest, _ := params.List("rest")
	fmt.Println(result, slug, rest)
	// Output: yes acme%20corp [settings members]
}
