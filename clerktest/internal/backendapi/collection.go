// Package backendapi serves the Backend API: what an application's server may
// ask of an instance. Most endpoints are made from the descriptions of package
// store; each family's file lists them, and has those that do more.
package backendapi

import (
	"net/http"
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Serve answers one call, with the instance locked. A nil answer is an empty one.
type Serve func(*store.Instance, *wire.Call) (any, error)

// Endpoint is a route and what serves it.
type Endpoint struct {
	Pattern string // As net/http has them: "GET /v1/organization_roles/{id}".
	Serve   Serve
}

// Endpoints returns all endpoints of the Backend API.
func Endpoints() []Endpoint {
	return slices.Concat(users(), organizations(), organizationRoles(), settings())
}

// collection is a table at a path.
type collection struct {
	path  string // "/v1/organization_roles"
	table func(*store.Instance) *store.Table
	// scope, if not nil, finds what the path's own parameters name, and narrows the
	// collection to that.
	scope func(*store.Instance, *wire.Call) (scope, error)
}

// scope is the part of a table that a path is about.
type scope struct {
	rows   []store.Row            // All of it, nil for the whole table.
	preset func(store.Row)        // Makes a new row belong to it.
	find   func(string) store.Row // Finds the row that the path names, if not by its id.
}

// operation makes one endpoint of a collection.
type operation func(collection) Endpoint

// serve returns the endpoints of the operations.
func (c collection) serve(operations ...operation) []Endpoint {
	list := make([]Endpoint, 0, len(operations))
	for _, op := range operations {
		list = append(list, op(c))
	}
	return list
}

func (c collection) scoped(in *store.Instance, call *wire.Call) (scope, error) {
	if c.scope == nil {
		return scope{}, nil
	}
	return c.scope(in, call)
}

// row finds the row that the path names.
func (c collection) row(in *store.Instance, call *wire.Call) (*store.Table, store.Row, error) {
	t := c.table(in)
	s, err := c.scoped(in, call)
	if err != nil {
		return nil, nil, err
	}
	find := s.find
	if find == nil {
		find = t.Get
	}
	row := find(call.Param("id"))
	if row == nil || (s.find == nil && s.rows != nil && !slices.Contains(s.rows, row)) {
		return nil, nil, wire.NotFound(t.Title)
	}
	return t, row, nil
}

func (c collection) list(shown func(*wire.Call, []any, int) any) Endpoint {
	return Endpoint{"GET " + c.path, func(in *store.Instance, call *wire.Call) (any, error) {
		t := c.table(in)
		s, err := c.scoped(in, call)
		if err != nil {
			return nil, err
		}
		found, err := t.Among(s.rows, call.Query)
		if err != nil {
			return nil, err
		}
		docs := make([]any, 0, len(found.Rows))
		for _, row := range found.Rows {
			docs = append(docs, t.Show(row, store.Backend))
		}
		return shown(call, docs, found.Total), nil
	}}
}

// listed is a page of some rows of a table.
func listed(t *store.Table, rows []store.Row, call *wire.Call) (any, error) {
	found, err := t.Among(rows, call.Query)
	if err != nil {
		return nil, err
	}
	docs := make([]any, 0, len(found.Rows))
	for _, row := range found.Rows {
		docs = append(docs, t.Show(row, store.Backend))
	}
	return page(docs, found.Total), nil
}

func page(docs []any, total int) wire.Doc { return wire.Doc{"data": docs, "total_count": total} }

// pages lists a collection, with the count of all.
func pages(c collection) Endpoint {
	return c.list(func(_ *wire.Call, docs []any, total int) any { return page(docs, total) })
}

// lists lists a collection as a bare list, and with the count of all for paginated=true.
func lists(c collection) Endpoint {
	return c.list(func(call *wire.Call, docs []any, total int) any {
		if call.Query.Get("paginated") == "true" {
			return page(docs, total)
		}
		return docs
	})
}

// bare lists a collection as a bare list, whatever is asked.
func bare(c collection) Endpoint {
	return c.list(func(_ *wire.Call, docs []any, _ int) any { return docs })
}

// counts counts what the same query would list.
func counts(c collection) Endpoint {
	return Endpoint{"GET " + c.path + "/count", func(in *store.Instance, call *wire.Call) (any, error) {
		found, err := c.table(in).List(call.Query)
		if err != nil {
			return nil, err
		}
		return wire.Doc{"object": "total_count", "total_count": found.Total}, nil
	}}
}

// mergesMetadata merges documents into a row's, deeply; null deletes a key.
func mergesMetadata(c collection) Endpoint { return c.metadata("PATCH", false) }

// replacesMetadata replaces the documents that are given.
func replacesMetadata(c collection) Endpoint { return c.metadata("PUT", true) }

func (c collection) metadata(method string, replace bool) Endpoint {
	return c.on(method, "/metadata", func(t *store.Table, row store.Row, call *wire.Call) error {
		given, err := call.Fields()
		if err != nil {
			return err
		}
		return t.SetMetadata(row, given, replace)
	})
}

func creates(c collection) Endpoint {
	return Endpoint{"POST " + c.path, func(in *store.Instance, call *wire.Call) (any, error) {
		given, err := call.Fields()
		if err != nil {
			return nil, err
		}
		return c.create(in, call, given)
	}}
}

// createsMany makes a row of each object of a list: of all, or of none.
func createsMany(c collection) Endpoint {
	return Endpoint{"POST " + c.path + "/bulk", func(in *store.Instance, call *wire.Call) (any, error) {
		list, is := call.Body.([]any)
		if !is {
			return nil, &wire.Error{Status: http.StatusBadRequest, Code: "request_body_invalid", Message: "The request body must be a JSON list."}
		}
		docs := make([]any, 0, len(list))
		for _, one := range list {
			given, _ := one.(wire.Doc)
			doc, err := c.create(in, call, given)
			if err != nil {
				for _, made := range docs {
					t := c.table(in)
					t.Remove(t.Get(made.(wire.Doc)["id"].(string))) //nolint:errcheck,forcetypeassert // As Show made them.
				}
				return nil, err
			}
			docs = append(docs, doc)
		}
		return docs, nil
	}}
}

func (c collection) create(in *store.Instance, call *wire.Call, given wire.Doc) (wire.Doc, error) {
	s, err := c.scoped(in, call)
	if err != nil {
		return nil, err
	}
	t := c.table(in)
	row, err := t.Make(store.Backend, given, s.preset)
	if err != nil {
		return nil, err
	}
	return t.Show(row, store.Backend), nil
}

func gets(c collection) Endpoint { return c.on("GET", "", nil) }

func updates(c collection) Endpoint {
	return c.on("PATCH", "", func(t *store.Table, row store.Row, call *wire.Call) error {
		given, err := call.Fields()
		if err != nil {
			return err
		}
		return t.Change(store.Backend, row, given)
	})
}

func deletes(c collection) Endpoint {
	return Endpoint{"DELETE " + c.path + "/{id}", func(in *store.Instance, call *wire.Call) (any, error) {
		t, row, err := c.row(in, call)
		if err != nil {
			return nil, err
		}
		return t.Delete(row), nil
	}}
}

// on is an endpoint of one row, which it answers with after act has run.
func (c collection) on(method, suffix string, act func(*store.Table, store.Row, *wire.Call) error) Endpoint {
	return Endpoint{method + " " + c.path + "/{id}" + suffix, func(in *store.Instance, call *wire.Call) (any, error) {
		t, row, err := c.row(in, call)
		if err != nil {
			return nil, err
		}
		if act != nil {
			if err := act(t, row, call); err != nil {
				return nil, err
			}
		}
		return t.Show(row, store.Backend), nil
	}}
}
