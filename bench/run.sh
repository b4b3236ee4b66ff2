#!/usr/bin/env bash
# Run the benchmarks and compare them with the targets.
#
#   ./run.sh         ten runs of everything, to results/: about 20 minutes
#   ./run.sh quick   five short runs, to a temporary directory: under two minutes
#
# Let nothing else run meanwhile. The runs take turns, so that what disturbs the
# machine for a while disturbs all subjects alike.
set -euo pipefail
cd "$(dirname "$0")"
export GOWORK=off # the versions of bench/go.mod
BENCHSTAT=golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

once() { "$binary" -test.run '^$' -test.timeout 0 -test.benchmem "$@" | tee -a "$raw"; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
binary=$tmp/bench.test
go test -c -o "$binary" .

case "${1:-full}" in
  full) results=results ;;
  quick) results=$tmp ;;
  *) echo "usage: $0 [quick]" >&2; exit 2 ;;
esac
raw=$results/raw.txt
{
  echo "go: $(go version | cut -d' ' -f3-)"
  echo "date: $(date -u +%Y-%m-%d)"
  echo "commit: $(git rev-parse --short HEAD 2>/dev/null || echo unknown)"
} >"$raw"

if [ "${1:-full}" = full ]; then
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    once -test.bench . -test.skip '^(BenchmarkParallel|BenchmarkLiveTokens)$' -test.benchtime 500ms
  done
  once -test.bench '^BenchmarkLiveTokens$' -test.benchtime 500ms -test.count 10
  once -test.bench '^BenchmarkParallel$' -test.benchtime 500ms -test.count 10 -test.cpu 1,2
  go list -m -f '{{if not .Indirect}}{{.Path}} {{.Version}}{{end}}' all | grep -v clerkgo >"$results/versions.txt"
  if [ -f "$results/loopback.txt" ]; then cat "$results/loopback.txt" >>"$raw"; fi
  go run "$BENCHSTAT" "$raw" >"$results/benchstat.txt"
  go run ./cmd/ratios "$raw" | tee "$results/targets.md" || [ -s "$results/targets.md" ] # A miss is in the table.
else
  once -test.short -test.bench . -test.skip '^(BenchmarkParallel|BenchmarkLiveTokens)$' -test.benchtime 20ms -test.count 5
  once -test.short -test.bench '^BenchmarkLiveTokens$' -test.benchtime 20ms -test.count 5
  once -test.short -test.bench '^BenchmarkParallel$' -test.benchtime 50ms -test.count 5 -test.cpu 1,2
  go run ./cmd/ratios "$raw" || [ $? -eq 1 ] # A miss is in the table.
fi
