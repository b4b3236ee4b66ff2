// Package dashboard is the pages of the emulator: what an instance has, what happens in
// it, and the switches that change it. They are made from what the instance answers to
// its control API, on behalf of the browser that asks.
package dashboard

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/clerkgo/clerkgo/emulator/internal/control"
)

//go:embed templates static
var files embed.FS

// Pages serves the dashboard.
type Pages struct {
	instance  http.Handler
	mux       *http.ServeMux
	patterns  []string
	templates map[string]*template.Template
}

// New makes the pages of an instance.
func New(instance http.Handler) *Pages {
	p := &Pages{instance: instance, mux: http.NewServeMux(), templates: map[string]*template.Template{}}
	static, err := fs.Sub(files, "static")
	if err != nil {
		panic(err) // The folder is compiled in.
	}
	p.handle("GET /_dashboard/", http.StripPrefix("/_dashboard/", http.FileServerFS(static)))
	names := []string{"error", "signedin"} //nolint:prealloc // A handful.
	for _, pg := range pages() {
		names = append(names, pg.template)
		p.handle("GET "+pg.path, p.show(pg))
	}
	for _, name := range names {
		p.templates[name] = template.Must(template.Must(template.New("layout.html").Funcs(functions).
			ParseFS(files, "templates/layout.html", "templates/parts.html")).ParseFS(files, "templates/"+name+".html"))
	}
	for _, a := range actions() {
		p.handle("POST "+a.path, p.act(a))
	}
	p.handle("POST /tokens", http.HandlerFunc(p.postTokens))
	p.handle("POST /sign-in-as", http.HandlerFunc(p.signInAs))
	return p
}

func (p *Pages) handle(pattern string, h http.Handler) {
	p.patterns = append(p.patterns, pattern)
	p.mux.Handle(pattern, h)
}

// Patterns returns what the pages serve, as [http.ServeMux] spells it.
func (p *Pages) Patterns() []string { return p.patterns }

// ServeHTTP implements [http.Handler].
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "same-origin")
	p.mux.ServeHTTP(w, r)
}

// page is one page: where it is, what it is called, and what it shows.
type page struct {
	path, template, title, section string
	load                           func(*visit) (doc, error)
}

// doc is a JSON object, and what a template is given.
type doc = map[string]any

// visit is one request for a page.
type visit struct {
	*http.Request
	api control.Caller
}

func (p *Pages) visit(r *http.Request) *visit {
	return &visit{r, control.Caller{Instance: p.instance, From: r}}
}

// get reads a resource or a page of a list.
func (v *visit) get(path string) (doc, error) {
	out := doc{}
	return out, v.api.Do(v.Context(), http.MethodGet, path, nil, &out)
}

// list reads a bare list.
func (v *visit) list(path string) ([]any, error) {
	var out []any
	return out, v.api.Do(v.Context(), http.MethodGet, path, nil, &out)
}

// optional reads a list that an instance may not have; it is nil then.
func (v *visit) optional(path string) (doc, error) {
	out, err := v.get(path)
	if r := control.AsRefusal(err); r != nil && (r.Status == http.StatusNotFound || r.Status == http.StatusNotImplemented) {
		return nil, nil //nolint:nilnil // Nothing is an answer here.
	}
	return out, err
}

func id(r *http.Request) string { return url.PathEscape(r.PathValue("id")) }

// problem is what a form's refusal shows.
type problem struct{ Message, Param string }

func (p *Pages) show(pg page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.render(w, p.visit(r), pg, http.StatusOK, nil) })
}

// render writes a page. A problem is that of a form on it that was just sent.
func (p *Pages) render(w http.ResponseWriter, v *visit, pg page, status int, wrong *problem) {
	data, err := pg.load(v)
	if err == nil {
		var clock doc
		if clock, err = v.get("/clock"); err == nil {
			data["Clock"] = clock
		}
	}
	if err != nil {
		p.fail(w, v, err)
		return
	}
	data["Title"], data["Section"], data["Problem"], data["Nav"] = pg.title, pg.section, wrong, sections
	data["Form"], data["Query"], data["Path"] = v.PostForm, v.URL.Query(), v.URL.Path
	data["Done"] = doneMessages[v.URL.Query().Get("done")]
	if title, _ := data["Heading"].(string); title != "" {
		data["Title"] = title
	}
	p.write(w, v, pg.template, status, data)
}

func (p *Pages) write(w http.ResponseWriter, v *visit, name string, status int, data doc) {
	var out bytes.Buffer
	if err := p.templates[name].Execute(&out, data); err != nil {
		http.Error(w, "The page could not be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256(out.Bytes())
	etag := `"` + hex.EncodeToString(sum[:12]) + `"`
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache") // Asked for again each time: open pages ask whether something is new.
	w.Header().Set("ETag", etag)
	if status == http.StatusOK && v.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // A caller who went away has no use for the error.
}

// fail shows what went wrong instead of a page.
func (p *Pages) fail(w http.ResponseWriter, v *visit, err error) {
	status, message := http.StatusInternalServerError, err.Error()
	if r := control.AsRefusal(err); r != nil {
		status, message = r.Status, r.Message
	}
	p.write(w, v, "error", status, doc{"Title": http.StatusText(status), "Message": message, "Nav": sections, "Section": "", "Done": "", "Path": v.URL.Path})
}

// signInAs signs the browser in and sends it on. It is an answer of its own instead of
// a redirect: policies for forms hold for redirects, too, and applications are anywhere.
func (p *Pages) signInAs(w http.ResponseWriter, r *http.Request) {
	v := p.visit(r)
	if err := r.ParseForm(); err != nil {
		p.fail(w, v, err)
		return
	}
	answer, err := v.api.Send(r.Context(), http.MethodPost, "/sign-in", "application/x-www-form-urlencoded", []byte(r.PostForm.Encode()))
	if err != nil {
		p.fail(w, v, err)
		return
	}
	for _, c := range answer.Header()["Set-Cookie"] {
		w.Header().Add("Set-Cookie", c)
	}
	to := answer.Header().Get("Location")
	w.Header().Set("Refresh", "0;url="+to)
	p.write(w, v, "signedin", http.StatusOK, doc{"Title": "Signed in", "To": to, "Nav": sections, "Section": "users", "Done": "", "Path": r.URL.Path})
}

// act follows a form.
func (p *Pages) act(a action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := p.visit(r)
		r.Body = http.MaxBytesReader(w, r.Body, 8<<20)
		if err := r.ParseForm(); err != nil {
			p.fail(w, v, err)
			return
		}
		answer, err := a.follow(v)
		refused := control.AsRefusal(err)
		switch {
		case err == nil:
		case refused != nil && refused.Code == "control_forbidden", refused == nil && !isForm(err):
			p.fail(w, v, err)
			return
		default:
			wrong := &problem{Message: err.Error()}
			if refused != nil {
				wrong.Param = refused.Param
			}
			pg := pageAt(a.on)
			p.render(w, v, pg, http.StatusUnprocessableEntity, wrong)
			return
		}
		to := a.to
		for name, value := range map[string]string{"{id}": r.PathValue("id"), "{other}": r.PathValue("other"), "{new}": text(answer, "id")} {
			to = strings.ReplaceAll(to, name, url.PathEscape(value))
		}
		if a.done != "" {
			to += "?done=" + a.done
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	})
}

func text(d doc, name string) string { s, _ := d[name].(string); return s }
