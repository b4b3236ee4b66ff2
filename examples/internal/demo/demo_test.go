package demo_test

import (
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/examples/internal/demo"
	"github.com/clerkgo/clerkgo/examples/internal/demotest"
)

func build(*demo.Site) (demo.Server, error) {
	return &http.Server{Handler: http.NotFoundHandler()}, nil
}

func TestStartRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() }) // After the parallel tests, not before.
	_, takenPort, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		env  []string
		want []string
	}{
		{
			name: "the secret key alone",
			env:  []string{"CLERK_SECRET_KEY", "sk_test_example"},
			want: []string{"CLERK_PUBLISHABLE_KEY is not", "dashboard.clerk.com"},
		},
		{
			name: "the publishable key alone",
			env:  []string{"CLERK_PUBLISHABLE_KEY", "pk_test_example"},
			want: []string{"CLERK_SECRET_KEY is not", "dashboard.clerk.com"},
		},
		{
			name: "the publishable key of Next.js alone",
			env:  []string{"NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", "pk_test_example"},
			want: []string{"CLERK_SECRET_KEY is not"},
		},
		{name: "a port that is taken", env: []string{"PORT", takenPort}, want: []string{"port " + takenPort + " is taken", "PORT="}},
		{name: "a port that is no number", env: []string{"PORT", "http"}, want: []string{`PORT is "http"`}},
		{name: "a port that is too large", env: []string{"PORT", "65536"}, want: []string{`PORT is "65536"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d, err := demo.Start(t.Context(), demo.Config{Framework: "net/http", Build: build, LookupEnv: demotest.Env(tc.env...)})
			if err == nil {
				t.Fatal("it started", d.Close(t.Context()))
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "sk_test_example") {
				t.Errorf("the error shows the secret key: %v", err)
			}
		})
	}
}

func TestItListensOnLocalhostOnly(t *testing.T) {
	t.Parallel()
	d := demotest.Start(t, demo.Config{Framework: "net/http", Build: build, LookupEnv: demotest.Env()})
	port := d.URL[strings.LastIndexByte(d.URL, ':')+1:]
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		network, ok := address.(*net.IPNet)
		if !ok || network.IP.IsLoopback() || network.IP.IsLinkLocalUnicast() {
			continue
		}
		var dialer net.Dialer
		conn, err := dialer.DialContext(t.Context(), "tcp", net.JoinHostPort(network.IP.String(), port))
		if err == nil {
			conn.Close()
			t.Errorf("it answers on %s", network.IP)
		}
	}
}

func TestAddressesOfAContainer(t *testing.T) {
	t.Parallel()
	port := twoFreePorts(t)
	d := demotest.Start(t, demo.Config{Framework: "net/http", Build: build, LookupEnv: demotest.Env("HOST", "0.0.0.0", "CLERK_PORT", port)})
	if want := "http://localhost:" + port; d.Clerk.URL() != want {
		t.Errorf("the built-in Clerk is at %s, want %s", d.Clerk.URL(), want)
	}
	if !strings.HasPrefix(d.URL, "http://localhost:") {
		t.Errorf("the example is at %s, want a name that browsers outside the container reach", d.URL)
	}
	var printed strings.Builder
	d.Describe(&printed)
	if _, first, found := strings.Cut(printed.String(), "http://"); !found || !strings.HasPrefix("http://"+first, d.URL) {
		t.Errorf("the first address that is printed is not the example's:\n%s", printed.String())
	}
}

// twoFreePorts returns a port that is free with the one behind it. It is below the ports that systems
// hand out by themselves, so that no other test's listener gets one of them in between.
func twoFreePorts(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	first := 20_000 + os.Getpid()%10_000
	for port := first; port < first+200; port += 2 {
		l, err := lc.Listen(t.Context(), "tcp", net.JoinHostPort("0.0.0.0", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		next, err := lc.Listen(t.Context(), "tcp", net.JoinHostPort("0.0.0.0", strconv.Itoa(port+1)))
		l.Close()
		if err != nil {
			continue
		}
		next.Close()
		return strconv.Itoa(port)
	}
	t.Fatal("no two ports are free side by side")
	return ""
}

func TestEachFrameworkHasAnInstanceOfItsOwn(t *testing.T) {
	t.Parallel()
	suffixes := map[string]string{}
	for _, framework := range []string{"Gin", "net/http", "Echo", "Echo v5", "Fiber", "Fiber v3"} {
		d := demotest.Start(t, demo.Config{Framework: framework, Build: build, LookupEnv: demotest.Env()})
		if other, taken := suffixes[d.Clerk.CookieSuffix()]; taken {
			t.Errorf("the cookies of %s and %s have the same names", framework, other)
		}
		suffixes[d.Clerk.CookieSuffix()] = framework
	}
}
