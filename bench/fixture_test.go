package bench_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// What the tokens say. auth0's middleware insists on an audience, so there is one.
const (
	userID     = "user_2abcdefghijklmnopqrstuvwxyz"
	party      = "https://app.example.test"
	audience   = "https://api.example.test"
	permission = "org:invoices:create"
	life       = 48 * time.Hour // longer than any run
)

// fixture is one Clerk instance and the tokens that it, or a forger, issued.
type fixture struct {
	server *clerktest.Server
	key    *rsa.PrivateKey
	header string // encoded
	claims map[string]any

	good, expired, forged string
	huge                  string // 64 KiB, of good form, not signed by the instance
	digest                [sha256.Size]byte
	signature             []byte // of good

	change func(*core.Options) // what is different for some benchmark
}

// ballast is what the process holds besides the benchmarks, as the heap of a small
// server would. Without it the garbage collector starts anew every 4 MB, its least,
// and what it costs to start is a fifth of what short benchmarks show.
var ballast = flag.Int("heap-mib", 64, "hold so many MiB, as an application would")

func TestMain(m *testing.M) {
	flag.Parse()
	gin.SetMode(gin.ReleaseMode)
	held := make([]byte, *ballast<<20)
	code := m.Run()
	runtime.KeepAlive(held)
	if f, err := instance(); err == nil {
		f.server.Close()
	}
	os.Exit(code)
}

// instance is started when it is first needed and shared by all benchmarks.
var instance = sync.OnceValues(newFixture)

func setUp(tb testing.TB) *fixture {
	tb.Helper()
	f, err := instance()
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func newFixture() (*fixture, error) {
	key, err := clerktest.OtherKey()
	if err != nil {
		return nil, err
	}
	server, err := clerktest.NewServer(clerktest.Config{
		Production: true,
		SecondKey:  true,
		Organizations: []clerktest.Organization{{ID: "org_2abcdefghijklmnopqrstuvwxyz", Slug: "acme", Members: []clerktest.Member{{
			UserID:      userID,
			Role:        "org:admin",
			Permissions: []string{permission, "org:invoices:read", "org:reports:read"},
		}}}},
	})
	if err != nil {
		return nil, err
	}
	f := &fixture{server: server, key: key}
	f.good = server.SessionToken(userID, clerktest.InOrganization("acme"), clerktest.Lifetime(life),
		clerktest.AuthorizedParty(party), clerktest.Claim("aud", audience))
	f.expired = server.SessionToken(userID, clerktest.InOrganization("acme"), clerktest.Lifetime(-time.Hour),
		clerktest.AuthorizedParty(party), clerktest.Claim("aud", audience))
	forger, err := rsa.GenerateKey(rand.Reader, key.N.BitLen())
	if err != nil {
		return nil, err
	}
	f.forged = server.SessionToken(userID, clerktest.InOrganization("acme"), clerktest.Lifetime(life),
		clerktest.AuthorizedParty(party), clerktest.Claim("aud", audience), clerktest.SignedWith(forger, server.KeyID()))

	parts := strings.Split(f.good, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(payload, &f.claims); err != nil {
		return nil, err
	}
	f.header = parts[0]
	if f.signature, err = base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return nil, err
	}
	f.digest = digest(parts[0] + "." + parts[1])

	rest := (64<<10 - len(parts[0]) - len(parts[2]) - 2) * 3 / 4
	padding := strings.Repeat("x", rest-len(payload)-len(`,"pad":""`))
	long := string(payload[:len(payload)-1]) + `,"pad":"` + padding + `"}`
	f.huge = parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(long)) + "." + parts[2]
	return f, nil
}

func digest(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }

// options configure ours as an application would: keys from the instance's
// Backend API, audience and authorized parties checked, the system's clock.
func (f *fixture) options() core.Options {
	o := core.Options{
		PublishableKey:    f.server.PublishableKey(),
		SecretKey:         f.server.SecretKey(),
		APIURL:            f.server.URL(),
		Audience:          []string{audience},
		AuthorizedParties: []string{party},
		Logger:            slog.New(slog.DiscardHandler),
		LookupEnv:         func(string) (string, bool) { return "", false },
	}
	if f.change != nil {
		f.change(&o)
	}
	return o
}

// ring returns so many different valid tokens that a cache of the default size
// has forgotten each when its turn comes again.
var ring = sync.OnceValues(func() ([]string, error) { return mint(2 * 8192) })

// mint signs n different session tokens, on all processors.
func mint(n int) ([]string, error) {
	f, err := instance()
	if err != nil {
		return nil, err
	}
	tokens := make([]string, n)
	errs := make([]error, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for i := w; i < n && errs[w] == nil; i += len(errs) {
				tokens[i], errs[w] = f.sign(i)
			}
		})
	}
	wg.Wait()
	return tokens, errors.Join(errs...)
}

// sign issues the good token once more, as the i-th of its session.
func (f *fixture) sign(i int) (string, error) {
	claims := maps.Clone(f.claims)
	claims["jti"] = fmt.Sprintf("%020x", i)
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := f.header + "." + base64.RawURLEncoding.EncodeToString(payload)
	sum := digest(signed)
	signature, err := rsa.SignPKCS1v15(nil, f.key, crypto.SHA256, sum[:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), err
}

// clientUAT is the value of the cookies that say when the browser's client last
// changed: before the token was issued.
func (f *fixture) clientUAT() string {
	iat, ok := f.claims["iat"].(float64)
	if !ok {
		return "0"
	}
	return strconv.FormatInt(int64(iat), 10)
}
