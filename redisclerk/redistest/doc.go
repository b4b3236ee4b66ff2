// Package redistest starts Redis for tests: one server, a master with a replica and Sentinels,
// or a Cluster, each process on a free port of loopback with a directory of its own. It needs
// Debian's redis-server, or another, in PATH, and works on Unix.
package redistest
