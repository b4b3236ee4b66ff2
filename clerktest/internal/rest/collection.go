// Package rest makes endpoints from the descriptions of package store: what lists,
// makes, shows, changes and deletes rows is the same for every resource and for
// both APIs.
package rest

import (
	"net/http"
	"net/url"
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
	// Machine endpoints of the Backend API take the key of a machine too.
	Machine bool
	// Open endpoints of the Frontend API may be called by who is not signed in.
	Open bool
	// Bare answers of the Frontend API come without an envelope.
	Bare bool
}

// Collection is a table at a path.
type Collection struct {
	Path  string // "/v1/organization_roles"
	Table func(*store.Instance) *store.Table
	View  store.View
	// Scope, if not nil, finds what the path's own parameters name, and narrows the
	// collection to that.
	Scope func(*store.Instance, *wire.Call) (Scope, error)
	// Same names the unique field by which making what is there already finds that.
	Same string
	// Key of a page's rows, where it is not data; Machine as in [Endpoint].
	Key     string
	Machine bool
}

// Scope is the part of a table that a path is about.
type Scope struct {
	Rows   []store.Row            // All of it, nil for the whole table.
	Preset func(store.Row)        // Makes a new row belong to it.
	Find   func(string) store.Row // Finds the row that the path names, if not by its id.
}

// Operation makes one endpoint of a collection.
type Operation func(Collection) Endpoint

// Serve returns the endpoints of the operations.
func (c Collection) Serve(operations ...Operation) []Endpoint {
	list := make([]Endpoint, 0, len(operations))
	for _, op := range operations {
		list = append(list, op(c))
	}
	return list
}

func (c Collection) scoped(in *store.Instance, call *wire.Call) (Scope, error) {
	if c.Scope == nil {
		return Scope{}, nil
	}
	return c.Scope(in, call)
}

// Row finds the row that the path names.
func (c Collection) Row(in *store.Instance, call *wire.Call) (*store.Table, store.Row, error) {
	t := c.Table(in)
	s, err := c.scoped(in, call)
	if err != nil {
		return nil, nil, err
	}
	find := s.Find
	if find == nil {
		find = t.Get
	}
	row := find(call.Param("id"))
	if row == nil || (s.Find == nil && s.Rows != nil && !slices.Contains(s.Rows, row)) {
		return nil, nil, wire.NotFound(t.Title)
	}
	return t, row, nil
}

func (c Collection) list(find func(*store.Table, []store.Row, url.Values) (store.List, error), shown func(*wire.Call, []any, int) any) Endpoint {
	return Endpoint{Pattern: "GET " + c.Path, Machine: c.Machine, Serve: func(in *store.Instance, call *wire.Call) (any, error) {
		t := c.Table(in)
		s, err := c.scoped(in, call)
		if err != nil {
			return nil, err
		}
		found, err := find(t, s.Rows, call.Query)
		if err != nil {
			return nil, err
		}
		docs := make([]any, 0, len(found.Rows))
		for _, row := range found.Rows {
			docs = append(docs, t.Show(row, c.View))
		}
		return shown(call, docs, found.Total), nil
	}}
}

// Listed is a page of some rows of a table.
func Listed(t *store.Table, rows []store.Row, view store.View, call *wire.Call) (any, error) {
	found, err := t.Among(rows, call.Query)
	if err != nil {
		return nil, err
	}
	docs := make([]any, 0, len(found.Rows))
	for _, row := range found.Rows {
		docs = append(docs, t.Show(row, view))
	}
	return page(docs, found.Total), nil
}

func page(docs []any, total int) wire.Doc { return wire.Doc{"data": docs, "total_count": total} }

// Pages lists a collection, with the count of all.
func Pages(c Collection) Endpoint {
	return c.list((*store.Table).Among, func(_ *wire.Call, docs []any, total int) any {
		if c.Key != "" {
			return wire.Doc{c.Key: docs, "total_count": total}
		}
		return page(docs, total)
	})
}

// Lists lists a collection as a bare list, and with the count of all for paginated=true.
func Lists(c Collection) Endpoint {
	return c.list((*store.Table).Among, func(call *wire.Call, docs []any, total int) any {
		if call.Query.Get("paginated") == "true" {
			return page(docs, total)
		}
		return docs
	})
}

// Bare lists a collection as a bare list, whatever is asked.
func Bare(c Collection) Endpoint {
	return c.list(func(t *store.Table, _ []store.Row, query url.Values) (store.List, error) { return t.Page(query) }, func(_ *wire.Call, docs []any, _ int) any { return docs })
}

// Counts counts what the same query would list.
func Counts(c Collection) Endpoint {
	return Endpoint{Pattern: "GET " + c.Path + "/count", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
		found, err := c.Table(in).List(call.Query)
		if err != nil {
			return nil, err
		}
		return wire.Doc{"object": "total_count", "total_count": found.Total}, nil
	}}
}

// MergesMetadata merges documents into a row's, deeply; null deletes a key.
func MergesMetadata(c Collection) Endpoint { return c.metadata("PATCH", false) }

// ReplacesMetadata replaces the documents that are given.
func ReplacesMetadata(c Collection) Endpoint { return c.metadata("PUT", true) }

func (c Collection) metadata(method string, replace bool) Endpoint {
	return c.On(method, "/metadata", func(t *store.Table, row store.Row, call *wire.Call) error {
		given, err := call.Fields()
		if err != nil {
			return err
		}
		return t.SetMetadata(row, given, replace)
	})
}

// Creates makes a row.
func Creates(c Collection) Endpoint {
	return Endpoint{Pattern: "POST " + c.Path, Serve: func(in *store.Instance, call *wire.Call) (any, error) {
		given, err := call.Fields()
		if err != nil {
			return nil, err
		}
		return c.create(in, call, given)
	}}
}

// CreatesMany makes a row of each object of a list: of all, or of none.
func CreatesMany(c Collection) Endpoint {
	return Endpoint{Pattern: "POST " + c.Path + "/bulk", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
		list, is := call.Body.([]any)
		if !is {
			return nil, &wire.Error{Status: http.StatusBadRequest, Code: "request_body_invalid", Message: "The request body must be a JSON list."}
		}
		return Together(in, c.Table(in), list, func(one any) (wire.Doc, error) {
			given, _ := one.(wire.Doc)
			return c.create(in, call, given)
		})
	}}
}

// Together makes a row of a table of each item of a list: of all, or of none.
func Together[T any](in *store.Instance, t *store.Table, list []T, create func(T) (wire.Doc, error)) (any, error) {
	docs := make([]any, 0, len(list))
	err := in.Together(func() error {
		for _, one := range list {
			doc, err := create(one)
			if err != nil {
				for _, made := range docs {
					t.Remove(t.Get(made.(wire.Doc)["id"].(string))) //nolint:errcheck,forcetypeassert // As Show made them.
				}
				return err
			}
			docs = append(docs, doc)
		}
		return nil
	})
	return docs, err
}

func (c Collection) create(in *store.Instance, call *wire.Call, given wire.Doc) (wire.Doc, error) {
	s, err := c.scoped(in, call)
	if err != nil {
		return nil, err
	}
	t := c.Table(in)
	if text, is := given[c.Same].(string); is && c.Same != "" {
		if row := t.By(c.Same, text); row != nil {
			return t.Show(row, c.View), nil
		}
	}
	row, err := t.Make(c.View, given, s.Preset)
	if err != nil {
		return nil, err
	}
	return t.Reveal(row, c.View), nil
}

// Gets shows a row.
func Gets(c Collection) Endpoint { return c.On("GET", "", nil) }

// Updates changes a row.
func Updates(c Collection) Endpoint {
	return c.On("PATCH", "", func(t *store.Table, row store.Row, call *wire.Call) error {
		given, err := call.Fields()
		if err != nil {
			return err
		}
		return t.Change(c.View, row, given)
	})
}

// Deletes takes a row out.
func Deletes(c Collection) Endpoint {
	return Endpoint{Pattern: "DELETE " + c.Path + "/{id}", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
		t, row, err := c.Row(in, call)
		if err != nil {
			return nil, err
		}
		return t.Delete(row), nil
	}}
}

// Removes takes a row out, and answers with what it was.
func Removes(c Collection) Endpoint {
	return Endpoint{Pattern: "DELETE " + c.Path + "/{id}", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
		t, row, err := c.Row(in, call)
		if err != nil {
			return nil, err
		}
		doc := t.Show(row, c.View)
		t.Delete(row)
		return doc, nil
	}}
}

// On is an endpoint of one row, which it answers with after act has run.
func (c Collection) On(method, suffix string, act func(*store.Table, store.Row, *wire.Call) error) Endpoint {
	return Endpoint{Pattern: method + " " + c.Path + "/{id}" + suffix, Machine: c.Machine, Serve: func(in *store.Instance, call *wire.Call) (any, error) {
		t, row, err := c.Row(in, call)
		if err != nil {
			return nil, err
		}
		if act != nil {
			if err := act(t, row, call); err != nil {
				return nil, err
			}
		}
		return t.Show(row, c.View), nil
	}}
}
