package quota

import "time"

// slices are the parts that a window moves by.
const slices = 10

// window counts what happened within a length of time that ends now. What happened in the slice
// in which that began counts, too: so no stretch of that length has more than was allowed. The
// zero value counts nothing.
type window struct {
	counts [slices + 1]int
	last   int64 // the slice that was counted last, by its number since 1970
	sum    int
}

// slice is the number of the slice of a time.
func slice(now time.Time, length time.Duration) int64 {
	return now.UnixNano() / int64(length/slices)
}

// move forgets what is over. A clock that was set back forgets everything.
func (w *window) move(now time.Time, length time.Duration) {
	at := slice(now, length)
	if passed := at - w.last; passed < 0 || passed >= int64(len(w.counts)) {
		*w = window{last: at}
		return
	}
	for ; w.last < at; w.last++ {
		oldest := &w.counts[(w.last+1)%int64(len(w.counts))]
		w.sum -= *oldest
		*oldest = 0
	}
}

// add counts one.
func (w *window) add(now time.Time, length time.Duration) {
	w.move(now, length)
	w.counts[w.last%int64(len(w.counts))]++
	w.sum++
}

// left is how many more may happen, of so many.
func (w *window) left(now time.Time, length time.Duration, most int) int {
	w.move(now, length)
	return max(most-w.sum, 0)
}

// until is how long it takes until one less counts.
func (w *window) until(now time.Time, length time.Duration) time.Duration {
	w.move(now, length)
	for i := int64(1); i <= int64(len(w.counts)); i++ { // The oldest first.
		if w.counts[(w.last+i)%int64(len(w.counts))] > 0 {
			end := time.Unix(0, (w.last+i)*int64(length/slices))
			return max(end.Sub(now), 0)
		}
	}
	return 0
}
