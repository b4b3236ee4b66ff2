// Package clerktest runs a whole Clerk instance inside one process, for tests
// and demonstrations: signing keys, the Frontend API that browsers talk to, the
// Backend API that servers talk to, and hosted sign-in pages. It needs no
// account, no keys and no network beyond loopback.
//
// The model is small. A [Server] holds users, organizations and browsers'
// sessions, a [Clock] that only moves when told to, if wished, and a listener on
// 127.0.0.1. [Server.Options] gives the options that make a protected application
// use it. A test then either mints a credential directly ([Server.SessionToken]
// and its sisters) or acts through a browser ([Server.Client],
// [Server.Browser]), which follows the same redirects and carries the same
// cookies as a real one.
//
// Everything here is recognisably fake: the keys contain "clerktest", and the
// signing key is made anew in every process. Never accept them in production.
package clerktest
