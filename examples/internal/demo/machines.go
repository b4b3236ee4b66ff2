package demo

import (
	"net/http"
	"slices"
	"strings"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/apikey"
)

// scopes are those that a key can have.
var scopes = []scope{{"reports:read", "read the reports"}, {"reports:write", "add to them"}}

type scope struct{ Name, Means string }

// machines is what /machines shows.
type machines struct {
	Keys   []*clerk.APIKey
	Scopes []scope
	Made   *clerk.APIKeyWithSecret // shown once
	URL    string
}

// Machines lists the user's API keys.
func (s *Site) Machines(v Visit) Answer {
	list, err := keysOf(v).List(v.Context, &apikey.ListParams{Subject: &v.Auth.UserID})
	if err != nil {
		return s.failed(v, err)
	}
	keys := slices.DeleteFunc(list.APIKeys, func(k *clerk.APIKey) bool { return k.Revoked })
	return s.page(v, "machines", "Machines", machines{Keys: keys, Scopes: scopes, URL: s.url + "/api/reports"})
}

func keysOf(v Visit) *apikey.Client { return apikey.NewClient(v.Client.Config()) }

// MakeKey makes an API key and shows its secret, once.
func (s *Site) MakeKey(v Visit) Answer {
	name := strings.TrimSpace(strings.Clone(v.Value("name")))
	if name == "" || len(name) > 60 {
		return s.Machines(v).refused(http.StatusUnprocessableEntity, "A key needs a name of at most 60 bytes, such as “nightly report”.")
	}
	params := &apikey.CreateParams{Name: &name, Subject: &v.Auth.UserID}
	for _, one := range scopes {
		if v.Value(one.Name) != "" {
			params.Scopes = append(params.Scopes, one.Name)
		}
	}
	made, err := keysOf(v).Create(v.Context, params)
	if err != nil {
		return s.failed(v, err)
	}
	a := s.Machines(v)
	if data, ok := a.Page.Data.(machines); ok {
		data.Made = made
		a.Page.Data = data
	}
	return a
}

// RevokeKey ends a key of the user's own.
func (s *Site) RevokeKey(v Visit) Answer {
	id := strings.Clone(v.Value("key_id"))
	key, err := keysOf(v).Get(v.Context, id)
	if err != nil || key.Subject != v.Auth.UserID {
		return s.Machines(v).refused(http.StatusNotFound, "You have no such key.")
	}
	if _, err := keysOf(v).Revoke(v.Context, id, &apikey.RevokeParams{RevocationReason: new("revoked in the tour")}); err != nil {
		return s.failed(v, err)
	}
	return redirect("/machines?done=key-revoked")
}
