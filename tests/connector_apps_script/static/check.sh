#!/bin/sh
# Types and lint of the Apps Script files. Needs node and npm on PATH; installs packages only when the lock changed.
set -eu
static=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$static/../../.." && pwd)
installed="$static/node_modules/.installed-lock.json"

if ! cmp -s "$static/package-lock.json" "$installed"; then
    npm ci --prefix "$static" --loglevel=error
    cp "$static/package-lock.json" "$installed"
fi
"$static/node_modules/.bin/tsc" --project "$static"
cd "$root"
"$static/node_modules/.bin/eslint" --max-warnings 0 --config "$static/eslint.config.mjs" \
    connector_apps_script sandbox/looker/runtime.js
