// Package fleet tells on paper what a fleet asks Clerk, and how often a process has seen a session
// token already. Its formulas are for a steady load that comes at random; its tests compare them
// with a simulation that knows none of them, and with the counters of core.
package fleet

import (
	"math"
	"time"
)

// Load is what a fleet is asked.
type Load struct {
	// Users are active at a time. Each makes so many requests a second, with a session token
	// that clerk-js renews each Renewal.
	Users    float64
	Requests float64
	Renewal  time.Duration
	// Current is the share of requests that want the current user.
	Current float64
	// Handshakes a second, of all users, each of which is one call for what it brings back.
	Handshakes float64
	// Machines are opaque machine tokens in use, with so many requests a second in all.
	Machines, MachineRequests float64
}

// Settings are those options of core's that matter.
type Settings struct {
	KeyTTL     time.Duration // KeyRefresh.TTL
	UserAge    time.Duration // Users.MaxAge; 0 is off
	MachineAge time.Duration // MachineTokens.MaxAge; 0 is off
}

// Balancer says which process a user's next request comes to.
type Balancer int

// The balancers.
const (
	Sticky     Balancer = iota // the one before
	RoundRobin                 // any, each as likely: that of one user among many
)

// Distinct is how many of so many processes see a token with k requests.
//
// By round robin a process is left out by one request with probability 1-1/P, and by all with the
// k-th power of that, so that P(1-(1-1/P)^k) are not. By a sticky balancer it is one.
func (b Balancer) Distinct(processes, k float64) float64 {
	if b == Sticky {
		return 1
	}
	return processes * -math.Expm1(k*math.Log1p(-1/processes))
}

// variance is that of the number of processes, by the probability that two given ones are left out.
func (b Balancer) variance(processes, k float64) float64 {
	if b == Sticky {
		return 0
	}
	one, two := math.Pow(1-1/processes, k), math.Pow(max(1-2/processes, 0), k)
	return max(processes*(processes-1)*two+processes*one-processes*processes*one*one, 0)
}

// Hits is the share of requests whose token the process has verified before. All others cost it the
// check of a signature, and Clerk nothing.
func (l Load) Hits(b Balancer, processes float64) float64 {
	k := l.Requests * l.Renewal.Seconds()
	return 1 - b.Distinct(processes, k)/k
}

// Kept is how many questions a second so many keepers ask, each of which is asked for the answer at
// random, rate times a second, and keeps it for age.
//
// What is kept goes after age, and the next request comes 1/rate later on average, whenever the
// one before was: so each asks once in age+1/rate. Where nothing is kept, each request is a question.
func Kept(keepers, rate float64, age time.Duration) float64 {
	if rate == 0 {
		return 0
	}
	return keepers / (age.Seconds() + 1/rate)
}

// Calls are those to Clerk a second.
type Calls struct {
	Keys       float64 // signing keys
	Handshakes float64 // what handshakes bring back
	Users      float64 // CurrentUser
	Machines   float64 // opaque machine tokens
}

// Sum is that of all.
func (c Calls) Sum() float64 { return c.Keys + c.Handshakes + c.Users + c.Machines }

// Calls tells what a fleet of so many processes asks, behind a balancer that deals requests out by turns.
// Where something is shared, all its processes are one keeper of an answer; otherwise each is one, and is
// asked for it the less often the more of them there are.
func (l Load) Calls(s Settings, processes float64, shared bool) Calls {
	keepers := processes
	if shared {
		keepers = 1
	}
	c := Calls{Handshakes: l.Handshakes}
	if s.KeyTTL > 0 {
		c.Keys = processes / (s.KeyTTL * 4 / 5).Seconds() // In its last fifth it is renewed. Keys are shared by nobody.
	}
	if l.Users > 0 {
		c.Users = Kept(l.Users*keepers, l.Requests*l.Current/keepers, s.UserAge)
	}
	if l.Machines > 0 {
		c.Machines = Kept(l.Machines*keepers, l.MachineRequests/l.Machines/keepers, s.MachineAge)
	}
	return c
}
