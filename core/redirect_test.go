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
		{"no return address", devKey, "http://a.com/", nil, none, false, "https://foo-bar-13.accounts.dev/sign-in"},
		{
			"the current page", devKey, "http://a.com/x/y", nil, nil, false,
			"https://foo-bar-13.accounts.dev/sign-in?redirect_url=http%3A%2F%2Fa.com%2Fx%2Fy",
		},
		{
			"an empty return address is the current page", devKey, "http://a.com/x/y", nil, returnTo(""), false,
			"https://foo-bar-13.accounts.dev/sign-in?redirect_url=http%3A%2F%2Fa.com%2Fx%2Fy",
		},
		{
			"return to a path", devKey, "http://a.com/x/y", nil, returnTo("/z?q=a b"), false,
			"https://foo-bar-13.accounts.dev/sign-in?redirect_url=http%3A%2F%2Fa.com%2Fz%3Fq%3Da%2520b",
		},
		{
			"return to a relative path", devKey, "http://a.com/x/y", nil, returnTo("z"), false,
			"https://foo-bar-13.accounts.dev/sign-in?redirect_url=http%3A%2F%2Fa.com%2Fx%2Fz",
		},
		{
			"a redirect_url that is there already", devKey, "http://a.com/", signIn("/si?redirect_url=old&z=1"), returnTo("http://a.com/q"), false,
			"http://a.com/si?redirect_url=http%3A%2F%2Fa.com%2Fq&z=1",
		},
		{
			"development browser to another host", devKey, "http://a.com/q?__clerk_db_jwt=d", signIn("http://b.com/si"), returnTo("http://a.com/q"), false,
			"http://b.com/si?redirect_url=http%3A%2F%2Fa.com%2Fq&__clerk_db_jwt=d",
		},
		{
			"production browsers need none", liveKey, "http://a.com/q?__clerk_db_jwt=d", signIn("http://b.com/si"), returnTo("http://a.com/q"), false,
			"http://b.com/si?redirect_url=http%3A%2F%2Fa.com%2Fq",
		},
		{"another scheme is no other host", devKey, "http://a.com/?__clerk_db_jwt=d", signIn("https://a.com/si"), none, false, "https://a.com/si"},
		{
			"satellite", liveKey, "http://sat.com/", func(o *core.Options) { satellite(o); o.SignInURL = "https://p.com/si" },
			returnTo("https://sat.com/d?__clerk_synced=true&a=b%20c"), false,
			"https://p.com/si?redirect_url=https%3A%2F%2Fsat.com%2Fd%3F__clerk_synced%3Dfalse%26a%3Db%2Bc",
		},
		{
			"satellite with a page of its own", liveKey, "http://sat.com/", func(o *core.Options) { satellite(o); o.SignInURL = "/si" },
			returnTo("/d"), false, "http://sat.com/si?redirect_url=http%3A%2F%2Fsat.com%2Fd",
		},
		{
			"satellite without return address", liveKey, "http://sat.com/", func(o *core.Options) { satellite(o); o.SignInURL = "https://p.com/si" },
			none, false, "https://p.com/si",
		},
		{
			"sign-up from the sign-in page", liveKey, "http://a.com/", signIn("/si"), returnTo("/d"), true,
			"http://a.com/si/create?redirect_url=http%3A%2F%2Fa.com%2Fd",
		},
		{"sign-up keeps query and fragment", liveKey, "http://a.com/", signIn("/si/?x=1#h"), none, true, "http://a.com/si//create?x=1#h"},
		{"sign-up page of its own", liveKey, "http://a.com/", func(o *core.Options) { o.SignInURL, o.SignUpURL = "/si", "/su" }, none, true, "http://a.com/su"},
		{
			"fragments", liveKey, "http://a.com/", signIn("/si#frag"), returnTo("https://a.com/q#h"), false,
			"http://a.com/si?redirect_url=https%3A%2F%2Fa.com%2Fq%23h#frag",
		},
		{
			"legacy development host", host("clerk.included.katydid-92.lcl.dev", false), "http://www.clerk.com/", nil, returnTo(back), true,
			"https://accounts.included.katydid-92.lcl.dev/sign-up" + backQuery,
		},
		{"production host", host("clerk.example.com", true), "http://www.clerk.com/", nil, returnTo(back), false, "https://accounts.example.com/sign-in" + backQuery},
		{
			"development host", host("included.katydid-92.clerk.accounts.dev", false), "http://www.clerk.com/", nil, returnTo(back), false,
			"https://included.katydid-92.accounts.dev/sign-in" + backQuery,
		},
		{
			"staging host", host("included.katydid-92.clerk.accountsstage.dev", false), "http://www.clerk.com/", nil, returnTo(back), true,
			"https://included.katydid-92.accountsstage.dev/sign-up" + backQuery,
		},
		{
			"development host and browser", host("included.katydid-92.clerk.accounts.dev", false), "http://www.clerk.com/?__clerk_db_jwt=deadbeef", nil,
			returnTo(back), true, "https://included.katydid-92.accounts.dev/sign-up" + backQuery + "&__clerk_db_jwt=deadbeef",
		},
		{"page of the application", devKey, "http://current.url:3000/", signIn("/sign-in"), returnTo(back), false, "http://current.url:3000/sign-in" + backQuery},
		{"absolute page", devKey, "http://a.com/", signIn("http://signin.url:3001/sign-in"), none, false, "http://signin.url:3001/sign-in"},
		{"line ends make no header", liveKey, "http://a.com/", nil, returnTo("/a\r\nSet-Cookie: x"), false, "https://accounts.example.com/sign-in?redirect_url=http%3A%2F%2Fa.com%2FaSet-Cookie%3A%2520x"},
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
		{"", "", "https://accounts.example.test/sign-in/tasks", "https://accounts.example.test/sign-up/tasks"},
		{"/si", "", "http://a.com/si/tasks", "http://a.com/si/create/tasks"},
		{"/si?x=1", "/su/", "http://a.com/si/tasks?x=1", "http://a.com/su/tasks"},
		{"/si/?x=1#h", "/su//", "http://a.com/si/tasks?x=1#h", "http://a.com/su/tasks"},
		{"https://b.com", "https://b.com/?x=1", "https://b.com/tasks", "https://b.com/tasks?x=1"},
		{"/si/?x=1#h", "", "http://a.com/si/tasks?x=1#h", "http://a.com/si//create/tasks?x=1#h"},
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
		"no key that names the page":  {noPage, nil},
		"return address that is none": {good, []core.RedirectOption{core.ReturnBackURL("https://a b/")}},
		"nil":                         {good, []core.RedirectOption{nil}},
		"two return addresses":        {good, []core.RedirectOption{core.ReturnBackURL("/a"), core.ReturnBackURL("/a")}},
		"an address and none":         {good, []core.RedirectOption{core.ReturnBackURL("/a"), core.NoReturnBackURL}},
		"return address in a script":  {good, []core.RedirectOption{core.ReturnBackURL("java\tscript:alert(1)")}},
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
		{"/a/b/", "?q=1", "/a/b/?q=1"},
		{"/a/b/?old=1", "?q=1", "/a/b/?q=1"},
		{"/a/b/?old=1", "#x", "/a/b/?old=1#x"},
		{"/a/b/?old=1", "page", "/a/b/page"},
		{"/a/b/c", "page", "/a/b/page"},
		{"/a/b/?old=1", "../x", "/a/x"},
		{"/a/b/?old=1", "./", "/a/b/"},
		{"/a/b/?old=1", "..", "/a/"},
		{"/a/b/", "/x", "/x"},
		{"//a/b/", "?q=1", "//a/b/?q=1"},
		{"//a/b/", "x", "//a/b/x"},
		{"/a/%2e%2e/b/c", "d", "/b/d"},
		{long, "?q=1", long + "?q=1"},
		{long, "../../y", long[:len(long)-4] + "y"},
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
