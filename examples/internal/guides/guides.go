// Package guides holds what the pages in docs quote. Its tests run all of it.
package guides
