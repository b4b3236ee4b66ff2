package store

import (
	"container/heap"
	"slices"
)

// top keeps the first n rows of an order, of however many are added. Rows that are
// equal stay in the order in which they were added.
type top struct {
	n          int
	key        func(Row) any
	descending bool
	heap       topHeap
	added      int
}

type ranked struct {
	row Row
	key any
	seq int
}

// topHeap has the last of the kept rows at its root.
type topHeap struct {
	list  []ranked
	after func(a, b *ranked) bool
}

func newTop(n int, key func(Row) any, descending bool) *top {
	t := &top{n: n, key: key, descending: descending}
	t.heap.after = func(a, b *ranked) bool {
		c := compare(a.key, b.key)
		if t.descending {
			c = -c
		}
		if c == 0 {
			return a.seq > b.seq
		}
		return c > 0
	}
	return t
}

func (t *top) add(row Row) {
	r := ranked{row, t.key(row), t.added}
	t.added++
	if len(t.heap.list) < t.n {
		heap.Push(&t.heap, r)
		return
	}
	if t.n > 0 && t.heap.after(&t.heap.list[0], &r) {
		t.heap.list[0] = r
		heap.Fix(&t.heap, 0)
	}
}

// rows returns the kept rows, first one first. The top is empty then.
func (t *top) rows() []Row {
	list := make([]Row, len(t.heap.list))
	for i := range slices.Backward(list) {
		r, _ := heap.Pop(&t.heap).(ranked)
		list[i] = r.row
	}
	return list
}

func (h *topHeap) Len() int           { return len(h.list) }
func (h *topHeap) Less(i, j int) bool { return h.after(&h.list[i], &h.list[j]) }
func (h *topHeap) Swap(i, j int)      { h.list[i], h.list[j] = h.list[j], h.list[i] }
func (h *topHeap) Push(x any)         { r, _ := x.(ranked); h.list = append(h.list, r) }

func (h *topHeap) Pop() any {
	last := h.list[len(h.list)-1]
	h.list = h.list[:len(h.list)-1]
	return last
}
