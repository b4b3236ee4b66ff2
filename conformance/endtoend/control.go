// Package endtoend lets a program in another language control instances of clerktest.
package endtoend

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// Control serves the remote control of some instances: POST /<instance>/<command> with a JSON
// object, which answers with a JSON object. Under /<instance>/application/ it serves an application
// of the instance that is made with clerkgo. It is safe for concurrent use. Close it after use.
type Control struct {
	instances    map[string]*clerktest.Server
	applications map[string]http.Handler
}

// start is the time of all instances at first. Their clocks stand still.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// NewControl starts the instances: a development instance for each handshake format, a
// production-shaped one, and one with session tokens of version 1.
func NewControl() (*Control, error) {
	c := &Control{instances: make(map[string]*clerktest.Server), applications: make(map[string]http.Handler)}
	for name, config := range map[string]clerktest.Config{
		"development":            {},
		"development-token":      {HandshakeFormat: clerktest.HandshakeToken},
		"development-version-1":  {TokenVersion: 1},
		"production":             {Production: true},
		"production-token":       {Production: true, HandshakeFormat: clerktest.HandshakeToken},
		"another-with-other-key": {SecondKey: true},
	} {
		config.Clock = clerktest.NewClock(start)
		config.Users = []clerktest.User{
			{ID: "user_ada", Email: "ada@example.com", Password: "correct horse", Plans: []string{"pro"}, Features: []string{"reports"}},
			{ID: "user_bob", Email: "bob@example.com", Password: "battery staple"},
		}
		config.Organizations = []clerktest.Organization{
			{ID: "org_acme", Slug: "acme", Plans: []string{"team"}, Features: []string{"invoices"}, Members: []clerktest.Member{
				{UserID: "user_ada", Role: "org:admin", Permissions: []string{"org:invoices:create"}}, {UserID: "user_bob"},
			}},
			{ID: "org_other", Slug: "other", Members: []clerktest.Member{{UserID: "user_ada"}}},
		}
		server, err := clerktest.NewServer(config)
		if err != nil {
			c.Close()
			return nil, err
		}
		c.instances[name] = server
		if c.applications[name], err = newApplication(server); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// Close stops the instances.
func (c *Control) Close() {
	for _, server := range c.instances {
		server.Close()
	}
}

// command is what a program asks for.
type command struct {
	Seconds int64                  `json:"seconds"`
	Kind    string                 `json:"kind"`
	Token   string                 `json:"token"`
	User    string                 `json:"user"`
	Org     string                 `json:"org"`
	Version int                    `json:"version"`
	Claims  map[string]any         `json:"claims"`
	Machine clerktest.MachineToken `json:"machine"`
}

// ServeHTTP implements [http.Handler].
func (c *Control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{instance}/{command}", func(w http.ResponseWriter, r *http.Request) {
		answer, err := c.do(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("/{instance}/application/", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("instance")
		application := c.applications[name]
		if application == nil {
			http.NotFound(w, r)
			return
		}
		http.StripPrefix("/"+name+"/application", application).ServeHTTP(w, r)
	})
	mux.ServeHTTP(w, r)
}

func (c *Control) do(r *http.Request) (map[string]any, error) {
	s := c.instances[r.PathValue("instance")]
	if s == nil {
		return nil, fmt.Errorf("endtoend: there is no instance %q", r.PathValue("instance"))
	}
	var in command
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("endtoend: %w", err)
	}
	switch name := r.PathValue("command"); name {
	case "describe":
		return map[string]any{
			"url": s.URL(), "publishableKey": s.PublishableKey(), "secretKey": s.SecretKey(), "machineSecretKey": s.MachineSecretKey(), "jwtKey": s.PEM(),
			"signInUrl": s.SignInURL(), "signUpUrl": s.SignUpURL(), "signOutUrl": s.SignOutURL(), "issuer": s.Issuer(), "suffix": s.CookieSuffix(), "now": s.Clock().Now().UnixMilli(),
		}, nil
	case "advance":
		s.Clock().Advance(time.Duration(in.Seconds) * time.Second)
		return map[string]any{"now": s.Clock().Now().UnixMilli()}, nil
	case "mint":
		token, err := mint(s, &in)
		return map[string]any{"token": token}, err
	case "revoke":
		return map[string]any{"revoked": s.RevokeToken(in.Token)}, nil
	case "revoke-sessions":
		for _, session := range s.Sessions(in.User) {
			s.RevokeSession(session.ID)
		}
		return map[string]any{}, nil
	default:
		return nil, fmt.Errorf("endtoend: there is no command %q", name)
	}
}

func mint(s *clerktest.Server, in *command) (string, error) {
	options := []clerktest.TokenOption{}
	for name, value := range in.Claims {
		options = append(options, clerktest.Claim(name, value))
	}
	switch in.Kind {
	case "session":
		if in.Org != "" {
			options = append(options, clerktest.InOrganization(in.Org))
		}
		if in.Version != 0 {
			options = append(options, clerktest.Version(in.Version))
		}
		return s.SessionToken(in.User, options...), nil
	case "template":
		return s.TemplateToken(in.User, "supabase", options...), nil
	case "m2m":
		return s.M2MToken(in.Machine), nil
	case "m2m-jwt":
		return s.M2MJWT(in.Machine, options...), nil
	case "oauth":
		return s.OAuthToken(in.Machine), nil
	case "oauth-jwt":
		return s.OAuthJWT(in.Machine, options...), nil
	case "api-key":
		return s.APIKey(in.Machine), nil
	}
	return "", fmt.Errorf("endtoend: there is no token of kind %q", in.Kind)
}
