// Package answer answers conformance cases with package core.
package answer
