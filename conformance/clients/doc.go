// Package clients runs Clerk's clients that are written in JavaScript against the Clerk of package clerktest, and against the
// emulator. Its tests need Node, Chromium and what npm ci installs here; "make clients" does the rest. They have the build tag
// clients.
package clients
