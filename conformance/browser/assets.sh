#!/usr/bin/env bash
# Fetches Clerk's scripts for browsers and axe, at the versions that the tests are written for, into assets/.
# Packed files instead of an installation: @clerk/ui depends on more than can be had everywhere, and the
# scripts need none of it.
set -euo pipefail
cd "$(dirname "$0")"

fetch() { # folder, package, version, integrity
  [ "$(cat "assets/$1/.version" 2>/dev/null)" != "$3 $4" ] || return 0
  echo "fetching $2 $3"
  rm -rf "assets/$1" && mkdir -p "assets/$1"
  local packed
  packed=$(cd assets && npm pack --silent "$2@$3")
  local sum
  sum="sha512-$(openssl dgst -sha512 -binary "assets/$packed" | openssl base64 -A)"
  if [ "$sum" != "$4" ]; then
    echo "$2 $3 is not what it was: its hash is $sum" >&2
    exit 1
  fi
  tar -xzf "assets/$packed" -C "assets/$1" --strip-components 1
  rm "assets/$packed"
  echo "$3 $4" > "assets/$1/.version"
}

fetch clerk-js @clerk/clerk-js 6.40.0 sha512-2MnZ/ygvuCmeuqfXQmsxfQaLN/SSJvQbtT2cLXbgr5VKr3KmZFZBVvX977fG3eZ6pprl4J9pO+I2bbe6BvColg==
fetch ui @clerk/ui 1.36.0 sha512-uI96zYCh5jISLOt1mdpIPy/Y31P0kwFxjUFOxLUwFfTHFmGUcRjbqN6bbb+75tdI2Bz6ARGws3rhspDer+xIfQ==
fetch axe-core axe-core 4.14.1 sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==
