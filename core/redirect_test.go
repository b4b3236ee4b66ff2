package core_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

func TestSignInAndSignUpURL(t *testing.T) {
	t.Parallel()
	const back = "http://current.url:3000/path?q=1#hash"
	const backQuery = "?redirect_url=http%3A%2F%2Fcurrent.url%3A3000%2Fpath%3Fq%3D1%23hash"
	host := clerktest.PublishableKey
	satellite := func(o *core.Options) { o.IsSatellite, o.Domain = true, "sat.com" }
	signIn := func(u string) func(*core.Options) { return func(o *core.Options) { o.SignInURL = u } }
	returnTo := func(u string) []core.RedirectOption { return []core.RedirectOption{core.ReturnBackURL(u)} }
	none := []core.RedirectOption{core.NoReturnBackURL}
	for _, test := range []struct {
		name    string
		key     string
		base    string // the request, with its dev browser in the query
		edit    func(*core.Options)
		options []core.RedirectOption
		signUp  bool
		want    string
	}{
		{name: "no return address", key: devKey, base: "http://a.com/", options: none, want: "https://foo-bar-13.accounts.dev/sign-in"},
		{
			name: "the current page", key: devKey, base: "http://a.com/x/y", want: "https://foo-bar-13.accounts.dev/sign-in?redirect_url=http%3A%2F%2Fa.com%2Fx%2Fy",
		},
		{
			name: "an empty return address is the current page", key: devKey, base: "http://a.com/x/y", options: returnTo(""), want: "https://foo-bar-13.accounts.dev/sign-in?redirect_url=http%3A%2F%2Fa.com%2Fx%2Fy",
		},
		{
			name: "return to a path", key: devKey, base: "http://a.com/x/y", options: returnTo("/z?q=a b"), want: "https://foo-bar-13.accounts.dev/sign-in?redirect_url=http%3A%2F%2Fa.com%2Fz%3Fq%3Da%2520b",
		},
		{
			name: "return to a relative path", key: devKey, base: "http://a.com/x/y", options: returnTo("z"), want: "https://foo-bar-13.accounts.dev/sign-in?redirect_url=http%3A%2F%2Fa.com%2Fx%2Fz",
		},
		{
			name: "a redirect_url that is there already", key: devKey, base: "http://a.com/", edit: signIn("/si?redirect_url=old&z=1"), options: returnTo("http://a.com/q"), want: "http://a.com/si?redirect_url=http%3A%2F%2Fa.com%2Fq&z=1",
		},
		{
			name: "development browser to another host", key: devKey, base: "http://a.com/q?__clerk_db_jwt=d", edit: signIn("http://b.com/si"), options: returnTo("http://a.com/q"), want: "http://b.com/si?redirect_url=http%3A%2F%2Fa.com%2Fq&__clerk_db_jwt=d",
		},
		{
			name: "production browsers need none", key: liveKey, base: "http://a.com/q?__clerk_db_jwt=d", edit: signIn("http://b.com/si"), options: returnTo("http://a.com/q"), want: "http://b.com/si?redirect_url=http%3A%2F%2Fa.com%2Fq",
		},
		{name: "another scheme is no other host", key: devKey, base: "http://a.com/?__clerk_db_jwt=d", edit: signIn("https://a.com/si"), options: none, want: "https://a.com/si"},
		{
			name: "satellite", key: liveKey, base: "http://sat.com/", edit: func(o *core.Options) { satellite(o); o.SignInURL = "https://p.com/si" },
			options: returnTo("https://sat.com/d?__clerk_synced=true&a=b%20c"), want: "https://p.com/si?redirect_url=https%3A%2F%2Fsat.com%2Fd%3F__clerk_synced%3Dfalse%26a%3Db%2Bc",
		},
		{
			name: "satellite with a page of its own", key: liveKey, base: "http://sat.com/", edit: func(o *core.Options) { satellite(o); o.SignInURL = "/si" },
			options: returnTo("/d"), want: "http://sat.com/si?redirect_url=http%3A%2F%2Fsat.com%2Fd",
		},
		{
			name: "satellite without return address", key: liveKey, base: "http://sat.com/", edit: func(o *core.Options) { satellite(o); o.SignInURL = "https://p.com/si" },
			options: none, want: "https://p.com/si",
		},
		{
			name: "sign-up from the sign-in page", key: liveKey, base: "http://a.com/", edit: signIn("/si"), options: returnTo("/d"), signUp: true,
			want: "http://a.com/si/create?redirect_url=http%3A%2F%2Fa.com%2Fd",
		},
		{name: "sign-up keeps query and fragment", key: liveKey, base: "http://a.com/", edit: signIn("/si/?x=1#h"), options: none, signUp: true, want: "http://a.com/si//create?x=1#h"},
		{name: "sign-up page of its own", key: liveKey, base: "http://a.com/", edit: func(o *core.Options) { o.SignInURL, o.SignUpURL = "/si", "/su" }, options: none, signUp: true, want: "http://a.com/su"},
		{
			name: "fragments", key: liveKey, base: "http://a.com/", edit: signIn("/si#frag"), options: returnTo("https://a.com/q#h"), want: "http://a.com/si?redirect_url=https%3A%2F%2Fa.com%2Fq%23h#frag",
		},
		{
			name: "legacy development host", key: host("clerk.included.katydid-92.lcl.dev", false), base: "http://www.clerk.com/", options: returnTo(back), signUp: true,
			want: "https://accounts.included.katydid-92.lcl.dev/sign-up" + backQuery,
		},
		{name: "production host", key: host("clerk.example.com", true), base: "http://www.clerk.com/", options: returnTo(back), want: "https://accounts.example.com/sign-in" + backQuery},
		{
			name: "development host", key: host("included.katydid-92.clerk.accounts.dev", false), base: "http://www.clerk.com/", options: returnTo(back), want: "https://included.katydid-92.accounts.dev/sign-in" + backQuery,
		},
		{
			name: "staging host", key: host("included.katydid-92.clerk.accountsstage.dev", false), base: "http://www.clerk.com/", options: returnTo(back), signUp: true,
			want: "https://included.katydid-92.accountsstage.dev/sign-up" + backQuery,
		},
		{
			name: "development host and browser", key: host("included.katydid-92.clerk.accounts.dev", false), base: "http://www.clerk.com/?__clerk_db_jwt=deadbeef", options: returnTo(back), signUp: true, want: "https://included.katydid-92.accounts.dev/sign-up" + backQuery + "&__clerk_db_jwt=deadbeef",
		},
		{name: "page of the application", key: devKey, base: "http://current.url:3000/", edit: signIn("/sign-in"), options: returnTo(back), want: "http://current.url:3000/sign-in" + backQuery},
		{name: "absolute page", key: devKey, base: "http://a.com/", edit: signIn("http://signin.url:3001/sign-in"), options: none, want: "http://signin.url:3001/sign-in"},
		{name: "line ends make no header", key: liveKey, base: "http://a.com/", options: returnTo("/a\r\nSet-Cookie: x"), want: "https://accounts.example.com/sign-in?redirect_url=http%3A%2F%2Fa.com%2FaSet-Cookie%3A%2520x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := core.Options{PublishableKey: test.key, SecretKey: "sk_test_x", LookupEnv: noEnv}
			if test.key == liveKey {
				o.SecretKey = liveSK
			}
			if test.edit != nil {
				test.edit(&o)
			}
			hostname, path, _ := strings.Cut(strings.TrimPrefix(test.base, "http://"), "/")
			ra := attach(t, newClerk(t, o), get("/"+path).on(hostname))
			url, redirect := ra.SignInURL, ra.RedirectToSignIn
			if test.signUp {
				url, redirect = ra.SignUpURL, ra.RedirectToSignUp
			}
			got, err := url(test.options...)
			if err != nil || got != test.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, test.want)
			}
			out := redirect(test.options...)
			if out.IsFault() || out.IsAbsent() || out.Status != 307 || out.Allowed() || out.Err != nil {
				t.Errorf("got outcome %+v, want a 307", out)
			}
			if got := headerOf(out.Headers, "Location"); got != test.want {
				t.Errorf("got Location %s", got)
			}
			if got := headerOf(out.Headers, "X-Clerk-Redirect-To"); got != "true" {
				t.Errorf("got mark %q", got)
			}
		})
	}
}

func TestRedirectOfAPendingSessionLeadsToItsTasks(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	ofUser := get("/d", "Authorization", "Bearer "+s.SessionToken("user_1", clerktest.Pending())).on("a.com")
	for _, test := range []struct {
		signInURL, signUpURL string
		wantIn, wantUp       string
	}{
		{wantIn: "https://accounts.example.test/sign-in/tasks", wantUp: "https://accounts.example.test/sign-up/tasks"},
		{signInURL: "/si", wantIn: "http://a.com/si/tasks", wantUp: "http://a.com/si/create/tasks"},
		{signInURL: "/si?x=1", signUpURL: "/su/", wantIn: "http://a.com/si/tasks?x=1", wantUp: "http://a.com/su/tasks"},
		{signInURL: "/si/?x=1#h", signUpURL: "/su//", wantIn: "http://a.com/si/tasks?x=1#h", wantUp: "http://a.com/su/tasks"},
		{signInURL: "https://b.com", signUpURL: "https://b.com/?x=1", wantIn: "https://b.com/tasks", wantUp: "https://b.com/tasks?x=1"},
		{signInURL: "/si/?x=1#h", wantIn: "http://a.com/si/tasks?x=1#h", wantUp: "http://a.com/si//create/tasks?x=1#h"},
	} {
		o := plain(s)
		o.SignInURL, o.SignUpURL = test.signInURL, test.signUpURL
		ra := attach(t, newClerk(t, o), ofUser)
		in, err := ra.SignInURL(core.NoReturnBackURL)
		if err != nil || in != test.wantIn {
			t.Errorf("%q: got %s, %v, want %s", test.signInURL, in, err, test.wantIn)
		}
		up, err := ra.SignUpURL(core.NoReturnBackURL)
		if err != nil || up != test.wantUp {
			t.Errorf("%q: got %s, %v, want %s", test.signUpURL, up, err, test.wantUp)
		}
	}
}

func TestRedirectsThatCannotBeBuilt(t *testing.T) {
	t.Parallel()
	good := core.Options{PublishableKey: liveKey, SecretKey: liveSK, LookupEnv: noEnv}
	noPage := good
	noPage.PublishableKey, noPage.AcceptsToken = "", core.OnlyToken(core.APIKey)
	for name, test := range map[string]struct {
		options core.Options
		opts    []core.RedirectOption
	}{
		"no key that names the page":  {options: noPage},
		"return address that is none": {options: good, opts: []core.RedirectOption{core.ReturnBackURL("https://a b/")}},
		"nil":                         {options: good, opts: []core.RedirectOption{nil}},
		"two return addresses":        {options: good, opts: []core.RedirectOption{core.ReturnBackURL("/a"), core.ReturnBackURL("/a")}},
		"an address and none":         {options: good, opts: []core.RedirectOption{core.ReturnBackURL("/a"), core.NoReturnBackURL}},
		"return address in a script":  {options: good, opts: []core.RedirectOption{core.ReturnBackURL("java\tscript:alert(1)")}},
	} {
		ra := attach(t, newClerk(t, test.options), get("/"))
		for page, f := range map[string]func(...core.RedirectOption) core.Outcome{"sign-in": ra.RedirectToSignIn, "sign-up": ra.RedirectToSignUp} {
			out := f(test.opts...)
			if !out.IsFault() || out.Status != 500 || out.Err == nil || len(out.Headers) != 0 {
				t.Errorf("%s, %s: got %+v, want 500", name, page, out)
			}
		}
		if u, err := ra.SignInURL(test.opts...); err == nil {
			t.Errorf("%s: got %q, want an error", name, u)
		}
	}
}

// A return address is relative to the page, as a link on it would be.
func TestReturnAddressIsRelativeToThePage(t *testing.T) {
	t.Parallel()
	c := newClerk(t, core.Options{PublishableKey: liveKey, SecretKey: liveSK, LookupEnv: noEnv})
	long := "/" + strings.Repeat("x/", 2000)
	for _, test := range []struct{ target, back, want string }{
		{target: "/a/b/", back: "?q=1", want: "/a/b/?q=1"},
		{target: "/a/b/?old=1", back: "?q=1", want: "/a/b/?q=1"},
		{target: "/a/b/?old=1", back: "#x", want: "/a/b/?old=1#x"},
		{target: "/a/b/?old=1", back: "page", want: "/a/b/page"},
		{target: "/a/b/c", back: "page", want: "/a/b/page"},
		{target: "/a/b/?old=1", back: "../x", want: "/a/x"},
		{target: "/a/b/?old=1", back: "./", want: "/a/b/"},
		{target: "/a/b/?old=1", back: "..", want: "/a/"},
		{target: "/a/b/", back: "/x", want: "/x"},
		{target: "//a/b/", back: "?q=1", want: "//a/b/?q=1"},
		{target: "//a/b/", back: "x", want: "//a/b/x"},
		{target: "/a/%2e%2e/b/c", back: "d", want: "/b/d"},
		{target: long, back: "?q=1", want: long + "?q=1"},
		{target: long, back: "../../y", want: long[:len(long)-4] + "y"},
	} {
		ra := attach(t, c, get(test.target, "X-Forwarded-Proto", "https").on("a.com"))
		if got := redirectURL(t, ra, core.ReturnBackURL(test.back)); got != "https://a.com"+test.want {
			t.Errorf("%.40q on %.40q: got %q, want %q", test.back, test.target, got, test.want)
		}
	}
}

// Whatever a stranger sends, browsers are sent to http and https only.
func TestAddressesAreOfTheWeb(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	o := plain(s)
	o.SignInURL = "/sign-in"
	c := newClerk(t, o)
	for _, proto := range []string{
		"", "javascript", "JavaScript", "data", "blob", "file", "ftp", "ws", "WSS", "http", "HTTPS", "https:", "http://evil.example", "http:\t//", "java\tscript", "x", "https\x00", "http, javascript",
	} {
		for _, host := range []string{
			"", "h.example", "%0aalert(1)//", "\nalert(1)//", "%0d%0aalert(1)", "/alert(1)//", "h.example/%0aalert(1)", "%E2%80%A8alert(1)//", "h.example:javascript", "@", "a\\@@@", "[", "javascript:alert(1)", "//x", "?", "#", "%", "\xff\xfe",
		} {
			for _, own := range []string{"own.example", "%0aalert(1)//", "a b", ""} {
				r := page("/p?q", "X-Forwarded-Proto", proto, "X-Forwarded-Host", host).on(own)
				ra, out := adapter.Attach(t.Context(), c, r)
				signIn, err := ra.SignInURL()
				signUp, err2 := ra.SignUpURL(core.ReturnBackURL("?x"))
				if err != nil || err2 != nil {
					t.Fatalf("%q %q %q: %v, %v", proto, host, own, err, err2)
				}
				location := headerOf(out.Headers, "Location")
				if location == "" {
					t.Fatalf("%q %q %q: no handshake", proto, host, own)
				}
				for _, address := range []string{signIn, signUp, location} {
					u, err := url.Parse(address)
					if err != nil || u.Scheme != "http" && u.Scheme != "https" {
						t.Errorf("%q %q %q: got %q, %v", proto, host, own, address, err)
						continue
					}
					back, err := url.Parse(u.Query().Get("redirect_url"))
					if err != nil || back.Scheme != "http" && back.Scheme != "https" || back.Host == "" {
						t.Errorf("%q %q %q: back to %q, %v", proto, host, own, u.Query().Get("redirect_url"), err)
					}
				}
			}
		}
	}
}
