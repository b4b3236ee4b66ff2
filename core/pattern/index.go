package pattern

import "slices"

// index finds the routes whose prefix a path starts with. It is a radix tree over characters,
// folded if case does not count; the first node is the root.
type index struct {
	options Options
	nodes   []indexNode
}

type indexNode struct {
	label    string  // from the parent to here
	routes   []int32 // whose prefix ends here
	keys     []rune  // the first characters of the children's labels, sorted
	children []int32
}

func newIndex(options Options, routes []route) index {
	x := index{options: options, nodes: []indexNode{{}}}
	for i := range routes {
		n := x.insert(routes[i].prefix)
		x.nodes[n].routes = append(x.nodes[n].routes, int32(i))
	}
	return x
}

// insert returns the node of a prefix.
func (x *index) insert(prefix string) int32 {
	n := int32(0)
	for prefix != "" {
		key, _ := decode(prefix, 0)
		k, found := slices.BinarySearch(x.nodes[n].keys, key)
		if !found {
			child := x.add(indexNode{label: prefix})
			x.nodes[n].keys = slices.Insert(x.nodes[n].keys, k, key)
			x.nodes[n].children = slices.Insert(x.nodes[n].children, k, child)
			return child
		}
		child := x.nodes[n].children[k]
		label := x.nodes[child].label
		common := commonPrefix(label, prefix)
		if common < len(label) {
			// Split the edge: a new node takes the child's place.
			rest, _ := decode(label, common)
			middle := x.add(indexNode{label: label[:common], keys: []rune{rest}, children: []int32{child}})
			x.nodes[child].label = label[common:]
			x.nodes[n].children[k] = middle
			child = middle
		}
		n, prefix = child, prefix[common:]
	}
	return n
}

func (x *index) add(n indexNode) int32 {
	x.nodes = append(x.nodes, n)
	return int32(len(x.nodes) - 1)
}

// commonPrefix returns the length of the whole characters that a and b start with in common.
func commonPrefix(a, b string) int {
	i := 0
	for i < len(a) && i < len(b) {
		r, size := decode(a, i)
		if other, _ := decode(b, i); other != r {
			break
		}
		i += size
	}
	return i
}

// next goes from a node to the child that path continues with at pos.
func (x *index) next(n *indexNode, path string, pos int) (*indexNode, int, bool) {
	if pos >= len(path) || len(n.keys) == 0 {
		return nil, pos, false
	}
	r, _ := decode(path, pos)
	if !x.options.CaseSensitive {
		r = Fold(r)
	}
	k, found := slices.BinarySearch(n.keys, r)
	if !found {
		return nil, pos, false
	}
	child := &x.nodes[n.children[k]]
	pos, ok := x.options.hasPrefix(path, pos, child.label)
	return child, pos, ok
}
