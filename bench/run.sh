#!/usr/bin/env bash
# Run the benchmarks and compare them with the targets.
#
#   ./run.sh          ten runs of everything, to results/, and the pages that quote them: under 20 minutes
#   ./run.sh growth   how costs grow, to results/growth/: under two minutes; also a part of the above
#   ./run.sh quick    five short runs, to a temporary directory: about two minutes
#
# Let nothing else run meanwhile. The runs take turns, so that what disturbs the
# machine for a while disturbs all subjects alike.
set -euo pipefail
cd "$(dirname "$0")"
export GOWORK=off # the versions of bench/go.mod
BENCHSTAT=golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
APART='^(BenchmarkParallel|BenchmarkLiveTokens|BenchmarkGrowth.*)$'

once() { "$binary" -test.run '^$' -test.timeout 0 -test.benchmem "$@" | tee -a "$raw"; }

begin() { # raw: starts it, and says of what it is
  raw=$1
  {
    echo "go: $(go version | cut -d' ' -f3-)"
    echo "date: $(date -u +%Y-%m-%d)"
    echo "commit: $(git rev-parse --short HEAD 2>/dev/null || echo unknown)"
  } >"$raw"
}

growth() { # directory of the results, options
  local results=$1
  shift
  mkdir -p "$results"
  begin "$results/raw.txt"
  once -test.bench '^BenchmarkGrowth' "$@"
  go run ./cmd/growth -results "$results" "$results/raw.txt"
}

# Whole servers, where there is Node.js for Express. Old results are not mixed with new ones.
loopback() {
  if ! command -v node >/dev/null || ! { [ -d e2e/express/node_modules ] || npm ci --prefix e2e/express --no-audit --no-fund; }; then
    echo "bench: no whole servers are compared: that needs Node.js and npm" >&2
    return
  fi
  go run ./e2e | tee results/loopback.txt
  cat results/loopback.txt >>"$raw"
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
binary=$tmp/bench.test
go test -c -o "$binary" .

case "${1:-full}" in
  full)
    begin results/raw.txt
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      once -test.bench . -test.skip "$APART" -test.benchtime 200ms
    done
    once -test.bench '^BenchmarkLiveTokens$' -test.benchtime 200ms -test.count 10
    once -test.bench '^BenchmarkParallel$' -test.benchtime 200ms -test.count 10 -test.cpu 1,2
    loopback
    go list -m -f '{{if not .Indirect}}{{.Path}} {{.Version}}{{end}}' all | grep -v clerkgo >results/versions.txt
    go run "$BENCHSTAT" results/raw.txt >results/benchstat.txt
    growth results/growth -test.benchtime 100ms -test.count 3
    # A miss is in the table.
    go run ./cmd/ratios -before results/before/raw.txt -picture results/benchmarks.svg \
      -pages ../README.md,../docs/performance.md results/raw.txt | tee results/targets.md || [ -s results/targets.md ]
    ;;
  growth) growth results/growth -test.benchtime 100ms -test.count 3 ;;
  quick)
    begin "$tmp/raw.txt"
    once -test.short -test.bench . -test.skip "$APART" -test.benchtime 20ms -test.count 5
    once -test.short -test.bench '^BenchmarkLiveTokens$' -test.benchtime 20ms -test.count 5
    once -test.short -test.bench '^BenchmarkParallel$' -test.benchtime 50ms -test.count 5 -test.cpu 1,2
    go run ./cmd/ratios -before results/before/raw.txt "$raw" || [ $? -eq 1 ] # A miss is in the table.
    ;;
  *) echo "usage: $0 [growth|quick]" >&2; exit 2 ;;
esac
