#!/bin/sh
# Runs the reference against clerktest, compares core with the reference on generated cases, and the adapters with each
# other, and says where they differ.
#
#   ./run.sh [seed [count]]
#
# Needs Go, Node.js 20 or newer, and the npm registry on the first run. KEEP=directory keeps the cases and the answers,
# REFERENCE=directory holds another version of the reference, installed.
set -eu
cd "$(dirname "$0")"
seed=${1:-1}
count=${2:-20000}
reference=${REFERENCE:-reference}

if [ ! -d "$reference/node_modules" ]; then
	npm ci --prefix "$reference" --no-audit --no-fund
fi

if [ -n "${KEEP:-}" ]; then
	mkdir -p "$KEEP"
	dir=$(cd "$KEEP" && pwd)
else
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
fi
mkdir -p "$dir/bin"
go build -o "$dir/bin/" ./cmd/...

status=0
"$dir/bin/endtoend" "$reference/endtoend.mjs" || status=1

"$dir/bin/generate" -seed "$seed" -count "$count" >"$dir/cases.jsonl"
node "$reference/answer.mjs" <"$dir/cases.jsonl" >"$dir/want.jsonl" &
answering=$!
answered=0
"$dir/bin/answer" <"$dir/cases.jsonl" >"$dir/got.jsonl" || answered=$?
wait "$answering" || answered=$?
if [ "$answered" -ne 0 ]; then
	echo "conformance: an implementation could not answer every case" >&2
	exit 2
fi
"$dir/bin/stats" "$dir/want.jsonl"
"$dir/bin/compare" -accepted accepted.json "$dir/want.jsonl" "$dir/got.jsonl" || status=1

echo "URLs:"
(cd ../core/internal/weburl && go test -count=1 -run '^TestNode$' . \
	-weburl.node="$OLDPWD/reference/urls.mjs" -weburl.seed="$seed" -weburl.count="$count") || status=1

echo "patterns:"
"$dir/bin/generate" -patterns -seed "$seed" -count "$count" >"$dir/patterns.jsonl"
node "$reference/answer.mjs" -patterns <"$dir/patterns.jsonl" >"$dir/patterns-want.jsonl"
"$dir/bin/answer" -patterns <"$dir/patterns.jsonl" >"$dir/patterns-got.jsonl"
"$dir/bin/compare" -patterns -accepted accepted.json "$dir/patterns-want.jsonl" "$dir/patterns-got.jsonl" || status=1

echo "adapters:"
"$dir/bin/generate" -routes -seed "$seed" -count "$count" >"$dir/routes.jsonl"
for adapter in gin echo echo5 fiber fiber3 http; do
	"$dir/bin/answer" -adapter "$adapter" <"$dir/routes.jsonl" >"$dir/$adapter.jsonl"
done
for adapter in echo echo5 fiber fiber3 http; do
	"$dir/bin/compare" -adapter -accepted accepted.json "$dir/gin.jsonl" "$dir/$adapter.jsonl" || status=1
done
exit "$status"
