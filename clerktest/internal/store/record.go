// Package store keeps an instance's resources. Each has one description: a Go
// struct whose tags say what its fields are called, who may write them, what
// lists filter and order by, and which values are right, and a [Resource] that
// adds what tags cannot say. Both APIs, seeds, events and pages are served from
// these.
//
// The tags of a field:
//
//	api       the field's name on the wire, "-" for one that is never shown
//	backend   create, update: when the Backend API may give it
//	frontend  create, update: when browsers may give it
//	show      backend or frontend, for a field that only one API shows
//	list      order, filter, query: what lists do with it
//	of        the table whose rows it names, by id or by what else they are known by
//	rule      required, unique, null (shown as null when zero), omit (left out when zero), max=256,
//	          one=a|b (the values allowed), or a format: email, phone, url, key, permission, slug
//
// Nothing here locks: the caller holds the instance's lock.
package store

import "time"

// Time is a moment in Unix milliseconds, as both APIs show it. Zero means never
// and is shown as null.
type Time int64

// At returns the moment t as a Time.
func At(t time.Time) Time {
	if t.IsZero() {
		return 0
	}
	return Time(t.UnixMilli())
}

// Add returns the moment d later.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Milliseconds()) }

// Unix returns the moment in Unix seconds.
func (t Time) Unix() int64 { return int64(t) / 1000 }

// Record is what every resource begins with.
type Record struct {
	ID        string `api:"id"`
	CreatedAt Time   `api:"created_at" list:"order"`
	UpdatedAt Time   `api:"updated_at"`
	seq       int    // Which row of its table it is, as they came.
}

// Base returns the record itself; it makes a pointer to any resource a [Row].
func (r *Record) Base() *Record { return r }

// Row is a pointer to a resource.
type Row interface{ Base() *Record }

// View says who is shown a resource.
type View int

// The views of a resource.
const (
	Backend View = iota
	Frontend
)

// Mode says when a field may be written.
type Mode uint8

// The modes of a write.
const (
	Create Mode = 1 << iota
	Update
)
