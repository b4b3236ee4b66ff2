#!/usr/bin/env bash
# Fetches Clerk's scripts for browsers, at the versions that the tests are written for, into assets/.
# Packed files instead of an installation: @clerk/ui depends on more than can be had everywhere, and the
# scripts need none of it.
set -euo pipefail
cd "$(dirname "$0")"

fetch() { # name, version, integrity
  [ "$(cat "assets/$1/.version" 2>/dev/null)" != "$2 $3" ] || return 0
  echo "fetching @clerk/$1 $2"
  rm -rf "assets/$1" && mkdir -p "assets/$1"
  local packed
  packed=$(cd assets && npm pack --silent "@clerk/$1@$2")
  local sum
  sum="sha512-$(openssl dgst -sha512 -binary "assets/$packed" | openssl base64 -A)"
  if [ "$sum" != "$3" ]; then
    echo "@clerk/$1 $2 is not what it was: its hash is $sum" >&2
    exit 1
  fi
  tar -xzf "assets/$packed" -C "assets/$1" --strip-components 1
  rm "assets/$packed"
  echo "$2 $3" > "assets/$1/.version"
}

fetch clerk-js 6.40.0 sha512-2MnZ/ygvuCmeuqfXQmsxfQaLN/SSJvQbtT2cLXbgr5VKr3KmZFZBVvX977fG3eZ6pprl4J9pO+I2bbe6BvColg==
fetch ui 1.36.0 sha512-uI96zYCh5jISLOt1mdpIPy/Y31P0kwFxjUFOxLUwFfTHFmGUcRjbqN6bbb+75tdI2Bz6ARGws3rhspDer+xIfQ==
