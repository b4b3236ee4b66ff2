package store

import (
	"maps"
	"math/bits"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Tables of many rows remember their orders, and where which letters are, so that a
// list needs not look at every row. Both are made when they are first asked for. What
// changes is noted (mark), and brought in when they are asked for again.

const (
	deriveFrom = 1000    // rows
	lateMost   = 1 << 14 // of rows: more changes than that, and it is made anew
)

// order is a table's rows in the order of one of its keys.
type order struct {
	rows []Row
	late map[Row]bool // have come, changed or gone since
}

// mark notes that a row has come or gone, or that what it is ordered or found by may be
// another.
func (t *Table) mark(row Row) {
	for name, o := range t.ordered {
		if o.late[row] = true; len(o.late) > lateMost {
			delete(t.ordered, name)
		}
	}
	if t.letters != nil {
		if t.letters.late[row] = true; len(t.letters.late) > lateMost {
			t.letters = nil
		}
	}
}

func (t *Table) has(row Row) bool { return t.byID[row.Base().ID] == row }

// inOrder returns all rows in the order of a key. The caller must not change the slice.
func (t *Table) inOrder(name string, key func(*Instance, Row) any) []Row {
	sorted := func(rows []Row) []ranked {
		keyed := make([]ranked, len(rows))
		for i, row := range rows {
			keyed[i] = rank(row, key(t.in, row))
		}
		slices.SortFunc(keyed, func(a, b ranked) int { return a.compare(&b) })
		return keyed
	}
	o := t.ordered[name]
	if o == nil {
		o = &order{make([]Row, len(t.rows)), map[Row]bool{}}
		for i, r := range sorted(t.rows) {
			o.rows[i] = r.row
		}
		t.ordered[name] = o
	}
	if len(o.late) == 0 {
		return o.rows
	}
	late := slices.Collect(maps.Keys(o.late))
	kept := slices.DeleteFunc(o.rows, func(row Row) bool {
		if len(late) <= 8 { // Comparing is faster than hashing.
			return slices.Contains(late, row)
		}
		return o.late[row]
	})
	merged := make([]Row, 0, len(kept)+len(late))
	for _, r := range sorted(slices.DeleteFunc(late, func(row Row) bool { return !t.has(row) })) {
		at := sort.Search(len(kept), func(i int) bool {
			other := rank(kept[i], key(t.in, kept[i]))
			return other.compare(&r) > 0
		})
		merged = append(merged, kept[:at]...)
		merged, kept = append(merged, r.row), kept[at:]
	}
	merged = append(merged, kept...)
	o.rows = merged
	clear(o.late)
	return o.rows
}

// letters says in which blocks which three letters follow each other anywhere in the
// names of the rows, with a few errors on the safe side: a bit for each block, for each
// hash of three letters. A block is 16 rows in the order in which they came.
type letters struct {
	blocks [1 << threeBits][]uint64
	most   int // words of the longest of blocks
	late   map[Row]bool
}

const (
	blockRows = 16
	threeBits = 12
)

// threes visits the threes of bytes of a text, hashed; letters of ASCII in lower case,
// others not at all.
func threes(text string, visit func(uint32)) {
	h, ascii := uint32(0), 0
	for i := range len(text) {
		c := asciiLower(text[i])
		if ascii++; c >= 0x80 {
			ascii = 0
		}
		if h = (h<<8 | uint32(c)) & 0xffffff; ascii >= 3 {
			visit(h * 0x9E3779B1 >> (32 - threeBits))
		}
	}
}

func (l *letters) add(t *Table, row Row) {
	n := row.Base().seq / blockRows
	word, bit := n/64, uint64(1)<<(n%64)
	l.most = max(l.most, word+1)
	t.named(t.in, row, func(name string) bool {
		threes(name, func(h uint32) {
			if short := word + 1 - len(l.blocks[h]); short > 0 {
				l.blocks[h] = append(l.blocks[h], make([]uint64, short)...)
			}
			l.blocks[h][word] |= bit
		})
		return false
	})
}

// spelled returns the rows that may have a text in their names, in the order in which
// they came. It reports false if there is no use in that.
func (t *Table) spelled(text string) ([]Row, bool) {
	var wanted []uint32
	threes(text, func(h uint32) { wanted = append(wanted, h) })
	if t.named == nil || len(wanted) == 0 {
		return nil, false
	}
	if t.letters == nil {
		t.letters = &letters{late: map[Row]bool{}}
		for _, row := range t.rows {
			t.letters.add(t, row)
		}
	}
	for row := range t.letters.late {
		if t.has(row) {
			t.letters.add(t, row)
		}
	}
	clear(t.letters.late)
	var blocks []int
	for word := range t.letters.most {
		all := ^uint64(0)
		for _, h := range wanted {
			if list := t.letters.blocks[h]; word < len(list) {
				all &= list[word]
			} else {
				all = 0
			}
			if all == 0 {
				break
			}
		}
		for ; all != 0; all &= all - 1 {
			blocks = append(blocks, word*64+bits.TrailingZeros64(all))
		}
	}
	if len(blocks) > (t.came/blockRows+1)/4 {
		return nil, false
	}
	found := make([]Row, 0, len(blocks)*blockRows)
	for _, n := range blocks {
		from := sort.Search(len(t.rows), func(i int) bool { return t.rows[i].Base().seq >= n*blockRows })
		for ; from < len(t.rows) && t.rows[from].Base().seq < (n+1)*blockRows; from++ {
			found = append(found, t.rows[from])
		}
	}
	return found, true
}

// between returns the rows whose time of a name lies after or before another, by the
// filters name_after, name_since and name_before. It reports false if they are many.
func (t *Table) between(filter, value string) ([]Row, bool) {
	at := strings.LastIndexByte(filter, '_')
	bound, err := strconv.ParseInt(value, 10, 64)
	if at < 0 || err != nil {
		return nil, false
	}
	name := strings.TrimSuffix(filter[:at], "_at") + "_at"
	key := t.orders[name]
	if key == nil || t.filters[filter].match == nil || (filter[at:] != "_after" && filter[at:] != "_since" && filter[at:] != "_before") {
		return nil, false
	}
	rows := t.rows
	if name != "created_at" || !t.sorted {
		rows = t.inOrder(name, key)
	}
	from := func(least int64) int {
		return sort.Search(len(rows), func(i int) bool { n, _ := key(t.in, rows[i]).(int64); return n >= least })
	}
	switch filter[at:] {
	case "_after":
		rows = rows[from(bound+1):]
	case "_since":
		rows = rows[from(bound):]
	default:
		rows = rows[min(from(1), from(bound)):from(bound)] // Without those that never were.
	}
	return rows, len(rows) <= len(t.rows)/4
}
