package main

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

// perOctave is how finely latencies are told apart: quantiles are right within 4.5 %.
const perOctave = 16

// histogram counts durations from a microsecond on. It is safe for concurrent use.
type histogram [30 * perOctave]atomic.Uint64

func (h *histogram) add(d time.Duration) {
	i := int(math.Log2(max(1, float64(d.Nanoseconds())/1e3)) * perOctave)
	h[min(i, len(h)-1)].Add(1)
}

func (h *histogram) count() (n uint64) {
	for i := range h {
		n += h[i].Load()
	}
	return n
}

// quantile returns the time within which the share q of all were, 0 if there were none.
func (h *histogram) quantile(q float64) time.Duration {
	n := h.count()
	if n == 0 {
		return 0
	}
	rank, seen := uint64(math.Ceil(q*float64(n))), uint64(0)
	for i := range h {
		if seen += h[i].Load(); seen >= rank {
			return time.Duration(1e3 * math.Exp2((float64(i)+1)/perOctave))
		}
	}
	return 0
}

// outcome is an answer, as it is counted.
type outcome struct {
	kind, app, answer string
}

// sample is what the process looked like at one time.
type sample struct {
	at           time.Duration
	heap         float64 // MiB that were live after the last collection
	goroutines   float64
	rate         float64 // requests in a second
	p99          float64 // ms of all requests in this second
	requestCount uint64
}

// load asks all applications for everything, with so many clients at once.
type load struct {
	world *world
	addrs []string       // as in frameworks
	http  []*http.Client // one for each who asks: it keeps one connection to each application

	latency []*histogram // as in kinds
	second  atomic.Pointer[histogram]
	total   atomic.Uint64
	away    []atomic.Uint64 // as in kinds: 503 while Clerk failed

	mu         sync.Mutex
	unexpected map[outcome]int
}

func newLoad(w *world, addrs []string, clients int) *load {
	l := &load{
		world: w, addrs: addrs, unexpected: map[outcome]int{}, away: make([]atomic.Uint64, len(kinds)),
	}
	for range clients {
		l.http = append(l.http, &http.Client{
			Timeout:       20 * time.Second,
			Transport:     &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		})
	}
	for range kinds {
		l.latency = append(l.latency, &histogram{})
	}
	l.second.Store(&histogram{})
	return l
}

// hangUp closes the connections of all clients.
func (l *load) hangUp() {
	for _, c := range l.http {
		c.CloseIdleConnections()
	}
}

// client asks until stop is closed: each kind of each application in turn.
func (l *load) client(number int, stop <-chan struct{}) {
	for i := 7 * number; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		l.ask(l.http[number], i%len(kinds), i/len(kinds)%len(l.addrs))
	}
}

// ask makes one request and judges the answer.
func (l *load) ask(client *http.Client, k, app int) {
	kind := kinds[k]
	before := l.world.troubled()
	r := kind.build(l.world, l.addrs[app])
	began := time.Now()
	answer, found := 0, ""
	resp, err := client.Do(r)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close() // It was read.
		answer, found = resp.StatusCode, resp.Header.Get(headerUser)
	}
	took := time.Since(began)
	l.latency[k].add(took)
	l.second.Load().add(took)
	l.total.Add(1)
	switch {
	case err == nil && answer == kind.want && found == kind.user:
		return
	case err == nil && answer == http.StatusServiceUnavailable && kind.needs && (before || l.world.troubled()):
		l.away[k].Add(1)
		return
	}
	text := fmt.Sprintf("%d, user %q", answer, found)
	if err != nil {
		text = err.Error()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unexpected[outcome{kind.name, frameworks[app].name, text}]++
}

// watch samples the process each second until stop is closed.
func (l *load) watch(began time.Time, stop <-chan struct{}) []sample {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	var all []sample
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last, lastAt := uint64(0), began
	for {
		select {
		case <-stop:
			return all
		case now := <-tick.C:
			l.world.clerk.ResetRequests() // The instance remembers each request; an application does not.
			metrics.Read(live)
			h := l.second.Swap(&histogram{})
			n := l.total.Load()
			all = append(all, sample{
				at:           now.Sub(began),
				heap:         float64(live[0].Value.Uint64()) / (1 << 20),
				goroutines:   float64(runtime.NumGoroutine()),
				rate:         float64(n-last) / now.Sub(lastAt).Seconds(),
				p99:          float64(h.quantile(0.99).Microseconds()) / 1e3,
				requestCount: n,
			})
			last, lastAt = n, now
		}
	}
}
