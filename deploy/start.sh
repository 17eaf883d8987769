#!/bin/sh
# What a container with a read-only root needs before the service: a folder of its own, in memory.
# There is the pepper of the keys, which must be its owner's alone, where a mounted secret is its group's, too. The keys
# themselves are read where they are mounted, so that one which is revoked there is revoked here.
set -eu
umask 077

root=${QCSEARCH_ROOT:-/opt/qcsearch}
secrets=${QCSEARCH_SECRETS:-/run/secrets/qcsearch}
state=${QCSEARCH_STATE:-/state}
work=${TMPDIR:-/tmp}/qcsearch

rm -rf "$work"
mkdir "$work"
export NUMBA_CACHE_DIR="$root/kernels"

if [ -e "$secrets/keys.json" ]; then
    ln -s "$secrets/keys.json" "$work/keys.json"
    cat "$secrets/keys.json.pepper" > "$work/keys.json.pepper"
    set -- --keys "$work/keys.json" "$@"
fi
if [ -d "$state" ] && [ -w "$state" ]; then
    set -- --state "$state/service" "$@"
fi
exec qcsearch serve --host 0.0.0.0 --port "${PORT:-8080}" "$@"
