#!/usr/bin/env bash
# Make the Python environment of all recipes in tools/venv, from the pinned versions in tools/constraints.txt.
#
#   tools/setup.sh                               make or update tools/venv (one that is complete: nothing to do)
#   LASS_PYTHON=/path/to/python tools/setup.sh   check an interpreter of yours instead; nothing is installed into it
#
# Needs Python 3.11 or 3.12, a C and C++ compiler, about 9 GB of disk and, the first time, a network. The stamp is
# written last, so an environment without one was interrupted and is made again. Scripts source tools/env.sh.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/tools/venv
log=$root/tools/.venv.log
needed_gb=9  # 6 when installed, 3 for the downloads meanwhile
modules="torch torchaudio lightning transformers timm espnet sentencepiece soundfile soxr av kaldiio yaml pesq pystoi
    mir_eval fast_bss_eval huggingface_hub pyloudnorm visqol safetensors tensorboard matplotlib tqdm py7zr yt_dlp
    yt_dlp_ejs deno ijson nltk numpy scipy sklearn setuptools"

say() { echo "tools/setup.sh: $*" >&2; }
die() { say "$*"; exit 1; }

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

# What the stamp holds: setup.py, constraints.txt, the interpreter, and this place (a venv does not survive a move).
# With "packages" not this place, but the time of the last install into the interpreter.
fingerprint() {
    "$1" -I - "$root" "${2:-}" 2>/dev/null <<'EOF'
import hashlib, os, sys, sysconfig
digest = hashlib.sha256()
for name in ("setup.py", "tools/constraints.txt"):
    with open(os.path.join(sys.argv[1], name), "rb") as f:
        digest.update(f.read())
digest.update(repr((sys.version, sys.prefix)).encode())
if sys.argv[2] != "packages":
    digest.update(sys.argv[1].encode())
else:
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    digest.update(repr([os.stat(path).st_mtime_ns for path in sorted(folders) if os.path.isdir(path)]).encode())
print(digest.hexdigest())
EOF
}

# complete PYTHON STAMP [packages]: true when the stamp was written for what is here now.
complete() { [ -s "$2" ] && [ "$(cat "$2")" = "$(fingerprint "$1" "${3:-}")" ]; }

# Import every requirement; print those that fail with their reason.
broken_modules() {
    # shellcheck disable=SC2086
    PYTHONPATH=$root "$1" -W ignore - $modules <<'EOF'
import importlib, sys
broken = []
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        broken.append(name if isinstance(error, ModuleNotFoundError) and error.name == name else f"{name} ({reason})")
print(", ".join(broken))
EOF
}

check_existing() {
    local python stamp=$root/tools/.venv.existing version broken
    python=$(command -v "$LASS_PYTHON") ||
        die "LASS_PYTHON=$LASS_PYTHON: no such program; give the path of a Python 3.11 or 3.12"
    if complete "$python" "$stamp" packages; then
        echo "tools/setup.sh: $python has all that is required"
        return
    fi
    version=$(version_of "$python") ||
        die "LASS_PYTHON=$LASS_PYTHON does not run as Python; give the path of a Python 3.11 or 3.12"
    case $version in
        3.11 | 3.12) ;;
        *) die "LASS_PYTHON=$LASS_PYTHON is Python $version; the recipes need 3.11 or 3.12" ;;
    esac
    say "importing what the recipes need with $python"
    broken=$(broken_modules "$python") ||
        die "LASS_PYTHON=$LASS_PYTHON crashes while it imports what the recipes need: see above, or unset LASS_PYTHON"
    [ -z "$broken" ] || die "LASS_PYTHON=$LASS_PYTHON cannot import: $broken; install them there" \
        "(versions: tools/constraints.txt), or unset LASS_PYTHON"
    fingerprint "$python" packages 2>/dev/null >"$stamp" ||
        say "cannot write $stamp: the check will be made again each time"
    echo "tools/setup.sh: $python has all that is required"
}

# Print the first suitable interpreter, or die with what was found instead.
find_python() {
    local candidate version found=""
    for candidate in python3 python3.12 python3.11 python; do
        version=$(version_of "$candidate") || continue
        case $version in
            3.11 | 3.12) command -v "$candidate"; return ;;
            *) found="${found:+$found, }$candidate is $version" ;;
        esac
    done
    die "no Python 3.11 or 3.12 (${found:-no Python at all}): install one, or set LASS_PYTHON=/path/to/python"
}

check_machine() {
    local python=$1 version compiler free_kb
    version=$(version_of "$python")
    for compiler in "${CC:-cc}" "${CXX:-c++}"; do
        command -v "${compiler%% *}" >/dev/null ||
            die "no C/C++ compiler ('$compiler' not found; pesq and pyworld are compiled):" \
                "install gcc and g++, or set CC and CXX"
    done
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        die "$python has no venv module: install python$version-venv, or set LASS_PYTHON=/path/to/python"
    "$python" -c 'import os, sysconfig as s, sys; sys.exit(not os.path.exists(s.get_path("include") + "/Python.h"))' ||
        die "$python has no C headers (Python.h): install python$version-dev, or set LASS_PYTHON=/path/to/python"
    free_kb=$(df -Pk "$venv/" | awk 'NR == 2 { print $4 }')
    [ "$free_kb" -ge $((needed_gb * 1000 * 1000)) ] ||
        die "only $((free_kb / 1000 / 1000)) GB free for $venv, about $needed_gb GB are needed: make room," \
            "or make tools/venv a link to a folder on a larger disk"
}

explain_pip() {
    tail -n 15 "$log" >&2
    local unreachable="NewConnectionError|NameResolutionError|ProxyError|SSLError|ReadTimeout|ConnectTimeout"
    if grep -q "No space left on device" "$log"; then
        die "the disk of $venv is full: free about $needed_gb GB and run tools/setup.sh again"
    elif grep -qE "$unreachable|No matching distribution" "$log"; then
        die "packages could not be fetched: check the network, proxy and pip's index settings," \
            "then run tools/setup.sh again (log: $log)"
    fi
    die "pip failed: see the lines above and $log, then run tools/setup.sh again"
}

install() {
    local python broken
    mkdir -p "$venv"
    if [ ! -e "$venv/.complete" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        find "$venv/" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
        python=$(find_python)
        check_machine "$python"
        say "making tools/venv with $python; about 3 GB are fetched, which takes some minutes (log: $log)"
        "$python" -m venv "$venv" >"$log" 2>&1 || { tail -n 5 "$log" >&2; die "$python cannot make a venv: see above"; }
    else
        say "updating tools/venv (log: $log)"
    fi
    rm -f "$venv/.complete"
    mkdir -p "$venv/tmp"  # pip unpacks here: the disk that was checked, not a small /tmp
    TMPDIR=$venv/tmp PYTHONUNBUFFERED=1 "$venv/bin/python" -m pip install --no-input --no-compile --progress-bar off \
        -e "${root}[test]" -c "$root/tools/constraints.txt" 2>&1 | tee "$log" |
        { grep --line-buffered -oE '^(Collecting [^ (]+|Building wheels|Installing collected)' >&2 || true; } ||
        explain_pip
    rm -rf "$venv/tmp"
    "$venv/bin/python" -m compileall -q -j 0 "$venv/lib" >>"$log" 2>&1 || true  # on all cores; some hold Python 2 files
    broken=$(broken_modules "$venv/bin/python") ||
        die "tools/venv crashes while it imports its packages: see above, remove it and run tools/setup.sh again"
    [ -z "$broken" ] || die "installed, but these do not import: $broken; see $log"
    fingerprint "$venv/bin/python" >"$venv/.complete.new"
    mv "$venv/.complete.new" "$venv/.complete"
}

# One setup at a time in this tree; a second one waits, then finds the work done.
lock() {
    local held=$root/tools/.venv.lock
    if command -v flock >/dev/null; then
        exec 9>"$held"
        flock -n 9 || { say "waiting for another tools/setup.sh"; flock 9; }
        return
    fi
    until mkdir "$held.d" 2>/dev/null; do
        say "waiting for another tools/setup.sh (if none is running: rmdir $held.d)"
        sleep 5
    done
    # shellcheck disable=SC2064
    trap "rmdir '$held.d'" EXIT
}

unset PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX PIP_CONSTRAINT PIP_REQUIRE_VIRTUALENV
if [ -n "${LASS_PYTHON:-}" ]; then
    check_existing
    exit
fi
if ! complete "$venv/bin/python" "$venv/.complete"; then
    lock
    trap 'say "interrupted: run it again to finish"; exit 130' INT TERM
    complete "$venv/bin/python" "$venv/.complete" || install
fi
echo "tools/setup.sh: tools/venv is complete"
