package core

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// TestKeptInstancesStayWithinTheirBounds counts through a flood of every kind.
func TestKeptInstancesStayWithinTheirBounds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		size   int
		proven func(int) bool
	}{
		"small and new":     {size: 10, proven: func(int) bool { return false }},
		"small and proven":  {size: 10, proven: func(int) bool { return true }},
		"small and mixed":   {size: 10, proven: func(n int) bool { return n%2 == 0 }},
		"large and new":     {size: 20 << 10, proven: func(int) bool { return false }},
		"large and proven":  {size: 20 << 10, proven: func(int) bool { return true }},
		"large and mixed":   {size: 20 << 10, proven: func(n int) bool { return n%3 == 0 }},
		"proven, then new":  {size: 10, proven: func(n int) bool { return n < 12_000 }},
		"new, then proven":  {size: 10, proven: func(n int) bool { return n >= 12_000 }},
		"nearly all proven": {size: 10, proven: func(n int) bool { return n%50 != 0 }},
	} {
		var k keptInstances
		gone, padding := 0, strings.Repeat("x", tt.size)
		count := 25_000
		if tt.size > 1000 {
			count = 3000
		}
		for n := range count {
			c := &Clerk{}
			key := strconv.Itoa(n) + padding
			_, released := k.keep(&instance{key: key, clerk: c})
			gone += len(released)
			c.hasServed.Store(tt.proven(n))
			k.find([]byte(key))
		}
		number, bytes := k.proven.Len()+k.probation.Len(), k.proven.bytes+k.probation.bytes
		if number > maxInstances || bytes > maxInstanceBytes || number != len(k.byKey) || number+gone != count {
			t.Errorf("%s: got %d instances of %d bytes, %d by key, %d gone", name, number, bytes, len(k.byKey), gone)
		}
		if bytes < maxInstanceBytes/2 && number < maxInstances/2 {
			t.Errorf("%s: got %d instances of %d bytes: too few", name, number, bytes)
		}
		sum := 0
		for _, list := range []*instanceList{&k.proven, &k.probation} {
			for e := list.Front(); e != nil; e = e.Next() {
				one, _ := e.Value.(*instance)
				sum += one.bytes()
			}
		}
		if sum != bytes {
			t.Errorf("%s: got %d bytes, counted %d", name, sum, bytes)
		}
	}
}

// TestSourcesGoWithTheirInstances looks at what is left when nobody has a source.
func TestSourcesGoWithTheirInstances(t *testing.T) {
	t.Parallel()
	i := Adapter{}.Instances()
	get := func(n int, fault bool) {
		o := Options{PublishableKey: "pk_test_Y2FsbS1vdHRlci00Mi5jbGVyay5hY2NvdW50cy5kZXYk", SecretKey: fmt.Sprintf("sk_test_%d", n)}
		if fault {
			o.JWTKey = "none"
		}
		if _, err := i.Get(o); (err != nil) != fault {
			t.Fatal(err)
		}
	}
	for n := range maxInstances + 500 {
		get(n, n%10 == 9)
	}
	if got, want := i.sources.len(), i.kept.proven.Len()+i.kept.probation.Len(); got != want {
		t.Errorf("got %d sources of %d instances", got, want)
	}
	for n := range 10 {
		get(20_000+n, true)
	}
	if got, want := i.sources.len(), i.kept.proven.Len()+i.kept.probation.Len(); got != want {
		t.Errorf("after faulty options: got %d sources of %d instances", got, want)
	}
}
