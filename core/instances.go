package core

import (
	"container/list"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxInstances bounds how many instances an [Instances] keeps. The one that was
// used longest ago goes first.
const maxInstances = 10_000

// Instances compiles options that differ from request to request, for
// applications that serve several Clerk instances: each distinct options once.
// Options are compared by value, so a tenant keeps its instance, and with it its
// keys and caches, as long as its options stay the same, and shares them with
// nobody. Safe for concurrent use.
type Instances struct {
	base Options

	mu     sync.Mutex
	recent *list.List // of *instance, the last used in front
	byKey  map[instanceKey]*list.Element
}

type instance struct {
	key   instanceKey
	clerk *Clerk
}

// NewInstances returns an empty cache. base carries what cannot differ per
// request, because it cannot be compared: Now, Skip, Logger, HTTPClient,
// LookupEnv, IsPageRequest and IsActionRequest. Any other field of it is an error:
// it would silently apply to every tenant.
func NewInstances(base Options) (*Instances, error) {
	if keyOf(base) != keyOf(Options{}) {
		return nil, &Error{
			class: ErrConfiguration,
			message: "the base options of a middleware with options per request take only " + strings.Join(uncomparable, ", ") +
				": return everything else from the function",
		}
	}
	return &Instances{base: base, recent: list.New(), byKey: make(map[instanceKey]*list.Element)}, nil
}

// MustInstances is [NewInstances] for start-up code: it panics where that would
// fail. It takes one base at most.
func MustInstances(base ...Options) *Instances {
	var o Options
	if len(base) == 1 {
		o = base[0]
	}
	i, err := NewInstances(o)
	if len(base) > 1 {
		err = &Error{class: ErrConfiguration, message: "more than one base Options given: put everything into one"}
	}
	if err != nil {
		panic(err) //nolint:forbidigo // documented; at start-up only
	}
	return i
}

// uncomparable are the fields of Options that functions and the like live in.
var uncomparable = []string{"Now", "Skip", "Logger", "HTTPClient", "LookupEnv", "IsPageRequest", "IsActionRequest"}

// Get returns the instance for o, compiled on first use as by [New]. The
// environment is not read: a tenant must not inherit another's keys.
func (i *Instances) Get(o Options) (*Clerk, error) {
	if err := i.checkFields(o); err != nil {
		return nil, err
	}
	key := keyOf(o)
	if clerk := i.find(key); clerk != nil {
		return clerk, nil
	}
	o = cloneStrings(o)
	o.Now, o.Skip, o.Logger, o.HTTPClient = i.base.Now, i.base.Skip, i.base.Logger, i.base.HTTPClient
	o.IsPageRequest, o.IsActionRequest = i.base.IsPageRequest, i.base.IsActionRequest
	o.LookupEnv = func(string) (string, bool) { return "", false }
	clerk, err := New(o)
	if err != nil {
		return nil, err
	}
	return i.keep(key, clerk), nil
}

// cloneStrings copies all texts: an instance outlives the request, whose memory
// some frameworks use again.
func cloneStrings(o Options) Options {
	v := reflect.ValueOf(&o).Elem()
	for i := range v.NumField() {
		switch field := v.Field(i).Addr().Interface().(type) {
		case *string:
			*field = strings.Clone(*field)
		case *[]string:
			*field = cloneList(*field)
		case *OrganizationSync:
			field.OrganizationPatterns = cloneList(field.OrganizationPatterns)
			field.PersonalAccountPatterns = cloneList(field.PersonalAccountPatterns)
		}
	}
	return o
}

func cloneList(list []string) []string {
	list = slices.Clone(list)
	for i := range list {
		list[i] = strings.Clone(list[i])
	}
	return list
}

// checkFields refuses options with fields that belong into the base.
func (*Instances) checkFields(o Options) error {
	v := reflect.ValueOf(o)
	for _, field := range uncomparable {
		if !v.FieldByName(field).IsZero() {
			return &Error{class: ErrConfiguration, message: "options of a request set " + field + ": set it in the base options of the middleware"}
		}
	}
	return nil
}

func (i *Instances) find(key instanceKey) *Clerk {
	i.mu.Lock()
	defer i.mu.Unlock()
	element, ok := i.byKey[key]
	if !ok {
		return nil
	}
	i.recent.MoveToFront(element)
	kept, _ := element.Value.(*instance)
	return kept.clerk
}

// keep remembers an instance, unless another request was faster.
func (i *Instances) keep(key instanceKey, clerk *Clerk) *Clerk {
	i.mu.Lock()
	defer i.mu.Unlock()
	if element, ok := i.byKey[key]; ok {
		kept, _ := element.Value.(*instance)
		return kept.clerk
	}
	i.byKey[key] = i.recent.PushFront(&instance{key, clerk})
	if i.recent.Len() > maxInstances {
		oldest := i.recent.Back()
		i.recent.Remove(oldest)
		kept, _ := oldest.Value.(*instance)
		delete(i.byKey, kept.key)
	}
	return clerk
}

// instanceKey is the value of options.
type instanceKey struct{ text string }

// keyOf writes down every field that can be compared. Fields are delimited by
// their length, so that no two different options have one key.
func keyOf(o Options) instanceKey {
	var b strings.Builder
	v := reflect.ValueOf(o)
	for i := range v.NumField() {
		switch field := v.Field(i).Interface().(type) {
		case string:
			fmt.Fprintf(&b, "%d:%s;", len(field), field)
		case bool:
			fmt.Fprintf(&b, "%t;", field)
		case []string:
			writeStrings(&b, field)
		case *time.Duration:
			if field != nil {
				fmt.Fprintf(&b, "%d", *field)
			}
			b.WriteByte(';')
		case OrganizationSync:
			writeStrings(&b, field.OrganizationPatterns)
			writeStrings(&b, field.PersonalAccountPatterns)
		case AcceptsToken:
			fmt.Fprintf(&b, "%d,%q;", field.kind, field.types)
		case Retry:
			fmt.Fprintf(&b, "%d,%d;", field.Attempts, field.BaseDelay)
		default:
			if !slices.Contains(uncomparable, v.Type().Field(i).Name) {
				// Never shared, until somebody says here how the field compares.
				fmt.Fprintf(&b, "%p;", new(byte))
			}
		}
	}
	return instanceKey{b.String()}
}

func writeStrings(b *strings.Builder, list []string) {
	fmt.Fprintf(b, "%d[", len(list))
	for _, s := range list {
		fmt.Fprintf(b, "%d:%s;", len(s), s)
	}
	b.WriteByte(']')
}
