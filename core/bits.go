package core

import (
	"iter"
	"math/big"
)

// setBits yields the positions of the bits that are set in a decimal number of
// any length, lowest first. Text that is no decimal number has none.
func setBits(decimal string) iter.Seq[int] {
	return func(yield func(int) bool) {
		if decimal == "" {
			return
		}
		for i := range len(decimal) {
			if decimal[i] < '0' || decimal[i] > '9' {
				return
			}
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
