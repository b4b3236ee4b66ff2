package store_test

import (
	"fmt"
	"net/url"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// million makes an instance with so many users, each with an address and every
// text that lists look at.
func million(n int) *store.Instance {
	in := store.New("ins_million", "million.clerk.accounts.dev", time.Now)
	first, last := []string{"Ada", "Grace", "Alan", "Edsger", "Barbara"}, []string{"Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Hamilton", "Knuth"}
	for i := range n {
		u := &store.User{
			Username: fmt.Sprintf("name%07d", (i*7919)%n), FirstName: first[i%len(first)], LastName: last[i%len(last)], ExternalID: fmt.Sprintf("ext-%07d", i),
			LastSignInAt: store.Time(1_700_000_000_000 + int64(i*7919%n)*1000), LastActiveAt: store.Time(1_700_000_000_000 + int64(i*104729%n)*1000),
		}
		in.Users.Put(u)
		in.AddEmail(u, fmt.Sprintf("user%07d@example.com", i), "admin", false)
	}
	return in
}

// BenchmarkListsOfAMillion lists ten of a million users, with each kind of filter
// and order, and says what the users take of memory. The first list of an order
// sorts, the first search reads all names; the median is what the others take.
func BenchmarkListsOfAMillion(b *testing.B) {
	const n = 1_000_000
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1900 << 20)) // As a program does that must stay below 2 GiB.
	in := million(n)
	b.Run("memory", func(b *testing.B) {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		for b.Loop() { // Nothing is timed here: what counts is the heap.
			runtime.KeepAlive(in)
		}
		b.ReportMetric(float64(m.HeapAlloc>>20), "MiB")
	})
	for _, query := range []string{
		"", "limit=10&offset=500000", "order_by=created_at", "order_by=-last_sign_in_at", "order_by=first_name", "order_by=email_address", "order_by=-last_active_at", "order_by=username",
		"email_address=user0999999@example.com", "username=name0000001", "external_id=ext-0500000", "query=user0999999", "query=nobody", "query=lovelace", "query=ada+lov",
		"created_at_after=1", "last_sign_in_at_after=1700000900000", "last_active_at_before=1700000000500",
	} {
		b.Run(query, func(b *testing.B) {
			values, err := url.ParseQuery(query)
			if err != nil {
				b.Fatal(err)
			}
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if _, err := in.Users.Page(values); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
		})
	}
}
