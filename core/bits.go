package core

import (
	"iter"
	"math/big"
	"math/bits"
	"strconv"
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
