package clerkapi

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/request"
)

// TestWhatIsRememberedOfCallsIsBounded counts what a flood leaves behind.
func TestWhatIsRememberedOfCallsIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1795217577, 0)
	c := NewQuestions(QuestionsConfig{Budget: Budget{Rate: -1}, Now: func() time.Time { return now }})
	for n := range 100_000 {
		d := digestOf("nonce", strconv.Itoa(n))
		c.refusals.put(d, refusedCall{errNoCredential, now})
		c.accepted.put(d, now)
		ip := netip.AddrFrom4([4]byte{20, byte(n >> 16), byte(n >> 8), byte(n)})
		owed, bound := c.budget.take(clientIn(ip, 32), clientIn(ip, 24), false, now)
		if bound == noBound {
			c.budget.giveBack(owed, now)
		}
	}
	for what, got := range map[string]struct{ n, most int }{
		"refusals":         {n: c.refusals.len(), most: 2 * maxRefusals},
		"accepted tokens":  {n: c.accepted.len(), most: 2 * maxAccepted},
		"shares":           {n: c.budget.shares.len(), most: 2 * maxShares},
		"proven addresses": {n: c.budget.proven.len(), most: 2 * maxShares},
	} {
		if got.n > got.most || got.n < got.most/4 {
			t.Errorf("%s: got %d, want at most %d", what, got.n, got.most)
		}
	}
	if n := len(c.flights); n != 0 {
		t.Errorf("got %d calls under way", n)
	}
}

func TestGenerationsForgetWhatWasWrittenLongestAgo(t *testing.T) {
	t.Parallel()
	g := generations[int, int]{size: 10}
	for n := range 100 {
		g.put(n, n)
		g.put(0, n) // Written all the time.
	}
	if v, ok := g.get(0); !ok || v != 99 {
		t.Errorf("got %d, %v", v, ok)
	}
	for n := 91; n < 100; n++ {
		if _, ok := g.get(n); !ok {
			t.Errorf("%d is forgotten, of %d", n, g.len())
		}
	}
	if _, ok := g.get(50); ok {
		t.Error("50 is not forgotten")
	}
	if g.remove(0); g.len() > 20 {
		t.Errorf("got %d", g.len())
	}
	if _, ok := g.get(0); ok {
		t.Error("0 was removed")
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	one := request.Client{Peer: netip.MustParsePrefix("203.0.113.9/32")}
	two := request.Client{Peer: netip.MustParsePrefix("203.0.114.9/32")}
	network := request.Client{Peer: netip.MustParsePrefix("203.0.113.0/24")}
	for _, tt := range []struct {
		name   string
		o      Budget
		client request.Client
		backed bool
		want   int // calls at once
		bound  bound
		after  int // calls ten seconds later
	}{
		{name: "the defaults", client: one, want: 20, bound: addressBound, after: 20},
		{name: "no address", want: 100, bound: instanceBound, after: 100},
		{name: "no address, but an expired session", backed: true, want: 200, bound: instanceBound, after: 200},
		{name: "one call", o: Budget{Rate: 1, Burst: 1}, client: one, want: 1, bound: instanceBound, after: 1},
		{name: "rates alone", o: Budget{Rate: 4, AddressRate: 1}, client: one, want: 10, bound: addressBound, after: 10},
		{name: "no shares", o: Budget{AddressRate: -1}, client: one, want: 100, bound: instanceBound, after: 100},
		{name: "no shares, said another way", o: Budget{AddressBurst: -1}, client: one, want: 100, bound: instanceBound, after: 100},
		{name: "no bound of the instance's", o: Budget{Burst: -1, AddressBurst: 3}, client: one, want: 3, bound: addressBound, after: 3},
	} {
		b, now := newBudget(tt.o), time.Unix(1795217577, 0)
		spend := func() (n int, why bound) {
			for ; n < 1000 && why == noBound; n++ {
				_, why = b.take(tt.client, network, tt.backed, now)
			}
			return n - 1, why
		}
		if n, why := spend(); n != tt.want || why != tt.bound {
			t.Errorf("%s: got %d calls, then the bound of the %s; want %d, %s", tt.name, n, why, tt.want, tt.bound)
		}
		now = now.Add(-time.Hour)
		if n, _ := spend(); n != 0 {
			t.Errorf("%s: got %d calls from a clock that was set back", tt.name, n)
		}
		now = now.Add(10 * time.Second)
		if n, _ := spend(); n != tt.after {
			t.Errorf("%s: got %d calls ten seconds later, want %d", tt.name, n, tt.after)
		}
	}

	b, now := newBudget(Budget{}), time.Unix(1795217577, 0)
	for n := range 80 {
		ip := netip.AddrFrom4([4]byte{203, 0, 113, byte(n)})
		if _, why := b.take(clientIn(ip, 32), network, false, now); why != noBound {
			t.Fatalf("call %d of a network: got the bound of the %s", n, why)
		}
	}
	if _, why := b.take(one, network, false, now); why != networkBound {
		t.Errorf("call 81 of a network: got %q", why)
	}
	if _, why := b.take(two, clientIn(two.Peer.Addr(), 24), false, now); why != noBound {
		t.Errorf("another network: got the bound of the %s", why)
	}
}

// clientIn is a client, or network, with an address of IPv4.
func clientIn(ip netip.Addr, bits int) request.Client {
	return request.Client{Peer: netip.PrefixFrom(ip, bits).Masked()}
}
