// Package bench measures clerkgo beside other middlewares that verify the same
// tokens on the same routes. Everything is in its tests; the commands that read
// and compare the results are in cmd.
//
//	go test -run '^$' -bench . -count 10 -timeout 0 | tee results/raw.txt
//	go run ./cmd/ratios results/raw.txt
//
// Requests are handed to the frameworks in process, with a request and a response
// that are used again, so that what is measured is the middleware and not a
// network. Every iteration checks its outcome.
package bench
