package core

import (
	"errors"
	"strconv"

	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// checkIssuers makes sure that each issuer can be one. A blank entry would be no
// check at all in Clerk's JavaScript SDK, and anything but a URL matches no token.
func checkIssuers(issuers []string) error {
	var errs []error
	for i, issuer := range issuers {
		at := "Options.Issuer[" + strconv.Itoa(i) + "]"
		const remedy = ": write the iss claim of your session tokens, such as https://clerk.example.com, or leave Issuer empty"
		if issuer == "" {
			errs = append(errs, optionError(at+" is blank"+remedy))
			continue
		}
		if u, err := weburl.Parse(issuer); err != nil || !u.IsHTTP() {
			errs = append(errs, optionError(at+" is no http or https URL"+remedy))
		}
	}
	return errors.Join(errs...)
}
