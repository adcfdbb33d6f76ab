# shellcheck shell=bash
# Source this: `. tools/env.sh`. Makes the environment where needed (tools/setup.sh) and selects it:
# PYTHON is its interpreter, `python` and `lass` on PATH are its own, and the package is imported from this tree,
# also by an interpreter of yours (LASS_PYTHON) and by workers on other machines that see the same disk.

lass_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$lass_root/tools/setup.sh" >/dev/null || return 1
PYTHON=$(command -v "${LASS_PYTHON:-$lass_root/tools/venv/bin/python}")
PYTHON=$(cd "$(dirname "$PYTHON")" && pwd)/$(basename "$PYTHON")
export PYTHON
export PATH="${PYTHON%/*}:$PATH"
export PYTHONPATH="$lass_root${PYTHONPATH:+:$PYTHONPATH}"
unset lass_root
