module github.com/clerkgo/clerkgo/conformance

go 1.25.0

require (
	github.com/clerkgo/clerkgo v0.0.0
	github.com/clerkgo/clerkgo/echoclerk v0.0.0
	github.com/clerkgo/clerkgo/fiberclerk v0.0.0
	github.com/clerkgo/clerkgo/ginclerk v0.0.0
)

replace (
	github.com/clerkgo/clerkgo => ../
	github.com/clerkgo/clerkgo/echoclerk => ../echoclerk
	github.com/clerkgo/clerkgo/fiberclerk => ../fiberclerk
	github.com/clerkgo/clerkgo/ginclerk => ../ginclerk
)
