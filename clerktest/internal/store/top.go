package store

import (
	"cmp"
	"container/heap"
	"encoding/binary"
	"slices"
)

// top keeps the first n rows of an order, of however many are added. Of equal ones the
// one that came to the table first is first, or last where the order descends.
type top struct {
	n          int
	key        func(Row) any
	descending bool
	heap       topHeap
}

// ranked is a row with its place in an order.
type ranked struct {
	row    Row
	key    any
	prefix uint64 // of the key: where it decides, the key need not be looked at
	seq    int
}

func rank(row Row, key any) ranked {
	r := ranked{row: row, key: key, seq: row.Base().seq}
	switch key := key.(type) {
	case int64:
		r.prefix = uint64(key) ^ 1<<63
	case string:
		var first [8]byte
		copy(first[:], key)
		r.prefix = binary.BigEndian.Uint64(first[:])
	}
	return r
}

func (r *ranked) compare(other *ranked) int {
	if r.prefix != other.prefix {
		return cmp.Compare(r.prefix, other.prefix)
	}
	return cmp.Or(compare(r.key, other.key), cmp.Compare(r.seq, other.seq))
}

// topHeap has the last of the kept rows at its root.
type topHeap struct {
	list  []ranked
	after func(a, b *ranked) bool
}

func newTop(n int, key func(Row) any, descending bool) *top {
	t := &top{n: n, key: key, descending: descending}
	t.heap.after = func(a, b *ranked) bool {
		return (a.compare(b) > 0) != t.descending
	}
	return t
}

func (t *top) add(row Row) {
	r := rank(row, t.key(row))
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
