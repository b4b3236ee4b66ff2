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
	var room [3][16]string // enough for usual tokens
	scoped, err := organizationNames(room[0][:0], features)
	if err != nil {
		return nil, err
	}
	if !o.Get("per").Truthy() || !o.Get("fpm").Truthy() {
		return []string{}, nil
	}
	per, ok1 := o.Get("per").Text()
	fpm, ok2 := o.Get("fpm").Text()
	if !ok1 || !ok2 {
		return nil, errPermissionClaims
	}
	names, masks := appendSplit(room[1][:0], per), appendSplit(room[2][:0], fpm)
	if len(masks) < len(scoped) {
		scoped = scoped[:len(masks)]
	}
	count, size := 0, 0
	for i, feature := range scoped {
		for bit := range setBits(masks[i]) {
			if bit >= len(names) {
				break
			}
			count, size = count+1, size+len("org:")+len(feature)+len(":")+len(names[bit])
		}
	}
	// One text holds them all.
	permissions := make([]string, 0, count)
	var text strings.Builder
	text.Grow(size)
	for i, feature := range scoped {
		for bit := range setBits(masks[i]) {
			if bit >= len(names) {
				break
			}
			start := text.Len()
			for _, part := range [...]string{"org:", feature, ":", names[bit]} {
				text.WriteString(part)
			}
			permissions = append(permissions, text.String()[start:])
		}
	}
	return permissions, nil
}

// appendSplit appends the elements of a list with commas, trimmed as JavaScript does.
func appendSplit(to []string, list string) []string {
	for element := range strings.SplitSeq(list, ",") {
		to = append(to, jstext.Trim(element))
	}
	return to
}

var errPermissionClaims = errors.New("core: the claims o.per and o.fpm must be texts")

// organizationNames appends the names of the organization in a list of features such as
// "o:reports,u:avatar,ou:both", whose others are the user's.
func organizationNames(to []string, features token.Value) ([]string, error) {
	if !features.Truthy() {
		return to, nil
	}
	claim, ok := features.Text()
	if !ok {
		return nil, fmt.Errorf("core: a claim of features or plans is no text but %s", features.JSON())
	}
	for element := range strings.SplitSeq(claim, ",") {
		element = jstext.Trim(element)
		scope, name, found := strings.Cut(element, ":")
		if !found {
			return nil, fmt.Errorf("core: Invalid claim element (missing colon): %s", element)
		}
		switch scope {
		case "o", "ou", "uo":
			to = append(to, name)
		}
	}
	return to, nil
}
