#!/usr/bin/env bash
# Install Slurm and munge from Debian's packages, for the tests that start a private Slurm on this machine
# (test/cluster, test/utils). Optional: without it they are skipped. Needs root, or sudo; no service is started.
set -euo pipefail

die() { echo "install_slurm.sh: $*" >&2; exit 1; }

PATH=$PATH:/usr/sbin # where the daemons are
if ! command -v slurmctld >/dev/null || ! command -v slurmd >/dev/null || ! command -v munged >/dev/null; then
    command -v apt-get >/dev/null || die "no apt-get here: install Slurm and munge with your package manager"
    as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "not root, and there is no sudo: ask an administrator, or leave it"
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -q >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -qy --no-install-recommends \
        slurm-wlm munge >&2
fi
slurmctld -V
