package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest"
)

// environment is what applications need to know of a running instance.
type environment struct {
	server      *clerktest.Server
	https       bool
	files       bool // Clerk's scripts are there.
	assets      string
	certificate *ownCertificate
}

// variable is one line of an environment.
type variable struct{ name, value string }

// framework is what one kind of application needs.
type framework struct {
	id, title string
	lines     []variable
}

func (e environment) frameworks() []framework {
	s := e.server
	keys := []variable{{"CLERK_PUBLISHABLE_KEY", s.PublishableKey()}, {"CLERK_SECRET_KEY", s.SecretKey()}, {"CLERK_API_URL", s.URL()}}
	pages := []variable{{"CLERK_PROXY_URL", s.URL()}, {"CLERK_SIGN_IN_URL", s.SignInURL()}, {"CLERK_SIGN_UP_URL", s.SignUpURL()}}
	server := append(append([]variable{}, keys...), pages...)
	next := []variable{
		{"NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", s.PublishableKey()},
		{"CLERK_SECRET_KEY", s.SecretKey()},
		{"CLERK_API_URL", s.URL()},
		{"NEXT_PUBLIC_CLERK_PROXY_URL", s.URL()},
		{"NEXT_PUBLIC_CLERK_SIGN_IN_URL", s.SignInURL()},
		{"NEXT_PUBLIC_CLERK_SIGN_UP_URL", s.SignUpURL()},
	}
	vite := []variable{{"VITE_CLERK_PUBLISHABLE_KEY", s.PublishableKey()}, {"VITE_CLERK_PROXY_URL", s.URL()}} //nolint:prealloc // A handful.
	for _, x := range scripts {                                                                               // Clerk's packages ask for https:// otherwise, whatever the proxy URL says.
		name := "CLERK_" + strings.ToUpper(strings.TrimPrefix(x.name, "clerk-")) + "_URL"
		next = append(next, variable{"NEXT_PUBLIC_" + name, s.URL() + x.path()})
		vite = append(vite, variable{"VITE_" + name, s.URL() + x.path()})
	}
	next = append(next, variable{"NEXT_PUBLIC_CLERK_TELEMETRY_DISABLED", "1"})
	if e.certificate != nil && e.certificate.file != "" {
		if goReadsFile(runtime.GOOS) {
			server = append(server, variable{"SSL_CERT_FILE", e.certificate.file})
		}
		next = append(next, variable{"NODE_EXTRA_CA_CERTS", e.certificate.file})
	}
	node := append(append([]variable{}, keys...), pages...)
	if e.certificate != nil && e.certificate.file != "" {
		node = append(node, variable{"NODE_EXTRA_CA_CERTS", e.certificate.file})
	}
	return []framework{
		{"go", "Go (clerkgo)", server},
		{"nextjs", "Next.js (.env.local)", next},
		{"express", "Express and other servers of Node", node},
		{"vite", "React with Vite: give ClerkProvider proxyUrl={import.meta.env.VITE_CLERK_PROXY_URL}, and the same way __internal_clerkJSUrl and __internal_clerkUIUrl", vite},
	}
}

// goReadsFile reports whether Go programs of a system trust the file that SSL_CERT_FILE names.
func goReadsFile(system string) bool { return system != "darwin" && system != "windows" }

// print says how to use the instance, with lines to paste.
func (e environment) print(out io.Writer) {
	fmt.Fprintf(out, "Clerk emulator\n\n  Dashboard  %s\n  Sign-in    %s\n", e.server.URL(), e.server.SignInURL())
	for _, f := range e.frameworks() {
		fmt.Fprintf(out, "\n# %s\n", f.title)
		for _, v := range f.lines {
			fmt.Fprintf(out, "%s=%s\n", v.name, v.value)
		}
	}
	fmt.Fprintln(out)
	if !e.files {
		fmt.Fprintf(out, "Clerk's scripts for browsers are not in %s. To have clerk-js and its components served, once:\n  go run github.com/clerkgo/clerkgo/emulator@latest assets\n", e.assets)
		fmt.Fprintln(out, "Go applications do not need them.")
	}
	if e.certificate != nil && e.certificate.file != "" {
		fmt.Fprintf(out, "Browsers have to trust %s, or be told at the first visit.\n", e.certificate.file)
		if !goReadsFile(runtime.GOOS) {
			fmt.Fprintln(out, "So have Go programs: here they trust what the system's store of certificates has, and no file.")
		}
	}
}

// printJSON says the same to scripts, in one line, when the instance is ready.
func (e environment) printJSON(out io.Writer) error {
	env := map[string]map[string]string{}
	for _, f := range e.frameworks() {
		env[f.id] = map[string]string{}
		for _, v := range f.lines {
			env[f.id][v.name] = v.value
		}
	}
	return json.NewEncoder(out).Encode(map[string]any{
		"url": e.server.URL(), "publishable_key": e.server.PublishableKey(), "secret_key": e.server.SecretKey(),
		"machine_secret_key": e.server.MachineSecretKey(), "sign_in_url": e.server.SignInURL(), "sign_up_url": e.server.SignUpURL(),
		"sign_in_code": clerktest.SignInCode, "scripts": e.files, "environment": env,
	})
}
