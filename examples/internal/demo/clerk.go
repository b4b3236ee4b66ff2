package demo

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

const (
	publishableKey = "CLERK_PUBLISHABLE_KEY"
	secretKey      = "CLERK_SECRET_KEY"
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
	return []account{
		newAccount("ada", "Lovelace", "acme", "admin of Acme"),
		newAccount("grace", "Hopper", "acme", "member of Acme"),
		newAccount("alan", "Turing", "", "in no organization"),
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

// startClerk starts the built-in Clerk.
func startClerk() (*clerktest.Server, error) {
	config := clerktest.Config{
		SessionClaims: map[string]any{"name": "{{user.full_name}}"},
		Hint:          "Try ada@example.com with the password ada-password.",
		Organizations: []clerktest.Organization{{
			ID: "org_acme", Name: "Acme", Slug: "acme",
			Members: []clerktest.Member{
				{UserID: "user_ada", Role: "org:admin"},
				{UserID: "user_grace", Role: "org:member"},
			},
		}},
	}
	for _, a := range accounts() {
		config.Users = append(config.Users, a.user)
	}
	return clerktest.NewServer(config)
}

// environment is what the environment says about the real Clerk.
type environment struct {
	lookup func(string) (string, bool)
}

func newEnvironment(lookup func(string) (string, bool)) environment {
	if lookup == nil {
		lookup = os.LookupEnv
	}
	return environment{lookup}
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
