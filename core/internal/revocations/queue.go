package revocations

import (
	"container/heap"
	"slices"
)

// turn says when an entry goes. It is void where the entry has got another one since.
type turn struct {
	key   key
	place place
	till  uint32
}

// queue holds turns; the one that comes first is in front.
type queue []turn

// The methods of heap.Interface.
func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].till < q[j].till }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push is of heap.Interface; push is typed.
func (q *queue) Push(x any) {
	if t, ok := x.(turn); ok {
		*q = append(*q, t)
	}
}

// Pop is of heap.Interface.
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

func (q *queue) push(t turn) {
	*q = append(*q, t)
	heap.Fix(q, len(*q)-1)
}

func (q *queue) pop() turn {
	first := (*q)[0]
	last := len(*q) - 1
	(*q)[0] = (*q)[last]
	*q = (*q)[:last]
	if last > 0 {
		heap.Fix(q, 0)
	}
	return first
}

func (q *queue) filter(keep func(turn) bool) {
	*q = slices.DeleteFunc(*q, func(t turn) bool { return !keep(t) })
	heap.Init(q)
}

// question is what a session was asked for a fresh token for.
type question struct {
	session, why key
	at           int64
}

// asked are the questions that were put, until they are forgotten.
type asked struct {
	till  map[question]uint32
	sweep uint32 // when the next one is to be looked for that can be forgotten
}

// add reports whether a question is new. Where there are too many, none is.
func (a *asked) add(q question, now, till uint32, most int) bool {
	if old, ok := a.till[q]; ok && now < old {
		return false
	}
	if len(a.till) > 0 && now >= a.sweep {
		a.forget(now)
	}
	if len(a.till) >= most {
		return false
	}
	if a.till == nil {
		a.till = make(map[question]uint32)
	}
	a.till[q] = till
	return true
}

// forget drops what is over, at most every few seconds: it looks at all.
func (a *asked) forget(now uint32) {
	const interval = 10
	a.sweep = now + interval
	for q, till := range a.till {
		if now >= till {
			delete(a.till, q)
		}
	}
	if len(a.till) == 0 {
		a.till = nil
	}
}
