// Package fasthttpadapter is for whoever writes an adapter for a framework on fasthttp, such as Fiber: beside
// core.Adapter it holds what such adapters share. It knows the shape of fasthttp's headers and of
// Fiber's routes, and imports neither. Users of an adapter need nothing of it.
package fasthttpadapter
