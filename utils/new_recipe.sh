#!/usr/bin/env bash
# Make a recipe that runs: utils/new_recipe.sh NAME copies egs/TEMPLATE to egs/NAME; egs/README.md tells what is next.
set -euo pipefail
export LC_ALL=C

die() { echo "utils/new_recipe.sh: $*" >&2; exit 1; }
[ $# -eq 1 ] || die "expected one argument, the NAME of the recipe"
name=$1
[[ $name =~ ^[a-z][a-z0-9_]*$ ]] || die "bad name '$name': begin with a letter, then a-z, 0-9 and _"
cd "$(dirname "${BASH_SOURCE[0]}")/../egs"
[ ! -e "$name" ] || die "egs/$name is there already: remove it or take another name"

new=.$name.$$
trap 'rm -rf -- "$new"' EXIT
mkdir "$new" "$new/local" "$new/conf"
for file in README.md RESULTS.md run.sh local/data.py conf/mix.yaml conf/train.yaml; do
    sed "s/TEMPLATE/$name/g" "TEMPLATE/$file" >"$new/$file"
done
chmod +x "$new/run.sh"
mv "$new" "$name"
echo "egs/$name: describe the corpus in local/data.py and README.md, then egs/$name/run.sh --help"
