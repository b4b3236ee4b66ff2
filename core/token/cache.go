package token

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// cache remembers which tokens carried a valid signature of which key, and nothing else: everything that depends on time,
// on options or on the current keys is checked on every use, by the same code as without a cache.
//
// It is a table of small buckets. Readers take no lock and write nothing but a mark that an entry is in use, once;
// writers, which just paid for a signature check, take turns.
//
// What can get in is bounded by what the instance signs: only valid tokens are kept, each under one spelling (see
// cacheable). So who wants to push others out needs that many valid, unexpired tokens of his own; and entries that were
// used since the hand last passed survive those that were not.
type cache struct {
	seed     maphash.Seed
	maxCount int
	maxBytes int64
	table    atomic.Pointer[table]

	mu    sync.Mutex // for everything below, and for writing to the table
	count int
	bytes int64
	hand  uint64 // the next slot to look at when something has to go
}

const (
	ways       = 8  // slots of a bucket
	firstSlots = 64 // slots of the first table
	sweep      = 8  // slots that each new entry looks at for expired ones
)

// table is a power of two of slots. It grows by being replaced.
type table struct {
	slots []atomic.Pointer[entry]
}

func newTable(slots int) *table { return &table{make([]atomic.Pointer[entry], slots)} }

// bucket returns the slots where an entry with this hash can be.
func (t *table) bucket(hash uint64) []atomic.Pointer[entry] {
	at := hash & uint64(len(t.slots)-1) &^ (ways - 1)
	return t.slots[at : at+ways]
}

// entry says that key signed token. That stays true when the entry has left the cache.
type entry struct {
	cache *cache
	hash  uint64
	token *Token
	key   *Key
	size  int64
	dies  float64 // milliseconds since 1970
	used  atomic.Bool
}

func newCache(count int, size int64) *cache {
	if count < 0 || size < 0 {
		return nil
	}
	if count == 0 {
		count = DefaultCacheSize
	}
	if size == 0 {
		size = DefaultCacheBytes
	}
	c := &cache{seed: maphash.MakeSeed(), maxCount: count, maxBytes: size}
	c.table.Store(newTable(firstSlots))
	return c
}

// cacheable reports whether a token is kept. "=" at the end is not covered by the signature: everybody can write a valid
// token in thousands of ways with it.
func cacheable(raw string) bool {
	return raw != "" && len(raw) <= MaxLength && raw[len(raw)-1] != '='
}

// tail is how much of a token is hashed, in bytes: 192 bits of its signature.
const tail = 32

// hash looks at the end of a token only, because there tokens differ, and because a long text should cost no more than a
// short one.
//
// A text that ends like a token finds that token's entry, and is then compared with it as a whole: at most one comparison
// for each slot of a bucket, each no more work than hashing the whole text would be. Nobody can fill a bucket with entries
// of one end, or push others out by it: only valid tokens get in, whose ends are RSA signatures that nobody can choose. The
// seed keeps everything else about the buckets from being guessed.
func (c *cache) hash(raw string) uint64 {
	return maphash.String(c.seed, raw[max(0, len(raw)-tail):])
}

// of returns the entry for a token that is already decoded, without looking it up if it comes from this cache.
func (c *cache) of(t *Token) *entry {
	if e := t.known.Load(); e != nil && e.cache == c {
		return e
	}
	return c.get(t.raw)
}

// get returns the entry for exactly this text, nil if there is none. A nil cache is empty.
func (c *cache) get(raw string) *entry {
	if c == nil || !cacheable(raw) {
		return nil
	}
	hash := c.hash(raw)
	bucket := c.table.Load().bucket(hash)
	for i := range bucket {
		if e := bucket[i].Load(); e != nil && e.hash == hash && e.token.raw == raw {
			if !e.used.Load() {
				e.used.Store(true)
			}
			return e
		}
	}
	return nil
}

// add remembers that key signed t, until t expires.
func (c *cache) add(t *Token, key *Key, now time.Time, skew time.Duration) {
	if c == nil || !cacheable(t.raw) {
		return
	}
	size := t.size()
	ms := float64(now.UnixMilli())
	dies := t.exp.ms + float64(skew)/float64(time.Millisecond)
	if size > c.maxBytes || dies <= ms {
		return
	}
	e := &entry{cache: c, hash: c.hash(t.raw), token: t, key: key, size: size, dies: dies}
	c.mu.Lock()
	defer c.mu.Unlock()
	bucket := c.table.Load().bucket(e.hash)
	for i := range bucket {
		if old := bucket[i].Load(); old != nil && old.hash == e.hash && old.token.raw == t.raw {
			c.clear(&bucket[i]) // somebody else was faster, or the key has changed
		}
	}
	c.tidy(ms)
	for c.count >= c.maxCount || c.bytes+size > c.maxBytes {
		c.evict(ms)
	}
	c.place(e, ms)
	t.known.Store(e)
	c.count++
	c.bytes += size
}

// remove forgets an entry, if it is still there.
func (c *cache) remove(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	bucket := c.table.Load().bucket(e.hash)
	for i := range bucket {
		if bucket[i].Load() == e {
			c.clear(&bucket[i])
		}
	}
}

// clear empties a slot that is not empty. c.mu is held, as in everything below.
func (c *cache) clear(slot *atomic.Pointer[entry]) {
	e := slot.Load()
	c.bytes -= e.size
	c.count--
	e.token.known.CompareAndSwap(e, nil)
	slot.Store(nil)
}

// next returns the slot under the hand and moves the hand on.
func (c *cache) next() *atomic.Pointer[entry] {
	slots := c.table.Load().slots
	slot := &slots[c.hand&uint64(len(slots)-1)]
	c.hand++
	return slot
}

// tidy drops expired entries from the next few slots.
func (c *cache) tidy(ms float64) {
	for range sweep {
		if slot := c.next(); slot.Load() != nil && slot.Load().dies <= ms {
			c.clear(slot)
		}
	}
}

// evict drops one entry: the next that has expired or was not used since the hand last came by. The cache is not empty.
func (c *cache) evict(ms float64) {
	for {
		slot := c.next()
		switch e := slot.Load(); {
		case e == nil:
		case e.dies <= ms || !e.used.Load():
			c.clear(slot)
			return
		default:
			e.used.Store(false)
		}
	}
}

// place puts an entry into its bucket; if that is full, the table grows, or something in the bucket has to go.
func (c *cache) place(e *entry, ms float64) {
	for {
		t := c.table.Load()
		bucket := t.bucket(e.hash)
		victim := &bucket[bits.RotateLeft64(e.hash, 8)%ways]
		for i := range bucket {
			switch old := bucket[i].Load(); {
			case old == nil:
				bucket[i].Store(e)
				return
			case old.dies <= ms || !old.used.Load():
				victim = &bucket[i]
			}
		}
		if len(t.slots) >= 4*c.maxCount {
			c.clear(victim)
			victim.Store(e)
			return
		}
		c.grow(t)
	}
}

// grow doubles the table. No bucket can overflow: each is dealt out to two.
func (c *cache) grow(old *table) {
	t := newTable(2 * len(old.slots))
	for i := range old.slots {
		e := old.slots[i].Load()
		if e == nil {
			continue
		}
		bucket := t.bucket(e.hash)
		for j := range bucket {
			if bucket[j].Load() == nil {
				bucket[j].Store(e)
				break
			}
		}
	}
	c.table.Store(t)
}

// size estimates how much memory a token keeps alive.
func (t *Token) size() int64 {
	const fixed = 768 + 1024 // the Token, the entry, its slots, what rounding up costs, and the memo
	return int64(fixed + len(t.raw) + len(t.sig) + 2*len(t.payload) + len(t.raw)/4 +
		48*(cap(t.header.members)+cap(t.claims.members)) + 32*len(t.aud.list))
}

// CacheStats is how full a [Verifier]'s cache is.
type CacheStats struct {
	Entries int
	Bytes   int64 // estimated
}

func (c *cache) stats() CacheStats {
	if c == nil {
		return CacheStats{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return CacheStats{Entries: c.count, Bytes: c.bytes}
}
