#!/usr/bin/env bash
# esc50: all five test folds, each by a model that heard none of it, and one table over all of them (RESULTS.md).
# Takes the options of run.sh but --test_fold, --stage and --stop_stage; run again, it goes on where it stopped.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for fold in 1 2 3 4 5; do
    "$here/run.sh" "$@" --test_fold "$fold" --stop_stage 8
done
"$here/run.sh" "$@" --test_fold all --stage 7 --stop_stage 9
