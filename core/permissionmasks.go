package core

import (
	"errors"
	"fmt"
	"iter"
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/token"
)

// setBits yields the positions of the bits that are set in a decimal number of
// any length, lowest first. Text that is no decimal number has none.
func setBits(decimal string) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range len(decimal) {
			if decimal[i] < '0' || decimal[i] > '9' {
				return
			}
		}
		if mask, err := strconv.ParseUint(decimal, 10, 64); err == nil {
			for ; mask != 0; mask &= mask - 1 {
				if !yield(bits.TrailingZeros64(mask)) {
					return
				}
			}
			return
		}
		mask, ok := new(big.Int).SetString(decimal, 10)
		if !ok {
			return
		}
		for i := range mask.BitLen() {
			if mask.Bit(i) == 1 && !yield(i) {
				return
			}
		}
	}
}

// organizationPermissions expands the compact permissions of a version 2 token:
// each feature of the organization has a mask over the list of permissions.
func organizationPermissions(features token.Value, o token.Object) ([]string, error) {
	scoped, err := splitScopes(features)
	if err != nil {
		return nil, err
	}
	permissions := []string{}
	if !o.Get("per").Truthy() || !o.Get("fpm").Truthy() {
		return permissions, nil
	}
	per, ok1 := o.Get("per").Text()
	fpm, ok2 := o.Get("fpm").Text()
	if !ok1 || !ok2 {
		return nil, errPermissionClaims
	}
	names := strings.Split(per, ",")
	masks := strings.Split(fpm, ",")
	permissions = make([]string, 0, min(len(names), 16))
	for i, feature := range scoped.organization {
		if i >= len(masks) {
			break
		}
		for bit := range setBits(jstext.Trim(masks[i])) {
			if bit >= len(names) {
				break
			}
			permissions = append(permissions, "org:"+feature+":"+jstext.Trim(names[bit]))
		}
	}
	return permissions, nil
}

var errPermissionClaims = errors.New("core: the claims o.per and o.fpm must be texts")

// scopedNames are the names of a fea or pla claim, by whom they belong to.
type scopedNames struct{ organization, user []string }

// splitScopes splits a list such as "o:reports,u:avatar,ou:both".
func splitScopes(v token.Value) (scopedNames, error) {
	var names scopedNames
	if !v.Truthy() {
		return names, nil
	}
	claim, ok := v.Text()
	if !ok {
		return names, fmt.Errorf("core: a claim of features or plans is no text but %s", v.JSON())
	}
	for element := range strings.SplitSeq(claim, ",") {
		element = jstext.Trim(element)
		scope, name, found := strings.Cut(element, ":")
		if !found {
			return scopedNames{}, fmt.Errorf("core: Invalid claim element (missing colon): %s", element)
		}
		switch scope {
		case "o":
			names.organization = append(names.organization, name)
		case "u":
			names.user = append(names.user, name)
		case "ou", "uo":
			names.organization = append(names.organization, name)
			names.user = append(names.user, name)
		}
	}
	return names, nil
}
