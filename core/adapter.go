package core

import (
	"context"
	"reflect"

	"github.com/clerkgo/clerkgo/core/webhook"
)

// Adapter is all that whoever writes an adapter for a web framework needs of this
// package; users of an adapter need nothing of it. Its zero value but for Name is
// ready to use, and it is safe for concurrent use.
//
// The way of a request: where [Adapter.ServeProxy] (on net/http) or [Clerk.Proxies]
// says so, it is the Frontend API proxy's. Else [Adapter.Attach] authenticates it, the
// adapter keeps the result in the framework's context ([RequestAuth.Store]) and in the
// request's ([RequestAuth.NewContext]), and handlers find it there ([Adapter.Find]).
// Guards ([Adapter.Guard], [Adapter.RouteGuard]) are made when the routes are set up,
// and asked with [Adapter.Check] and [Adapter.CheckRoute]. Everything that is decided
// is an [Outcome], which the adapter delivers in its framework's voice.
//
// A value func(key any) any looks up what a store holds under a key, nil where it holds
// nothing: the Value method of a context, or the same of a framework's own.
type Adapter struct {
	// Name is the adapter's package name, such as ginclerk: messages for developers
	// name its functions.
	Name string
}

// Attach authenticates a request for an adapter's middleware. It returns the
// result, which the adapter keeps in the request's contexts, and what is to be
// delivered: usually headers to add, sometimes a redirect.
//
// A request that this same instance has attached to already is left as it is, so
// a middleware that is registered twice works once. Where its credentials have
// changed since, it is judged anew. Another instance replaces the first.
func (a Adapter) Attach(ctx context.Context, c *Clerk, r Request) (*RequestAuth, Outcome) {
	return c.attach(ctx, r, a.Name)
}

// Find returns what the middleware attached to a request. Where it did not run, or
// was told to skip the request, the error says where to put it; call is the adapter's
// function that needs it.
func (a Adapter) Find(value func(key any) any, call string) (*RequestAuth, error) {
	if ra, ok := value(contextKey{}).(*RequestAuth); ok && !ra.skipped {
		return ra, nil
	}
	return nil, middlewareMissing(a.Name, call)
}

// MustFind is [Adapter.Find] for functions without an error, such as an adapter's Auth:
// it panics with the error, an [*Error], which [Adapter.Recover] turns into an answer.
func (a Adapter) MustFind(value func(key any) any, call string) *RequestAuth {
	ra, err := a.Find(value, call)
	if err != nil {
		panic(err) //nolint:forbidigo // documented: a programming error
	}
	return ra
}

// Recover ends a panic of [Adapter.MustFind], for an adapter's middleware: call it with
// the value of recover() in a deferred function. ok is false where nothing panicked;
// every other panic goes on.
func (a Adapter) Recover(value any) (outcome Outcome, ok bool) {
	if value == nil {
		return Outcome{}, false
	}
	err, isError := value.(*Error)
	if !isError || err.class != ErrMiddlewareMissing { //nolint:errorlint // identity is the point
		panic(value) //nolint:forbidigo // it is not ours
	}
	return applicationFault(err), true
}

// Given is called by the functions of an adapter that make middleware and handlers, with
// those of their arguments that requests cannot do without; call is the function's name. It
// panics where one is nil, and with an [*Error] that says what to do: at start-up, because a
// request of anybody's would panic later.
func (a Adapter) Given(call string, arguments ...any) {
	for _, argument := range arguments {
		if fault := missing(call, argument); fault != "" {
			//nolint:forbidigo // documented; at start-up only
			panic(&Error{class: ErrConfiguration, message: a.Name + "." + call + " was given " + fault})
		}
	}
}

// missing says what is wrong with an argument that is nil, and what to do; "" for others.
func missing(call string, argument any) string {
	switch argument := argument.(type) {
	case nil:
		return "a nil handler: pass the one that is behind it"
	case *Clerk:
		if argument == nil || argument.shared == nil {
			return "no instance of core.New's: handle the error of core.New, which says what is wrong"
		}
	case *webhook.Receiver:
		if argument == nil {
			return "a nil receiver: handle the error of webhook.New, which says what is wrong"
		}
	default:
		if v := reflect.ValueOf(argument); v.Kind() == reflect.Func && v.IsNil() {
			return "a nil function: pass one, or leave " + call + " out"
		}
	}
	return ""
}

// Guard makes a guard for routes; call is the adapter's function that makes it. It
// panics, with every fault at once, where an option could have no effect, such as one
// given twice: at start-up only.
func (a Adapter) Guard(call string, opts ...ProtectOption) *Guard {
	g := newGuard(a.Name, call, opts)
	g.refuseFramework()
	return g.must()
}

// RouteGuard is [Adapter.Guard] for the requests that visit a route of m. It takes
// options of the adapter's own, too: see [Adapter.Option].
func (a Adapter) RouteGuard(call string, m *RouteMatcher, opts ...ProtectOption) *Guard {
	pathsCount.Store(true)
	g := newGuard(a.Name, call, opts)
	if m == nil || m.routes == nil {
		g.faults = append(g.faults, optionError("the matcher is nil: make one with core.NewRouteMatcher"))
	}
	g.matcher = m
	return g.must()
}

// Option is an option of an adapter's own for its path guards, which [Guard.Option]
// gives back. name is that of the function which returns it.
func (a Adapter) Option(name string, value any) ProtectOption {
	return protectOption(func(g *Guard) {
		if value == nil || isNilPointer(value) {
			g.faults = append(g.faults, optionError(a.Name+"."+name+" is given nil: leave the option out"))
		}
		g.once(a.Name+"."+name, g.framework != nil)
		g.framework, g.frameworkName = value, a.Name+"."+name
	})
}

// Check decides about a request by a guard. ctx bounds the verification of a machine's
// token.
func (a Adapter) Check(ctx context.Context, value func(key any) any, g *Guard) Outcome {
	ra, err := a.Find(value, g.call)
	if err != nil {
		return fault(ctx, value, err)
	}
	return g.Check(ctx, ra)
}

// CheckRoute is [Adapter.Check] by a guard of [Adapter.RouteGuard], for a request whose
// router reads the path as paths say: usually one, and each counts. Requests that visit no
// route of its matcher go on, also those that the middleware was told to skip. A path that
// router and matcher could read differently is refused with 400.
func (a Adapter) CheckRoute(ctx context.Context, value func(key any) any, g *Guard, paths ...RoutePath) Outcome {
	ra, ok := value(contextKey{}).(*RequestAuth)
	if !ok {
		return applicationFault(middlewareMissing(a.Name, g.call))
	}
	return g.checkRoute(ctx, ra, paths)
}

// Require is [Adapter.Check] inside of a handler, by a guard with these options. Where
// one could have no effect, the request is answered 500.
func (a Adapter) Require(ctx context.Context, value func(key any) any, opts ...ProtectOption) Outcome {
	g := newGuard(a.Name, "Require", opts)
	g.refuseFramework()
	if err := g.err(); err != nil {
		return fault(ctx, value, err)
	}
	return a.Check(ctx, value, g)
}

// fault is [applicationFault], by the log of the instance that has seen the request.
func fault(ctx context.Context, value func(key any) any, err error) Outcome {
	if ra, ok := value(contextKey{}).(*RequestAuth); ok {
		return ra.fault(ctx, err)
	}
	return applicationFault(err)
}

// Instances returns an empty cache of instances for an adapter's MiddlewareFunc. It
// takes one base at most, and panics where that holds what is not for it: see
// [Instances].
func (a Adapter) Instances(base ...Options) *Instances {
	i, err := newInstances(base)
	if err != nil {
		panic(err) //nolint:forbidigo // documented; at start-up only
	}
	return i
}

// ServesResource is called by an adapter's ProtectedResource when it makes a handler:
// see [ResourceMetadataURL].
func (a Adapter) ServesResource() { resourceServed.Store(true) }
