package demo

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"unicode"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

const (
	publishableKey = "CLERK_PUBLISHABLE_KEY"
	secretKey      = "CLERK_SECRET_KEY"
	webhookSecret  = "CLERK_WEBHOOK_SIGNING_SECRET"
	keysPage       = "https://dashboard.clerk.com/last-active?path=api-keys"
)

// account is a user of the built-in Clerk.
type account struct {
	user     clerktest.User
	password string
	about    string
}

func (a account) name() string { return a.user.FirstName + " " + a.user.LastName }

// The users of the built-in Clerk. Ada is an admin of Acme, Grace a member.
func accounts() []account {
	ada := newAccount("ada", "Lovelace", "acme", "admin of the application and of Acme")
	ada.user.PublicMetadata = map[string]any{"role": "admin"}
	ada.user.Plans, ada.user.Features = []string{"pro"}, []string{"export"}
	return []account{
		ada,
		newAccount("grace", "Hopper", "acme", "member of Acme"),
		newAccount("alan", "Turing", "", "in no organization"),
		newAccount("charles", "Babbage", "globex", "admin of Globex, where the others are no members"),
	}
}

func newAccount(id, lastName, organization, about string) account {
	password := id + "-password"
	return account{
		user: clerktest.User{
			ID:                 "user_" + id,
			Email:              id + "@example.com",
			FirstName:          strings.ToUpper(id[:1]) + id[1:],
			LastName:           lastName,
			Password:           password,
			ActiveOrganization: organization,
		},
		password: password,
		about:    about,
	}
}

// sessionClaims are what the instances add to session tokens. In Clerk's dashboard this
// is the page Sessions, Customize session token.
func sessionClaims() map[string]any {
	return map[string]any{
		"name":     "{{user.full_name}}",
		"email":    "{{user.primary_email_address}}",
		"metadata": "{{user.public_metadata}}",
	}
}

// startClerk starts the built-in Clerk, and a second instance for /tenants.
func (d *Demo) startClerk(env environment) error {
	port, err := env.port("CLERK_PORT", "0")
	if err != nil {
		return err
	}
	host, _ := env.host()
	clock := &clerktest.Clock{}
	config := clerktest.Config{
		FrontendAPI:   instanceName(d.framework),
		Addr:          net.JoinHostPort(host, port),
		Clock:         clock,
		SessionClaims: sessionClaims(),
		Hint:          "Try ada@example.com with the password ada-password.",
		PickUsers:     true,
		Templates: []clerktest.Template{{
			Name:   "ledger",
			Claims: map[string]any{"aud": "https://ledger.example", "email": "{{user.primary_email_address}}", "organization": "{{org.slug}}"},
		}},
		Organizations: []clerktest.Organization{
			{
				ID: "org_acme", Name: "Acme", Slug: "acme", Plans: []string{"team"}, Features: []string{"reports", "projects"},
				Members: []clerktest.Member{
					{UserID: "user_ada", Role: "org:admin", Permissions: []string{"org:projects:create", "org:reports:read"}},
					{UserID: "user_grace", Role: "org:member", Permissions: []string{"org:reports:read"}},
				},
			},
			{
				ID: "org_engines", Name: "Analytical Engines", Slug: "engines", Plans: []string{"free"}, Features: []string{"projects"},
				Members: []clerktest.Member{{UserID: "user_ada", Role: "org:member"}, {UserID: "user_charles", Role: "org:admin", Permissions: []string{"org:projects:create"}}},
			},
			{ID: "org_globex", Name: "Globex", Slug: "globex", Members: []clerktest.Member{{UserID: "user_charles", Role: "org:admin"}}},
		},
	}
	for _, a := range accounts() {
		config.Users = append(config.Users, a.user)
	}
	if isWildcard(host) {
		config.Host = "localhost"
	}
	if d.Clerk, err = clerktest.NewServer(config); err != nil {
		return clerkCannotListen(port, err)
	}
	d.site.useBuiltIn(d.Clerk)

	second := clerktest.Config{
		FrontendAPI:   "initech-" + instanceName(d.framework),
		Addr:          net.JoinHostPort(host, nextPort(port)),
		Host:          config.Host,
		Clock:         clock,
		SecondKey:     true,
		SessionClaims: sessionClaims(),
		PickUsers:     true,
		Hint:          "This is Initech's own instance: other users, other keys. Try peter@initech.example with the password peter-password.",
		Users: []clerktest.User{{
			ID: "user_peter", Email: "peter@initech.example", FirstName: "Peter", LastName: "Gibbons", Password: "peter-password", ActiveOrganization: "initech",
		}},
		Organizations: []clerktest.Organization{{ID: "org_initech", Name: "Initech", Slug: "initech", Members: []clerktest.Member{{UserID: "user_peter", Role: "org:admin"}}}},
	}
	d.site.second, err = clerktest.NewServer(second)
	if err != nil {
		return clerkCannotListen(nextPort(port), err)
	}
	return nil
}

// instanceName is the host that the publishable key of a framework's instance names. Each
// has its own, so that cookies of two examples in one browser do not meet.
func instanceName(framework string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, framework)
	return "acme-" + name + "-1.clerk.accounts.dev"
}

// nextPort is the port of the second instance: the one behind that of the first.
func nextPort(port string) string {
	n, err := strconv.Atoi(port)
	if err != nil || n == 0 || n == 65535 {
		return "0"
	}
	return strconv.Itoa(n + 1)
}

func clerkCannotListen(port string, err error) error {
	return fmt.Errorf("the built-in Clerk cannot listen on port %s: choose another one with CLERK_PORT, which the next one must be free behind: %w", port, err)
}

// environment is what the environment says.
type environment struct {
	lookup func(string) (string, bool)
}

func newEnvironment(lookup func(string) (string, bool)) environment {
	if lookup == nil {
		lookup = os.LookupEnv
	}
	return environment{lookup}
}

// port reads a port; zero means any that is free.
func (e environment) port(name, otherwise string) (string, error) {
	port, _ := e.lookup(name)
	if port == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", fmt.Errorf("%s is %q: it must be a number from 0 to 65535", name, port)
	}
	return strconv.FormatUint(n, 10), nil
}

// host returns the address to listen on, and whether the environment names it.
func (e environment) host() (host string, named bool) {
	host, _ = e.lookup("HOST")
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
		return ip.String(), true
	}
	return "127.0.0.1", false // Some shells set HOST to the machine's name.
}

func isWildcard(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsUnspecified()
}

// get reads a variable of Clerk's as core does: also with Next.js's prefix.
func (e environment) get(name string) string {
	value, _ := e.lookup(name)
	if value == "" {
		value, _ = e.lookup("NEXT_PUBLIC_" + name)
	}
	return value
}

// wantsClerk reports whether the real Clerk is asked for. One key without the
// other is an error.
func (e environment) wantsClerk() (bool, error) {
	pk, sk := e.get(publishableKey), e.get(secretKey)
	switch {
	case pk == "" && sk == "":
		return false, nil
	case pk == "":
		return false, missing(publishableKey, secretKey)
	case sk == "":
		return false, missing(secretKey, publishableKey)
	}
	return true, nil
}

func missing(name, other string) error {
	return fmt.Errorf("%s is set but %s is not: copy both keys from %s, or unset %[1]s to use the built-in Clerk", other, name, keysPage)
}

// options makes core read the environment, except for sign-in pages below the
// application's own address: these examples have none.
func (e environment) options() core.Options {
	return core.Options{LookupEnv: func(name string) (string, bool) {
		value, ok := e.lookup(name)
		page := strings.HasSuffix(name, "CLERK_SIGN_IN_URL") || strings.HasSuffix(name, "CLERK_SIGN_UP_URL")
		if page && strings.HasPrefix(value, "/") {
			return "", false
		}
		return value, ok
	}}
}

// frontendAPI returns the host that a publishable key names, where Clerk's
// JavaScript comes from.
func frontendAPI(key string) (string, error) {
	encoded := strings.TrimPrefix(strings.TrimPrefix(key, "pk_test_"), "pk_live_")
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	host, found := strings.CutSuffix(string(decoded), "$")
	if err != nil || !found || host == "" {
		return "", errors.New(publishableKey + " is not valid: copy it from " + keysPage)
	}
	return host, nil
}
