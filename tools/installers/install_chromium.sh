#!/usr/bin/env bash
# Install Chromium and its driver from Debian's packages, to test the report's page in a real browser
# (test/report/test_page_in_browser.py). Optional: without it that test is skipped. Needs root, or sudo.
set -euo pipefail

die() { echo "install_chromium.sh: $*" >&2; exit 1; }

if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
    command -v apt-get >/dev/null || die "no apt-get here: install chromium and chromedriver with your package manager"
    as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "not root, and there is no sudo: ask an administrator, or leave it"
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -q >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
        chromium chromium-driver fonts-dejavu-core >&2
fi
chromedriver --version
chromium --version
