package token

import (
	"hash/maphash"
	"math/bits"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// cache remembers which tokens carried a valid signature of which key, and nothing else: everything
// that depends on time, on options or on the current keys is checked on every use, by the same code
// as without a cache.
//
// It is a table of small buckets. Readers take no lock and write nothing but a mark that an entry
// is in use, once; writers, which just paid for a signature check, take turns.
//
// What can get in is bounded by what the instance signs: only valid tokens are kept, each under one
// spelling (see cacheable). So who wants to push others out needs that many valid, unexpired tokens
// of his own; and entries that were used since the hand last passed survive those that were not.
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
	ways         = 7 // slots of a bucket
	firstBuckets = 8 // buckets of the first table
	sweep        = 8 // slots that each new entry looks at for expired ones
)

// table is a power of two of buckets. It grows by being replaced.
type table struct {
	buckets []bucket
}

func newTable(buckets int) *table { return &table{make([]bucket, buckets)} }

// bucket returns the one where an entry with this hash can be.
func (t *table) bucket(hash uint64) *bucket { return &t.buckets[hash&uint64(len(t.buckets)-1)] }

// bucket is as large as a cache line: where there are many tokens, a look-up costs what memory
// costs.
type bucket struct {
	tags  atomic.Uint64 // a byte for each slot: a part of its entry's hash
	slots [ways]atomic.Pointer[entry]
}

// tag is the byte that stands for a hash in a bucket. The tags of different entries can be the
// same, and 0 like that of an empty slot: it only spares most looks at other entries.
func tag(hash uint64) uint64 { return hash >> 56 }

// find returns the slot of the entry for exactly this text, or -1.
func (b *bucket) find(hash uint64, raw string) (slot int, e *entry) {
	tags, want := b.tags.Load(), tag(hash)
	for i := range ways {
		if tags>>(8*i)&0xFF != want {
			continue
		}
		if e := b.slots[i].Load(); e != nil && e.hash == hash && e.raw == raw {
			return i, e
		}
	}
	return -1, nil
}

// set fills a slot, or empties it where e is nil. The cache's mu is held; readers may see the tag
// of the entry before.
func (b *bucket) set(slot int, e *entry) {
	tags := b.tags.Load() &^ (0xFF << (8 * slot))
	if e != nil {
		tags |= tag(e.hash) << (8 * slot)
	}
	b.slots[slot].Store(e)
	b.tags.Store(tags)
}

// entry says that key signed token. That stays true when the entry has left the cache. It has the
// size of a cache line.
type entry struct {
	cache *cache
	hash  uint64
	raw   string // of token
	token *Token
	key   *Key
	dies  float64 // milliseconds since 1970
	size  int32
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
	c.table.Store(newTable(firstBuckets))
	return c
}

// cacheable reports whether a token is kept. "=" at the end is not covered by the signature:
// everybody can write a valid token in thousands of ways with it.
func cacheable(raw string) bool {
	return raw != "" && len(raw) <= MaxLength && raw[len(raw)-1] != '='
}

// tail is how much of a token is hashed, in bytes: 192 bits of its signature.
const tail = 32

// hash looks at the end of a token only, because there tokens differ, and because a long text
// should cost no more than a short one.
//
// A text that ends like a token finds that token's entry, and is then compared with it as a whole:
// at most one comparison for each slot of a bucket, each no more work than hashing the whole text
// would be. Nobody can fill a bucket with entries of one end, or push others out by it: only valid
// tokens get in, whose ends are RSA signatures that nobody can choose. The seed keeps everything
// else about the buckets from being guessed.
func (c *cache) hash(raw string) uint64 {
	return maphash.String(c.seed, raw[max(0, len(raw)-tail):])
}

// of returns the entry for a token that is already decoded, without looking it up if it comes from
// this cache.
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
	_, e := c.table.Load().bucket(hash).find(hash, raw)
	if e != nil && !e.used.Load() {
		e.used.Store(true)
	}
	return e
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
	e := &entry{cache: c, hash: c.hash(t.raw), raw: t.raw, token: t, key: key, size: int32(size), dies: dies}
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.table.Load().bucket(e.hash)
	if slot, old := b.find(e.hash, e.raw); old != nil {
		c.clear(b, slot) // somebody else was faster, or the key has changed
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
	b := c.table.Load().bucket(e.hash)
	if slot, found := b.find(e.hash, e.raw); found == e {
		c.clear(b, slot)
	}
}

// clear empties a slot that is not empty. c.mu is held, as in everything below.
func (c *cache) clear(b *bucket, slot int) {
	e := b.slots[slot].Load()
	c.bytes -= int64(e.size)
	c.count--
	e.token.known.CompareAndSwap(e, nil)
	b.set(slot, nil)
}

// next returns the slot under the hand and moves the hand on.
func (c *cache) next() (b *bucket, slot int) {
	buckets := c.table.Load().buckets
	b, slot = &buckets[c.hand/ways&uint64(len(buckets)-1)], int(c.hand%ways)
	c.hand++
	return b, slot
}

// tidy drops expired entries from the next few slots.
func (c *cache) tidy(ms float64) {
	for range sweep {
		b, slot := c.next()
		if e := b.slots[slot].Load(); e != nil && e.dies <= ms {
			c.clear(b, slot)
		}
	}
}

// evict drops one entry: the next that has expired or was not used since the hand last came by. The
// cache is not empty.
func (c *cache) evict(ms float64) {
	for {
		b, slot := c.next()
		switch e := b.slots[slot].Load(); {
		case e == nil:
		case e.dies <= ms || !e.used.Load():
			c.clear(b, slot)
			return
		default:
			e.used.Store(false)
		}
	}
}

// place puts an entry into its bucket; if that is full, the table grows, or something in the bucket
// has to go.
func (c *cache) place(e *entry, ms float64) {
	for {
		t := c.table.Load()
		b := t.bucket(e.hash)
		victim := int(bits.RotateLeft64(e.hash, 16) % ways)
		for i := range ways {
			switch old := b.slots[i].Load(); {
			case old == nil:
				b.set(i, e)
				return
			case old.dies <= ms || !old.used.Load():
				victim = i
			}
		}
		if len(t.buckets)*ways >= 8*c.maxCount { // Nearly never: so sparse a table hardly has a full bucket.
			c.clear(b, victim)
			b.set(victim, e)
			return
		}
		c.grow(t)
	}
}

// grow doubles the table. No bucket can overflow: each is dealt out to two.
func (c *cache) grow(old *table) {
	t := newTable(2 * len(old.buckets))
	for i := range old.buckets {
		for j := range ways {
			e := old.buckets[i].slots[j].Load()
			if e == nil {
				continue
			}
			b := t.bucket(e.hash)
			for k := range ways {
				if b.slots[k].Load() == nil {
					b.set(k, e)
					break
				}
			}
		}
	}
	c.table.Store(t)
}

// size estimates how much memory a token keeps alive.
func (t *Token) size() int64 {
	// The Token and the entry, their share of the table, what rounding up costs, and a usual memo.
	// What is unusual about a memo, such as many permissions, has a long payload behind it, so that
	// counts twice.
	const fixed = 640 + 80 + 192 + 512
	return int64(fixed + len(t.raw) + strings.IndexByte(t.raw, '.') + len(t.sig) + 2*len(t.payload) +
		32*(cap(t.header.members)+cap(t.claims.members)) + 32*len(t.aud.list))
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
