#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The static analysers over src, each with the short list of what we do not follow, and why.
#
#   tools/check-static.sh cppcheck
#   tools/check-static.sh tidy BUILD [FILE...]     BUILD has compile_commands.json
set -euo pipefail
cd "$(dirname "$0")/.."

run_cppcheck() {
    local options=(
        --quiet --error-exitcode=1 --inline-suppr -j "$(nproc)"
        --std=c17 --platform=unix64 --language=c -D_GNU_SOURCE -I src
        "--enable=warning,performance,portability" --template=gcc
        # System headers are the compilers' business.
        --suppress=missingIncludeSystem
        # Both compilers see every configuration; four are enough here.
        --suppress=toomanyconfigs --max-configs=4
        # It does not know va_copy, and stumbles over compound literals in macros.
        --suppress=va_list_usedBeforeStarted --suppress=internalAstError
        # Milliseconds: rest < 1000, so it is 0 before unit is.
        --suppress=zerodivcond:src/base/json.c
        # A file above may have been repaired meanwhile.
        --suppress=unmatchedSuppression
    )
    mkdir -p build-test/cppcheck
    # What was seen before is not analysed again.
    cppcheck "${options[@]}" --cppcheck-build-dir=build-test/cppcheck src
}

# Checks that find faults, without those that argue about taste.
tidy_checks='clang-analyzer-core.*,clang-analyzer-deadcode.*,clang-analyzer-unix.*'
tidy_checks+=',clang-analyzer-security.*,bugprone-*,cert-str34-c'
tidy_checks+=,misc-redundant-expression,readability-misleading-indentation
# Nearly every function of C has two parameters of one type side by side.
tidy_checks+=,-bugprone-easily-swappable-parameters
# -Wconversion is on, and an error, in both compilers.
tidy_checks+=,-bugprone-narrowing-conversions,-bugprone-implicit-widening-of-multiplication-result
# _GNU_SOURCE, and names the libraries ask for.
tidy_checks+=,-bugprone-reserved-identifier
# A table written as a switch reads better with equal rows.
tidy_checks+=,-bugprone-branch-clone
# `if ((fd = open(…)) < 0)` is how C says it; -Wparentheses is on.
tidy_checks+=,-bugprone-assignment-in-if-condition
# Macros that initialise a field take its parts as they are.
tidy_checks+=,-bugprone-macro-parentheses
# The size of an array of pointers is meant; we have many.
tidy_checks+=,-bugprone-sizeof-expression
# Asks for Annex K, which no libc of ours has.
tidy_checks+=,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling
# Few, each after a look at the length.
tidy_checks+=,-clang-analyzer-security.insecureAPI.strcpy

# Findings that were looked at and are none: file, check, reason.
tidy_known='
src/db/db.c        clang-analyzer-unix.Malloc                         kept by the interned signature for good
src/http/listen.c  clang-analyzer-core.UndefinedBinaryOperatorResult  getsockname has filled it
src/mod/demand/clock_rule.c  clang-analyzer-core.NullDereference      id is 0 when there are no units
src/view/mustache_render.c  clang-analyzer-core.NullDereference      a missing value is not truthy
src/view/mustache_render.c  clang-analyzer-core.UndefinedBinaryOperatorResult  push fills the frame
src/view/mustache_render.c  clang-analyzer-core.uninitialized.UndefReturn  push fills the frame
src/view/xlsx_read.c  bugprone-not-null-terminated-result            the rest is copied behind it
'

run_tidy() {
    local build=$1 log
    shift
    local files=("$@")
    if [ ${#files[@]} = 0 ]; then
        mapfile -t files < <(find src -name '*.c' | sort)
    fi
    log=$(mktemp)
    printf '%s\0' "${files[@]}" |
        xargs -0 -P "$(nproc)" -n 2 clang-tidy -p "$build" --quiet --checks="-*,$tidy_checks" \
            --warnings-as-errors='*' --extra-arg=-Wno-unknown-warning-option >"$log" 2>&1 || true
    # One line a finding: place, what, [check]. Those known are left out.
    local result=0
    sed -n -E "s#^([^ ]*/)?(src/[^ ]*: (error|warning): )#\\2#p" "$log" |
        sed 's/,-warnings-as-errors\]/]/' | sort -u |
        awk -v known="$tidy_known" '
            BEGIN { n = split(known, rows, "\n") }
            {
                for (i = 1; i <= n; i++) {
                    if (split(rows[i], f) >= 3 && index($0, f[1] ":") == 1 && index($0, "[" f[2] "]")) {
                        next
                    }
                }
                print
                bad = 1
            }
            END { exit bad }' || result=1
    rm -f "$log"
    return $result
}

case ${1:-} in
cppcheck) run_cppcheck ;;
tidy) run_tidy "${@:2}" ;;
*)
    sed -n '5,6s/^# *//p' "$0"
    exit 2
    ;;
esac
