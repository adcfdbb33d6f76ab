#!/usr/bin/env bash
# esc50: the parts of HSM-TSS, one after the other, at a size that a CPU trains, and what each can do: RESULTS_PARTS.md.
# A fold is tested by parts that heard none of it. Run again, it goes on where it stopped.
set -euo pipefail

subset=esc10  # esc10: 400 clips (CC BY); esc50: all 2000 (CC BY-NC)
folds=5       # test folds, such as "1 2 3 4 5", whose clips are counted together; of each the fold before it validates
root=         # folder of the corpus as published, if you have it; nothing is downloaded then
set=          # changes of conf/part/audiomae_small.yaml, separated by blanks: "train.max_steps=1600 seed=1"
q_audio_set=  # of conf/part/q_audio_small.yaml
codec_set=    # of conf/part/tf_codec_small.yaml
decoder_set=  # of conf/part/acoustic_decoder_small.yaml
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
train() { # NAME CHANGES [OPTION ..]
    local changes=()
    for change in $2; do changes+=(--set "$change"); done
    lass train_part --config "../../conf/part/$1.yaml" "${changes[@]}" "${@:3}" --data "$data/train" \
        --valid "$data/valid" --exp "$exp/$1"
}

probes=() tables=()
for fold in $folds; do
    data=data/${subset}_fold$fold exp=exp/${name}_fold$fold
    # AudioMAE, without labels; then what a linear layer reads from its features
    train audiomae_small "$set"
    lass probe --part "$exp/audiomae_small/model" --train "$data/train" "$data/valid" --test "$data/test" \
        --out "$exp/probe"
    probes+=("$exp/probe")

    # Q-Audio on it, by names of the classes and sentences; then which clips texts find, and which texts clips
    "$PYTHON" local/small_t5.py "$data"
    train q_audio_small "part.text.pretrained=$data/encoders/t5 $q_audio_set" --of audio="$exp/audiomae_small/model"
    lass retrieval "$data/test" --config ../../conf/train.yaml --set query.source=labels \
        --set "encoder={class: lass.queries.q_audio.QAudio, model: $exp/q_audio_small/model}" --out "$exp/retrieval"
    tables+=("$exp/retrieval/table.md")

    # A codec, and what it keeps of the test clips; then its tokens from the features of the AudioMAE
    train tf_codec_small "$codec_set"
    lass codec_report "$data/test" --codec "$exp/tf_codec_small/model" --out "$exp/codec_report"
    tables+=("$exp/codec_report/table.md")
    train acoustic_decoder_small "$decoder_set" --of audio="$exp/audiomae_small/model" \
        --of codec="$exp/tf_codec_small/model"
done
lass probe --join "${probes[@]}" --published esc50 --out "exp/$name/probe"

cat "exp/$name"/*/table.md "${tables[@]}" >RESULTS_PARTS.md
