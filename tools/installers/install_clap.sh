#!/usr/bin/env bash
# Install LAION's and Microsoft's own CLAP packages beside the environment, to check lass.queries.clap and .ms_clap
# against them. Optional.
#
# Their requirements (numpy<2, transformers<5, wandb) contradict the environment, so pip cannot resolve them: they come
# with --no-deps, and what they import comes pinned. `pip check` complains afterwards; the recipes never import them.
set -euo pipefail

. "$(dirname "$0")/../env.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
log=$root/tools/.venv.clap.log
imported=(torchlibrosa==0.1.0 ftfy==6.3.1 wcwidth==0.9.4 braceexpand==0.1.7 webdataset==1.0.2 wget==3.2 progressbar==2.5
    pandas==3.1.1)
packages=(laion_clap==1.1.7 msclap==1.3.4)

die() { echo "install_clap.sh: $*" >&2; exit 1; }
pip_install() {
    "$PYTHON" -m pip install --no-input "$@" >>"$log" 2>&1 ||
        { tail -n 10 "$log" >&2; die "pip failed: check the network and run it again (log: $log)"; }
}

installed() {
    "$PYTHON" - "${packages[@]}" "${imported[@]}" <<'EOF'
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
    pip_install --no-deps "${packages[@]}"
fi

# Without HF_HUB_OFFLINE the import waits for the hub. With it, transformers makes up a tokenizer for a model that is
# not in the hub cache, without an error: queries would then all look alike.
vocabulary=$(HF_HUB_OFFLINE=1 "$PYTHON" -W ignore -c '
from laion_clap.training.data import roberta_tokenizer
print(len(roberta_tokenizer))' 2>>"$log") ||
    { tail -n 5 "$log" >&2; die "laion_clap does not import: see above and $log"; }
"$PYTHON" -W ignore -c "import msclap" 2>>"$log" ||
    { tail -n 5 "$log" >&2; die "msclap does not import: see above and $log"; }
echo "install_clap.sh: ${packages[*]} are installed and import"
[ "$vocabulary" = 50265 ] || echo "install_clap.sh: laion_clap's RoBERTa tokenizer has a vocabulary of $vocabulary," \
    "not 50265: fetch roberta-base, bert-base-uncased and facebook/bart-base into the hub cache before you use it" >&2
