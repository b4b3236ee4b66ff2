package core

import (
	"container/list"
	"sync"
)

// Bounds of the instances that are kept.
const (
	maxInstances      = 10_000
	maxInstanceBytes  = 128 << 20
	minProbation      = maxInstances / 10 // as many may always be new
	minProbationBytes = maxInstanceBytes / 8
)

// instanceBytes is what an instance takes beside its options' texts, by measurement;
// what is compiled from a text takes a few times its length.
const (
	instanceBytes = 4 << 10
	textFactor    = 4
)

// instance is one that is kept, or about to be.
type instance struct {
	key    string
	clerk  *Clerk
	source *countedSource
	proven bool // it is among those that have seen a valid credential
}

func (i *instance) bytes() int { return instanceBytes + textFactor*len(i.key) }

// keptInstances are the instances of an [Instances]: those that have seen a valid
// credential, and those that have not, on probation. Who floods it with new ones
// drives out others on probation, as long as there are some.
type keptInstances struct {
	mu        sync.Mutex
	byKey     map[string]*list.Element
	proven    instanceList
	probation instanceList
}

// instanceList is a list of *instance, the one that was used last in front.
type instanceList struct {
	list.List

	bytes int
}

func (l *instanceList) push(i *instance) *list.Element {
	l.bytes += i.bytes()
	return l.PushFront(i)
}

func (l *instanceList) take(e *list.Element) *instance {
	one, _ := l.Remove(e).(*instance)
	l.bytes -= one.bytes()
	return one
}

// find returns the instance with a key, or nil.
func (k *keptInstances) find(key []byte) *Clerk {
	k.mu.Lock()
	defer k.mu.Unlock()
	if element, ok := k.byKey[string(key)]; ok {
		return k.use(element)
	}
	return nil
}

// use notes that an instance is in use.
func (k *keptInstances) use(e *list.Element) *Clerk {
	one, _ := e.Value.(*instance)
	switch {
	case one.proven:
		k.proven.MoveToFront(e)
	case one.clerk.hasServed.Load():
		k.promote(e)
	default:
		k.probation.MoveToFront(e)
	}
	return one.clerk
}

// promote ends an instance's probation.
func (k *keptInstances) promote(e *list.Element) {
	one := k.probation.take(e)
	one.proven = true
	k.byKey[one.key] = k.proven.push(one)
}

// keep remembers an instance, unless another request was faster. It returns the one
// to use, and the sources of those that had to go.
func (k *keptInstances) keep(i *instance) (use *Clerk, gone []*countedSource) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if element, ok := k.byKey[i.key]; ok {
		return k.use(element), []*countedSource{i.source}
	}
	if k.byKey == nil {
		k.byKey = make(map[string]*list.Element)
	}
	k.byKey[i.key] = k.probation.push(i)
	for k.proven.Len()+k.probation.Len() > maxInstances || k.proven.bytes+k.probation.bytes > maxInstanceBytes {
		if one := k.evict(); one != nil {
			delete(k.byKey, one.key)
			gone = append(gone, one.source)
		}
	}
	return i.clerk, gone
}

// evict takes out the instance that is worth least; nil means that it was promoted.
func (k *keptInstances) evict() *instance {
	if k.proven.Len() > 0 && k.probation.Len() <= minProbation && k.probation.bytes <= minProbationBytes {
		return k.proven.take(k.proven.Back())
	}
	last := k.probation.Back()
	if one, _ := last.Value.(*instance); one.clerk.hasServed.Load() {
		k.promote(last)
		return nil
	}
	return k.probation.take(last)
}
