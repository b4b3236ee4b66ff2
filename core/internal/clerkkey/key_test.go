package clerkkey

import (
	"strings"
	"testing"
)

func TestParsePublishableKey(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, key string
		host      string
		ok        bool
	}{
		{name: "without padding", key: "pk_test_Y2xlcmsuY2xlcmsuZGV2JA", host: "clerk.clerk.dev", ok: true},
		{name: "with padding", key: "pk_test_Y2xlcmsuY2xlcmsuZGV2JA==", host: "clerk.clerk.dev", ok: true},
		{name: "half the padding", key: "pk_test_Y2xlcmsuY2xlcmsuZGV2JA=", ok: false},
		{name: "too much padding", key: "pk_test_Y2xlcmsuY2xlcmsuZGV2JA===", ok: false},
		{name: "leftover bits", key: "pk_test_Y2xlcmsuY2xlcmsuZGV2JB", host: "clerk.clerk.dev", ok: true},
		{name: "line end inside", key: "pk_live_Y2xlcmsu\nY2xlcmsuZGV2JA", host: "clerk.clerk.dev", ok: true},
		{name: "space before the code", key: "pk_live_ Y2xlcmsuY2xlcmsuZGV2JA", host: "clerk.clerk.dev", ok: true},
		{name: "space at the end", key: "pk_live_Y2xlcmsuY2xlcmsuZGV2JA ", host: "clerk.clerk.dev", ok: true},
		{name: "space before everything", key: " pk_live_Y2xlcmsuY2xlcmsuZGV2JA", ok: false},
		{name: "a fourth part", key: "pk_live_Y2xlcmsuY2xlcmsuZGV2JA_x", ok: false},
		{name: "prefix in capitals", key: "PK_test_Y2xlcmsuY2xlcmsuZGV2JA", ok: false},
		{name: "unknown prefix", key: "pk_prod_Y2xlcmsuY2xlcmsuZGV2JA", ok: false},
		{name: "no code", key: "pk_test_", ok: false},
		{name: "empty", ok: false},
		{name: "no dollar", key: "pk_test_YS5i", ok: false},                     // a.b
		{name: "two dollars", key: "pk_test_YS5iJCQ", ok: false},                // a.b$$
		{name: "dollar in front", key: "pk_test_JGEuYiQ", ok: false},            // $a.b$
		{name: "text after the dollar", key: "pk_test_YS5iJGV4dHJh", ok: false}, // a.b$extra
		{name: "no dot", key: "pk_test_aW52YWxpZGtleSQ", ok: false},             // invalidkey$
		{name: "only a dot", key: "pk_test_LiQ", host: ".", ok: true},           // .$
		{name: "a URL", key: "pk_test_aHR0cHM6Ly9hLmIvYyQ", host: "https://a.b/c", ok: true},
		{name: "URL alphabet", key: "pk_test_Pz8-LiQ", ok: false},
		{name: "one character too many", key: "pk_test_Y2xlcmsuY2xlcmsuZGV2JAAAA", ok: false},
	} {
		key, ok := Parse(test.key)
		if ok != test.ok || key.Host != test.host {
			t.Errorf("%s: %q: got %q, %v, want %q, %v", test.name, test.key, key.Host, ok, test.host, test.ok)
		}
		if want := strings.HasPrefix(test.key, "pk_live_"); ok && (key.Instance == Production) != want {
			t.Errorf("%s: %q: got Production %v", test.name, test.key, !want)
		}
	}
}

func TestCookieSuffix(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"pk_test_Y2xlcmsuaW5zcGlyZWQucHVtYS03NC5sY2wuZGV2JA":                   "vWCgMp3A",
		"pk_live_Y2xlcmsuZXhhbXBsZS5jb20k":                                     "naoXFJnI",
		"pk_live_Y2xlcmsuaW5zcGlyZWQucHVtYS03NC5sY2wuZGV2JA":                   "MqCvchyS",
		"pk_test_ZW5vdWdoLWFscGFjYS04Mi5jbGVyay5hY2NvdW50cy5sY2xjbGVyay5jb20k": "jtYvyt_H",
		"pk_live_Y2xlcmsuY2xlcmsuZGV2JA":                                       "1Z8AzTQD",
		"pk_test_Y2xlcmsuY2xlcmsuZGV2JA":                                       "QvfNY2dr",
		"pk_test_eHh4eHh4LXhhYWFhYS1hYS5jbGVyay5hY2NvdW50cy5sY2xjbGVyay5jb20k": "tZJdb-5s",
		"": "",
	} {
		if got := (Publishable{Raw: key}).CookieSuffix(); got != want {
			t.Errorf("%q: got %q, want %q", key, got, want)
		}
	}
	padded := Publishable{Raw: "pk_test_Y2xlcmsuY2xlcmsuZGV2JA=="}
	if got := padded.CookieSuffix(); got == "QvfNY2dr" {
		t.Error("padding made no difference, although the suffix is that of the key as configured")
	}
}

func TestAccountsURL(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"":                                "",
		"clerk.example.com":               "https://accounts.example.com",
		"clerk.accounts.example.com":      "https://accounts.example.com",
		"foo.clerk.accounts.dev":          "https://foo.accounts.dev",
		"foo.clerk.accountsstage.dev":     "https://foo.accountsstage.dev",
		"foo.clerk.accounts.lclclerk.com": "https://foo.accounts.lclclerk.com",
		"clerk.foo.bar-13.lcl.dev":        "https://accounts.foo.bar-13.lcl.dev",
		"clerk.clerk.com":                 "https://accounts.clerk.com",
		"my-clerk.example.com":            "https://my-accounts.example.com",
		"example.com":                     "https://example.com",
		"https://app.com/__clerk":         "https://https://app.com/__clerk",
	} {
		if got := AccountsURL(host); got != want {
			t.Errorf("%q: got %q, want %q", host, got, want)
		}
	}
}

func TestBackendAPIURL(t *testing.T) {
	t.Parallel()
	const Production, local, staging = "https://api.clerk.com", "https://api.lclclerk.com", "https://api.clerkstage.dev"
	for host, want := range map[string]string{
		"":                                Production,
		"clerk.example.com":               Production,
		"clerk.foo.lclstage.dev":          Production,
		"clerk.foo.lcl.dev":               Production,
		"clerk.foo.lclclerk.com":          Production,
		"foo.clerk.accounts.dev":          Production,
		"foo.lcl.dev":                     local,
		"foo.clerk.accounts.lclclerk.com": local,
		"x.lclclerk.com":                  local,
		"foolclstage.dev":                 local,
		"foo.clerk.accountsstage.dev":     staging,
	} {
		if got := BackendAPIURL(host); got != want {
			t.Errorf("%q: got %q, want %q", host, got, want)
		}
	}
}

func TestDevAccountPortal(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"foo.accounts.dev":                true,
		"foo.accountsstage.dev":           true,
		"foo.accounts.lclclerk.com":       true,
		"accounts.foo.lcl.dev":            true,
		"accounts.foo.lclstage.dev":       true,
		"accounts.foo.lclclerk.com":       true,
		"foo.clerk.accounts.dev":          false,
		"foo.clerk.accountsstage.dev":     false,
		"foo.clerk.accounts.lclclerk.com": false,
		"accounts.dev":                    false,
		"foo.lcl.dev":                     false,
		"accounts.example.com":            false,
		"evilaccounts.dev":                false,
		"foo.accounts.dev.evil.example":   false,
		"":                                false,
	} {
		if got := IsDevAccountPortal(host); got != want {
			t.Errorf("%q: got %v, want %v", host, got, want)
		}
	}
}

func TestFrontendAPI(t *testing.T) {
	t.Parallel()
	live := Publishable{Host: "clerk.example.com", Instance: Production}
	dev := Publishable{Host: "foo.clerk.accounts.dev", Instance: Development}
	for _, test := range []struct {
		key           Publishable
		proxy, domain string
		satellite     bool
		want          string
	}{
		{key: live, want: "clerk.example.com"},
		{key: live, domain: "sat.com", want: "clerk.example.com"},
		{key: live, domain: "sat.com", satellite: true, want: "clerk.sat.com"},
		{key: live, satellite: true, want: "clerk.example.com"},
		{key: dev, domain: "sat.com", satellite: true, want: "foo.clerk.accounts.dev"},
		{key: live, proxy: "https://p.com/x/", domain: "sat.com", satellite: true, want: "https://p.com/x/"},
		{key: dev, proxy: "/__clerk", want: "/__clerk"},
	} {
		if got := test.key.FrontendAPI(test.proxy, test.domain, test.satellite); got != test.want {
			t.Errorf("%+v: got %q, want %q", test, got, test.want)
		}
	}
}
