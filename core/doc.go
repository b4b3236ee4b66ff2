// Package core decides what happens to a request of a web application that
// signs its users in with Clerk. It knows no web framework: it reads a request
// through [Request], decides, and answers in plain data ([State], [Outcome])
// that an adapter (ginclerk, echoclerk, fiberclerk, or your own) writes in its
// framework's voice.
//
// The model has three steps, the ones that users of Clerk's Next.js helpers know.
//
//   - [New] compiles [Options] into a [Clerk], one per Clerk instance. Every fault
//     is reported at once, and nothing is parsed or validated again per request.
//   - [Adapter.Attach] authenticates one request. It never refuses: the request goes
//     on, signed in or signed out, or is sent on a handshake with Clerk. The result
//     travels in the request's context.
//   - [Guard] requires something of the request: a signed-in user, a role, a
//     permission. It lets the request pass or says how to refuse it.
//
// Inside a handler, [FromContext] gives the [Auth] of the request.
//
// The behaviour is that of Clerk's own JavaScript SDK (npm: @clerk/backend).
// Where this package is stricter on purpose, the code says so.
package core
