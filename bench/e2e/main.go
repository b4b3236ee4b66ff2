// E2e compares whole servers over loopback, each on one processor: Gin with
// clerkgo, Gin alone, and Express with Clerk's middleware. All get the same
// request with the same token, from a client on another processor.
//
//	npm ci --prefix e2e/express
//	go run ./e2e
//
// The results have the form of Go's benchmarks, for the command ratios and for
// benchstat. Nothing leaves this machine: the Clerk instance is clerktest's, and
// its key is handed to the servers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

const (
	path     = "/dashboard"
	user     = "user_2abcdefghijklmnopqrstuvwxyz"
	party    = "https://app.example.test"
	envUser  = "BENCH_USER"
	envParty = "BENCH_PARTY"
)

func main() {
	name := flag.String("serve", "", "be this server instead: "+withClerk+" or "+bare)
	express := flag.String("express", "e2e/express", "directory of the Express application; empty leaves it out")
	rounds := flag.Int("rounds", 10, "how often each server is driven, in turns")
	l := load{count: 2_000_000}
	flag.IntVar(&l.connections, "connections", 16, "connections at the same time")
	flag.DurationVar(&l.duration, "duration", 2*time.Second, "how long a server is driven in each round")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if *name != "" {
		err = serve(ctx, *name)
	} else {
		err = compare(ctx, *express, *rounds, l)
	}
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, express string, rounds int, l load) (err error) {
	instance, err := clerktest.NewServer(clerktest.Config{Production: true}) //nolint:contextcheck // closed below
	if err != nil {
		return err
	}
	defer instance.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Duration(rounds+1)*4*(l.duration+10*time.Second))
	defer cancel()
	request := requestText(instance.SessionToken(user, clerktest.Lifetime(24*time.Hour), clerktest.AuthorizedParty(party)))

	servers, err := startAll(ctx, instance, express)
	defer func() {
		for _, s := range servers {
			err = errors.Join(err, s.stop())
		}
	}()
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(1)
	pinSelf(ctx)
	for _, s := range servers { // compiles scripts, fills caches
		if _, _, err := drive(ctx, s.addr, request, l); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	for range rounds {
		for _, s := range servers {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := measure(ctx, s, request, l); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return nil
}

// startAll starts the servers. Those that have started are returned with an error
// too.
func startAll(ctx context.Context, instance *clerktest.Server, express string) ([]*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	env := []string{
		"CLERK_PUBLISHABLE_KEY=" + instance.PublishableKey(),
		"CLERK_SECRET_KEY=" + instance.SecretKey(),
		"CLERK_JWT_KEY=" + instance.PEM(),
		"CLERK_API_URL=" + instance.URL(),
		envUser + "=" + user,
		envParty + "=" + party,
		"CLERK_TELEMETRY_DISABLED=1",
		"NODE_ENV=production",
		"GOMAXPROCS=1",
	}
	commands := [][]string{{bare, self, "-serve", bare}, {withClerk, self, "-serve", withClerk}}
	if express != "" {
		commands = append(commands, []string{"express", "node", express + "/server.mjs"})
	}
	var servers []*server
	for _, c := range commands {
		s, err := start(ctx, c[0], env, c[1:]...)
		if err != nil {
			return servers, err
		}
		servers = append(servers, s)
	}
	return servers, nil
}

// measure drives a server once and prints the result.
func measure(ctx context.Context, s *server, request []byte, l load) error {
	before, ok1 := s.cpu()
	answers, took, err := drive(ctx, s.addr, request, l)
	if err != nil {
		return err
	}
	if answers == 0 {
		return errors.New("no answers")
	}
	after, ok2 := s.cpu()
	each := float64(took.Nanoseconds()) / float64(answers)
	fmt.Printf("BenchmarkLoopback/%s %d %.0f ns/op %.0f req/s", s.name, answers, each, 1e9/each)
	if ok1 && ok2 {
		fmt.Printf(" %.0f server-cpu-ns/op", float64((after-before).Nanoseconds())/float64(answers))
	}
	fmt.Println()
	return nil
}

// requestText is what a script of a page sends.
func requestText(token string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: app.example.test\r\nAccept: application/json\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" +
		"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n" +
		"Sec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-origin\r\n" +
		"Authorization: Bearer " + token + "\r\n\r\n")
}
