package clerkapi

import (
	"time"

	"github.com/clerkgo/clerkgo/core/internal/request"
)

// Budget bounds the calls that requests can cause which no verified credential backs.
type Budget struct {
	Rate         int           // of an instance a second; zero means 20, negative no bound
	Burst        int           // of an instance; zero means ten times Rate, negative no bound
	AddressRate  int           // of one client address; zero means 2, negative no shares
	AddressBurst int           // zero means ten times AddressRate, negative no shares
	RefusalTTL   time.Duration // how long refusals are remembered; zero means 10 s, negative not at all
}

// The defaults of [Budget].
const (
	defaultCallRate    = 20
	defaultAddressRate = 2
	burstFactor        = 10
	defaultRefusalTTL  = 10 * time.Second
)

// networkFactor is the share of a network in shares of an address.
const networkFactor = 4

// maxShares bounds the addresses whose shares are known, in each of two generations.
const maxShares = 4096

// acceptedTTL is how long it counts that Clerk accepted something.
const acceptedTTL = time.Hour

// budget is what is left of a [Budget]. Its owner's lock guards it.
type budget struct {
	all     bucket
	limit   limit // of all; off without a bound
	address limit // of each address; off without shares
	shares  generations[request.Client, bucket]
	proven  generations[request.Client, time.Time] // when something was accepted from there
}

// limit is a rate a second and a burst.
type limit struct {
	rate, burst float64
	on          bool
}

func newLimit(rate, burst, fallback int) limit {
	if rate == 0 {
		rate = fallback
	}
	if burst == 0 {
		burst = burstFactor * rate
	}
	if rate < 0 || burst < 0 {
		return limit{}
	}
	return limit{float64(rate), float64(burst), true}
}

func newBudget(o Budget) *budget {
	return &budget{
		limit:   newLimit(o.Rate, o.Burst, defaultCallRate),
		address: newLimit(o.AddressRate, o.AddressBurst, defaultAddressRate),
		shares:  generations[request.Client, bucket]{size: maxShares},
		proven:  generations[request.Client, time.Time]{size: maxShares},
	}
}

// bucket is what was spent lately. The zero value has spent nothing.
type bucket struct {
	spent float64
	at    time.Time
}

// after returns the bucket at a later time. A clock that was set back gives nothing,
// and counts from there.
func (b bucket) after(now time.Time, l limit) bucket {
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.spent = max(b.spent-passed*l.rate, 0)
	}
	b.at = now
	return b
}

// bound names what a call was refused for.
type bound string

const (
	noBound       bound = ""
	instanceBound bound = "instance"
	addressBound  bound = "address"
	networkBound  bound = "network"
)

// debt is what a call has taken out of the budget.
type debt struct {
	one, network request.Client
	shared       bool // of the shares too
}

// take takes a call out of the budget, or says which bound forbids it. backed says
// that a verified credential is behind it, albeit one that has expired.
func (b *budget) take(one, network request.Client, backed bool, now time.Time) (debt, bound) {
	b.all = b.all.after(now, b.limit)
	if b.limit.on {
		room := b.limit.burst
		if !backed && !b.isProven(one, now) {
			room -= float64(int(room / 2)) // At least one call.
		}
		if b.all.spent+1 > room {
			return debt{}, instanceBound
		}
	}
	d := debt{one: one, network: network, shared: b.address.on && one != (request.Client{})}
	if d.shared {
		mine, theirs := b.shareOf(one, now, 1), b.shareOf(network, now, networkFactor)
		switch {
		case mine.spent+1 > b.address.burst:
			return debt{}, addressBound
		case theirs.spent+1 > b.address.burst*networkFactor:
			return debt{}, networkBound
		}
		mine.spent++
		theirs.spent++
		b.shares.put(one, mine)
		b.shares.put(network, theirs)
	}
	b.all.spent++
	return d, noBound
}

// giveBack undoes a take for a call that Clerk has answered with a yes.
func (b *budget) giveBack(d debt, now time.Time) {
	b.undo(d)
	if d.shared {
		b.proven.put(d.one, now)
	}
}

// undo undoes a take for a call that was not made.
func (b *budget) undo(d debt) {
	b.all.spent = max(b.all.spent-1, 0)
	if d.shared {
		for _, c := range [...]request.Client{d.one, d.network} {
			if share, ok := b.shares.get(c); ok {
				share.spent = max(share.spent-1, 0)
				b.shares.put(c, share)
			}
		}
	}
}

// shareOf returns the share of an address, or of a network that has several.
func (b *budget) shareOf(c request.Client, now time.Time, factor float64) bucket {
	share, known := b.shares.get(c)
	share = share.after(now, limit{rate: b.address.rate * factor})
	if known {
		b.shares.put(c, share)
	}
	return share
}

func (b *budget) isProven(c request.Client, now time.Time) bool {
	at, ok := b.proven.get(c)
	return ok && isLately(at, now, acceptedTTL)
}

// isLately reports whether a time is less than ttl ago. What lies ahead of a clock
// that was set back does not.
func isLately(at, now time.Time, ttl time.Duration) bool {
	d := now.Sub(at)
	return 0 <= d && d < ttl
}

// generations is a map that holds at most twice its size: when it is full, what was
// not written since it was last half full goes.
type generations[K comparable, V any] struct {
	size         int
	young, older map[K]V
}

func (g *generations[K, V]) get(k K) (V, bool) {
	v, ok := g.young[k]
	if !ok {
		v, ok = g.older[k]
	}
	return v, ok
}

func (g *generations[K, V]) put(k K, v V) {
	if _, ok := g.young[k]; !ok && len(g.young) >= g.size {
		g.young, g.older = nil, g.young
	}
	if g.young == nil {
		g.young = make(map[K]V)
	}
	g.young[k] = v
	delete(g.older, k)
}

func (g *generations[K, V]) remove(k K) {
	delete(g.young, k)
	delete(g.older, k)
}

func (g *generations[K, V]) len() int { return len(g.young) + len(g.older) }
