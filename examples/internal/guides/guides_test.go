package guides

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	fiber3 "github.com/gofiber/fiber/v3"
	"github.com/labstack/echo/v4"
	echo5 "github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/echo5clerk"
	"github.com/clerkgo/clerkgo/echoclerk"
	"github.com/clerkgo/clerkgo/fiber3clerk"
	"github.com/clerkgo/clerkgo/fiberclerk"
	"github.com/clerkgo/clerkgo/ginclerk"
	"github.com/clerkgo/clerkgo/httpclerk"
)

func newClerk(t *testing.T) *clerktest.Server {
	t.Helper()
	return clerktest.New(t, clerktest.Config{
		Users: []clerktest.User{{ID: "user_ada", FirstName: "Ada", Email: "ada@example.com"}, {ID: "user_grace"}},
		Organizations: []clerktest.Organization{{ID: "org_acme", Slug: "acme", Members: []clerktest.Member{
			{UserID: "user_ada", Role: "org:admin", Permissions: []string{"org:invoices:read"}},
		}}},
		Templates: []clerktest.Template{{Name: "ledger"}},
	})
}

func engine(middleware ...gin.HandlerFunc) *gin.Engine {
	gin.SetMode(gin.TestMode)
	r := gin.New()
	r.Use(middleware...)
	return r
}

func ask(app http.Handler, method, target, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w
}

// want checks the status and that the body has a text.
func want(t *testing.T, w *httptest.ResponseRecorder, status int, text string) {
	t.Helper()
	if body := w.Body.String(); w.Code != status || !strings.Contains(body, text) {
		t.Errorf("got %d %q, want %d and %q", w.Code, body, status, text)
	}
}

func TestProtect(t *testing.T) {
	t.Parallel()
	clerk := newClerk(t)
	r := engine(ginclerk.Middleware(clerk.Options()))
	protect(r)
	r.GET("/profile", profile)
	r.GET("/forward", ginclerk.Protect(), forward)
	ada, admin := clerk.SessionToken("user_ada"), clerk.SessionToken("user_ada", clerktest.InOrganization("org_acme"))

	want(t, ask(r, "GET", "/dashboard", ""), 404, "")
	want(t, ask(r, "GET", "/dashboard", ada), 200, `"user":"user_ada"`)
	want(t, ask(r, "GET", "/admin/members", ada), 404, "")
	want(t, ask(r, "GET", "/admin/members", admin), 200, `"role":"org:admin"`)
	want(t, ask(r, "GET", "/reports", ada), 404, "")
	want(t, ask(r, "GET", "/reports", admin), 200, "")
	want(t, ask(r, "POST", "/posts/1?owner=user_ada", ada), 200, "saved")
	want(t, ask(r, "POST", "/posts/1?owner=user_grace", ada), 404, "")
	want(t, ask(r, "GET", "/profile", ada), 200, "Ada")
	want(t, ask(r, "GET", "/profile", clerk.SessionToken("user_grace")), 200, "user_grace")
	want(t, ask(r, "GET", "/profile", ""), 200, "nobody")
	want(t, ask(r, "GET", "/forward", ada), 200, "bytes")
}

func TestOrganizations(t *testing.T) {
	t.Parallel()
	clerk := newClerk(t)
	r := engine()
	organizations(r, clerk.Options())
	app := httptest.NewServer(r)
	defer app.Close()

	get := func(browser *http.Client, path string) (status int, body string) {
		t.Helper()
		resp, err := browser.Get(app.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	ada, grace := clerk.Client(t, "user_ada", app.URL), clerk.Client(t, "user_grace", app.URL)
	if status, _ := get(ada, "/invoices"); status != 404 {
		t.Errorf("ada without an active organization: got %d, want 404", status)
	}
	if status, body := get(ada, "/orgs/acme"); status != 200 || !strings.Contains(body, `"organization":"acme"`) {
		t.Errorf("ada: got %d %s", status, body)
	}
	if status, _ := get(ada, "/invoices"); status != 200 {
		t.Errorf("ada, whose organization the page made active: got %d, want 200", status)
	}
	if status, _ := get(grace, "/orgs/acme"); status != 404 {
		t.Errorf("grace, who is no member: got %d, want 404", status)
	}
}

func TestMachines(t *testing.T) {
	t.Parallel()
	clerk := newClerk(t)
	r := engine(ginclerk.Middleware(clerk.Options()))
	machines(r)
	key := clerk.APIKey(clerktest.MachineToken{Subject: "user_ada", Name: "ci", Scopes: []string{"reports:read"}})
	other := clerk.APIKey(clerktest.MachineToken{Subject: "user_ada"})
	want(t, ask(r, "GET", "/api/reports", key), 200, `"for":"user_ada","key":"ci"`)
	want(t, ask(r, "GET", "/api/reports", other), 401, "")
	want(t, ask(r, "GET", "/api/reports", ""), 401, "")
	want(t, ask(r, "GET", "/api/reports", clerk.SessionToken("user_ada")), 401, "")
	want(t, ask(r, "GET", "/api/both", key), 200, "api_key")
	want(t, ask(r, "GET", "/api/both", clerk.SessionToken("user_ada")), 200, "session_token")
}

func TestTenants(t *testing.T) {
	t.Parallel()
	acme := clerktest.New(t, clerktest.Config{FrontendAPI: "acme.clerk.accounts.dev", Users: []clerktest.User{{ID: "user_ada"}}})
	initech := clerktest.New(t, clerktest.Config{FrontendAPI: "initech.clerk.accounts.dev", Users: []clerktest.User{{ID: "user_bob"}}})
	byHost := map[string]core.Options{}
	for host, clerk := range map[string]*clerktest.Server{"acme.test": acme, "initech.test": initech} {
		o := clerk.Options()
		byHost[host] = core.Options{PublishableKey: o.PublishableKey, SecretKey: o.SecretKey, APIURL: o.APIURL, ProxyURL: o.ProxyURL, SignInURL: o.SignInURL}
	}
	r := engine()
	tenants(r, byHost)
	want(t, ask(r, "GET", "http://acme.test/dashboard", acme.SessionToken("user_ada")), 200, "user_ada")
	want(t, ask(r, "GET", "http://initech.test/dashboard", acme.SessionToken("user_ada")), 404, "")
	want(t, ask(r, "GET", "http://other.test/dashboard", acme.SessionToken("user_ada")), 500, "")
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	var saved []string
	receiver := webhook.Must(webhook.Options{Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
	r := engine()
	webhooks(r, receiver, func(id string) error { saved = append(saved, id); return nil })
	send := func(body string, signed bool) *httptest.ResponseRecorder {
		req := httptest.NewRequest(http.MethodPost, "/webhooks/clerk", strings.NewReader(body))
		if signed {
			header, err := receiver.Sign("msg_1", time.Now(), []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = header
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w
	}
	const body = `{"type":"user.created","object":"event","data":{"id":"user_new"}}`
	if w := send(body, false); w.Code < 400 || w.Code > 499 {
		t.Errorf("unsigned: got %d", w.Code)
	}
	if w := send(body, true); w.Code > 299 {
		t.Errorf("signed: got %d %s", w.Code, w.Body)
	}
	if !slices.Equal(saved, []string{"user_new"}) {
		t.Errorf("saved %v", saved)
	}
}

func TestStepUp(t *testing.T) {
	t.Parallel()
	clerk := newClerk(t)
	r := engine(ginclerk.Middleware(clerk.Options()))
	stepUp(r)
	want(t, ask(r, "DELETE", "/projects/1", clerk.SessionToken("user_ada", clerktest.FactorAge(1, -1))), 204, "")
	want(t, ask(r, "DELETE", "/projects/1", clerk.SessionToken("user_ada", clerktest.FactorAge(30, -1))), 403, "reverification")
	want(t, ask(r, "DELETE", "/projects/1", ""), 404, "")
}

func TestOptions(t *testing.T) {
	t.Parallel()
	clerk := newClerk(t)
	for name, change := range map[string]func(core.Options) core.Options{
		"production": inProduction, "direct": reachedDirectly, "frontend api": servesFrontendAPI,
	} {
		if _, err := core.New(change(clerk.Options())); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := clerk.Options()
	o.ProxyURL = ""
	if _, err := core.New(satellite(o)); err != nil {
		t.Errorf("satellite: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	clerk := newClerk(t)
	options := clerk.Options()
	r := engine(ginclerk.Middleware(options))
	refuseGin(r)
	r.GET("/", ginclerk.Protect())
	e := echo.New()
	e.Use(echoclerk.Middleware(options))
	refuseEcho(e)
	e.GET("/", func(echo.Context) error { return nil }, echoclerk.Protect())
	e5 := echo5.New()
	e5.Use(echo5clerk.Middleware(options))
	refuseEcho5(e5)
	e5.GET("/", func(*echo5.Context) error { return nil }, echo5clerk.Protect())
	std := httpclerk.Middleware(options)(refuseHTTP(httpclerk.Protect()(http.NotFoundHandler())))
	for name, app := range map[string]http.Handler{"net/http": std, "gin": r, "echo": e, "echo5": e5} {
		t.Log(name)
		want(t, ask(app, "GET", "/", ""), 404, "This is not for you.")
	}

	apart := engine(ginclerk.Middleware(options))
	refusePagesApart(apart)
	apart.GET("/", ginclerk.Protect(core.AcceptTokens(core.APIKey)))
	want(t, ask(apart, "GET", "/", ""), 401, `{"error":"This is not for you."}`)
	load := httptest.NewRequest(http.MethodGet, "/", nil)
	load.Header.Set("Accept", "text/html")
	load.Header.Set("Authorization", "Bearer "+clerk.SessionToken("user_ada")) // It is no API key.
	page := httptest.NewRecorder()
	apart.ServeHTTP(page, load)
	if got := page.Body.String(); page.Code != 401 || got != "This page is not for you." {
		t.Errorf("a page load: got %d %q", page.Code, got)
	}

	f := fiber.New()
	f.Use(fiberclerk.Middleware(options))
	refuseFiber(f)
	f.Get("/", fiberclerk.Protect(), func(*fiber.Ctx) error { return nil })
	f3 := fiber3.New()
	f3.Use("/*", fiber3clerk.Middleware(options))
	refuseFiber3(f3)
	f3.Get("/", fiber3clerk.Protect(), func(fiber3.Ctx) error { return nil })
	for name, test := range map[string]func(*http.Request) (*http.Response, error){
		"fiber":  func(r *http.Request) (*http.Response, error) { return f.Test(r) },
		"fiber3": func(r *http.Request) (*http.Response, error) { return f3.Test(r) },
	} {
		resp, err := test(httptest.NewRequest(http.MethodGet, "/", nil))
		if err != nil {
			t.Fatal(name, err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusNotFound || string(body) != "This is not for you." {
			t.Errorf("%s: got %d %q, %v", name, resp.StatusCode, body, err)
		}
		resp.Body.Close()
	}
}
