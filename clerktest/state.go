package clerktest

import (
	"bytes"
	"compress/gzip"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// stateVersion is the version of the form in which [savedState] is written. A form
// that older versions would misread gets a new number.
const stateVersion = 1

// savedState is what an instance is, as a file holds it: whoever was signed in is so
// again, with the same tokens.
type savedState struct {
	Version     int               `json:"version"`
	InstanceID  string            `json:"instance_id"`
	Store       store.Snapshot    `json:"store"`
	Keys        []savedKey        `json:"keys"` // The last one that is current signs.
	Frozen      time.Time         `json:"clock_frozen_at,omitzero"`
	Offset      time.Duration     `json:"clock_offset,omitzero"`
	DevBrowsers map[string]string `json:"dev_browsers"`
}

type savedKey struct {
	Kid       string `json:"kid"`
	Key       []byte `json:"key"` // PKCS #8.
	Published bool   `json:"published"`
	Current   bool   `json:"current"`
}

// newState makes an empty store for the instance.
func (s *Server) newState() *store.Instance {
	in := store.New(s.instanceID, s.frontendAPI, s.clock.Now)
	in.URL, in.Production = s.url, s.production
	in.RedirectsTo = func(raw string) bool { _, err := s.checkRedirect(raw); return err == nil }
	in.SignM2M = func(c *store.Credential) string {
		return s.signM2M(MachineToken{ID: c.ID, Subject: c.Subject, Scopes: c.Scopes, Claims: c.Claims, Lifetime: time.Duration(c.ExpiresAt-in.Now()) * time.Millisecond}, &tokenSpec{})
	}
	return in
}

// begin puts the instance at its start: what its config and the seeds that it was told
// to keep say, and nobody signed in. The caller holds s.mu.
func (s *Server) begin() error {
	s.state = s.newState()
	auth, err := s.config.Settings.auth()
	if err != nil {
		return err
	}
	s.state.Authentication.One().Auth = auth
	s.devBrowsers, s.nonces = map[string]string{}, map[string]nonce{}
	s.transfers = map[string]string{}
	for _, u := range s.config.Users {
		s.putUser(u)
	}
	for _, o := range s.config.Organizations {
		s.putOrganization(o)
	}
	if err := s.checkActive(); err != nil {
		return err
	}
	for _, t := range s.config.Templates {
		s.putTemplate(t)
	}
	for _, seed := range s.seeds {
		if err := seedAgain(s.state, seed); err != nil {
			return err
		}
	}
	for _, w := range s.config.Webhooks {
		if _, _, err := s.addWebhook(w); err != nil {
			return fmt.Errorf("clerktest: Config.Webhooks: %w", err)
		}
	}
	s.hooks.Clear()
	s.state.Notify = s.notify
	return nil
}

// Reset puts the instance back to its start: the users, organizations and templates of
// its Config, nobody signed in, no faults, an empty request log, no events, the clock running.
// Keys stay as they are.
func (s *Server) Reset() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reset()
}

func (s *Server) reset() error {
	s.log, s.faults = nil, nil
	s.clock.Set(time.Time{})
	return s.begin()
}

// seed makes what a document lists: now, after resets ("only"), or both ("true").
func (s *Server) seed(text []byte, keep string) error {
	var kept bytes.Buffer // Made first: the text itself need not stay while its rows come.
	if keep == "only" || keep == "true" {
		w, err := gzip.NewWriterLevel(&kept, gzip.BestSpeed)
		if err == nil {
			_, err = w.Write(text)
			err = errors.Join(err, w.Close())
		}
		if err != nil {
			return fmt.Errorf("clerktest: keep a seed: %w", err)
		}
	}
	doc, err := store.SeedDoc(text)
	if err != nil {
		return errNoSeed
	}
	in := s.state
	if keep == "only" { // It is tried on an instance of its own.
		in = s.newState()
	}
	if err := in.Seed(doc); err != nil {
		return err
	}
	if keep == "only" || keep == "true" {
		s.seeds = append(s.seeds, kept.Bytes())
	}
	return nil
}

// errNoSeed says that a text is no JSON object.
var errNoSeed = errors.New("clerktest: the seed is no JSON object")

// seedAgain makes a seed that was kept.
func seedAgain(in *store.Instance, kept []byte) error {
	r, err := gzip.NewReader(bytes.NewReader(kept))
	if err != nil {
		return fmt.Errorf("clerktest: read a seed again: %w", err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("clerktest: read a seed again: %w", err)
	}
	doc, err := store.SeedDoc(text)
	if err != nil {
		return errNoSeed
	}
	return in.Seed(doc)
}

// export returns the instance's state. The caller holds s.mu.
func (s *Server) export() (*savedState, error) {
	rows, err := s.state.Save()
	if err != nil {
		return nil, err
	}
	st := &savedState{Version: stateVersion, InstanceID: s.instanceID, Store: rows, DevBrowsers: maps.Clone(s.devBrowsers)}
	for _, k := range s.everKeys {
		der, err := x509.MarshalPKCS8PrivateKey(k.key)
		if err != nil {
			return nil, fmt.Errorf("clerktest: save key %s: %w", k.kid, err)
		}
		published := false
		for _, p := range s.keys {
			published = published || p.kid == k.kid
		}
		st.Keys = append(st.Keys, savedKey{k.kid, der, published, k.kid == s.signer.kid})
	}
	st.Frozen, st.Offset = s.clock.setting()
	return st, nil
}

// restore replaces the instance's state. Nothing changes if there is an error. The
// caller holds s.mu.
func (s *Server) restore(raw []byte) error {
	var st savedState
	if err := json.Unmarshal(raw, &st); err != nil {
		return fmt.Errorf("clerktest: the state cannot be read: %w", err)
	}
	switch {
	case st.Version != stateVersion:
		return fmt.Errorf("clerktest: the state is of version %d, this version reads %d", st.Version, stateVersion)
	case st.InstanceID != s.instanceID:
		return fmt.Errorf("clerktest: the state is that of another instance, %s: start with the same production and Frontend API settings", st.InstanceID)
	}
	keys := make([]signingKey, 0, len(st.Keys))
	for _, k := range st.Keys {
		parsed, err := x509.ParsePKCS8PrivateKey(k.Key)
		key, is := parsed.(*rsa.PrivateKey)
		if err != nil || !is {
			return fmt.Errorf("clerktest: the state's key %s is no RSA key", k.Kid)
		}
		keys = append(keys, signingKey{k.Kid, key})
	}
	if err := s.state.Load(st.Store); err != nil {
		return err
	}
	s.hooks.Clear()
	s.everKeys, s.keys = keys, nil
	for i, k := range st.Keys {
		if k.Published {
			s.keys = append(s.keys, keys[i])
		}
		if k.Current {
			s.signer = keys[i]
		}
	}
	s.clock.restore(st.Frozen, st.Offset)
	s.nonces, s.transfers = map[string]nonce{}, map[string]string{}
	s.devBrowsers = st.DevBrowsers
	if s.devBrowsers == nil {
		s.devBrowsers = map[string]string{}
	}
	return nil
}
