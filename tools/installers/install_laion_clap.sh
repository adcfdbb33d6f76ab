#!/usr/bin/env bash
# Install LAION's own CLAP package beside the environment, to check lass.queries.clap against it. Optional.
#
# Its requirements (numpy<2, wandb) contradict the environment, so pip cannot resolve it: it comes with --no-deps, and
# what it imports comes pinned. `pip check` complains afterwards; the recipes never import it.
set -euo pipefail

. "$(dirname "$0")/../env.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
log=$root/tools/.venv.laion_clap.log
imported=(torchlibrosa==0.1.0 ftfy==6.3.1 wcwidth==0.9.4 braceexpand==0.1.7 webdataset==1.0.2 wget==3.2 progressbar==2.5
    pandas==3.1.1 torchvision==0.26.0)

die() { echo "install_laion_clap.sh: $*" >&2; exit 1; }
pip_install() {
    "$PYTHON" -m pip install --no-input "$@" >>"$log" 2>&1 ||
        { tail -n 10 "$log" >&2; die "pip failed: check the network and run it again (log: $log)"; }
}

installed() {
    "$PYTHON" - laion_clap==1.1.7 "${imported[@]}" <<'EOF'
import sys
from importlib.metadata import PackageNotFoundError, version
try:
    sys.exit(any(version(name) != wanted for name, _, wanted in (pin.partition("==") for pin in sys.argv[1:])))
except PackageNotFoundError:
    sys.exit(1)
EOF
}

if ! installed; then
    : >"$log"
    pip_install -c "$root/tools/constraints.txt" "${imported[@]}"
    pip_install --no-deps laion_clap==1.1.7
fi

# Without HF_HUB_OFFLINE the import waits for the hub. With it, transformers makes up a tokenizer for a model that is
# not in the hub cache, without an error: queries would then all look alike.
vocabulary=$(HF_HUB_OFFLINE=1 "$PYTHON" -W ignore -c '
from laion_clap.training.data import roberta_tokenizer
print(len(roberta_tokenizer))' 2>>"$log") ||
    { tail -n 5 "$log" >&2; die "laion_clap does not import: see above and $log"; }
echo "install_laion_clap.sh: laion_clap 1.1.7 is installed and imports"
[ "$vocabulary" = 50265 ] || echo "install_laion_clap.sh: its RoBERTa tokenizer has a vocabulary of $vocabulary, not" \
    "50265: fetch roberta-base, bert-base-uncased and facebook/bart-base into the hub cache before you use it" >&2
