#!/usr/bin/env bash
# The whole test suite: makes the environment where needed, then runs pytest. Arguments go to pytest:
#   test/run.sh test/utils -k launcher
# The last line counts: "N passed, N failed, N skipped"; the reason of each skip is listed above it.
set -euo pipefail

cd "$(dirname "$0")/.."
. tools/env.sh
"$PYTHON" -c 'import pytest' 2>/dev/null ||
    { echo "test/run.sh: $PYTHON has no pytest: install it there, or unset LASS_PYTHON" >&2; exit 1; }
[ $# -gt 0 ] || set -- test -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# Without --rootdir the folder test/io would become a module "io" and hide the standard one.
exec "$PYTHON" -m pytest -c test/pytest.ini --rootdir=. "$@"
