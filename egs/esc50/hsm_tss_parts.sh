#!/usr/bin/env bash
# esc50: the parts of HSM-TSS, one after the other, at a size that a CPU trains, and what each can do: RESULTS_PARTS.md.
# A fold is tested by parts that heard none of it. Run again, it goes on where it stopped.
set -euo pipefail

subset=esc10  # esc10: 400 clips (CC BY); esc50: all 2000 (CC BY-NC)
folds=5       # test folds, such as "1 2 3 4 5", whose clips are counted together; of each the fold before it validates
root=         # folder of the corpus as published, if you have it; nothing is downloaded then
set=          # changes of conf/part/audiomae_small.yaml, separated by blanks: "train.max_steps=1600 seed=1"
tag=          # name of this run, added to the experiment folders

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../../utils/parse_options.sh"
for fold in $folds; do
    "$here/run.sh" --subset "$subset" --test_fold "$fold" --root "$root" --stop_stage 3
done
cd "$here"
. ../path.sh
lass() { "$PYTHON" -m lass.bin "$@"; }
name=parts_$subset${tag:+_$tag}
changes=()
for change in $set; do changes+=(--set "$change"); done

probes=() tables=()
for fold in $folds; do
    data=data/${subset}_fold$fold exp=exp/${name}_fold$fold
    # AudioMAE, without labels; then what a linear layer reads from its features
    lass train_part --config ../../conf/part/audiomae_small.yaml "${changes[@]}" --data "$data/train" \
        --valid "$data/valid" --exp "$exp/audiomae_small"
    lass probe --part "$exp/audiomae_small/model" --train "$data/train" "$data/valid" --test "$data/test" \
        --out "$exp/probe"
    probes+=("$exp/probe")

    # Q-Audio on it, by names of the classes and sentences; then which clips texts find, and which texts clips
    "$PYTHON" local/small_t5.py "$data"
    lass train_part --config ../../conf/part/q_audio_small.yaml --of audio="$exp/audiomae_small/model" \
        --set part.text.pretrained="$data/encoders/t5" --data "$data/train" --valid "$data/valid" \
        --exp "$exp/q_audio_small"
    lass retrieval "$data/test" --config ../../conf/train.yaml --set query.source=labels \
        --set "encoder={class: lass.queries.q_audio.QAudio, model: $exp/q_audio_small/model}" --out "$exp/retrieval"
    tables+=("$exp/retrieval/table.md")
done
lass probe --join "${probes[@]}" --published esc50 --out "exp/$name/probe"

cat "exp/$name"/*/table.md "${tables[@]}" >RESULTS_PARTS.md
