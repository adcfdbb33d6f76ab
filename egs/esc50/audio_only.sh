#!/usr/bin/env bash
# esc50: MERL's question on a small scale: the four rows of conf/variants/audiosep_clap_small.yaml, trained with several
# seeds (--seeds "1 2", --steps 400), and one table over them (AUDIO_ONLY.md, made by lass seeds).
# Takes the other options of run.sh but --model, --row, --tag, --stage and --stop_stage; run again, it goes on.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
seeds="1 2" steps=400 options=() fold=5 subset=esc50
while [ $# -gt 0 ]; do
    case $1 in
        --seeds) seeds=$2 ;;
        --steps) steps=$2 ;;
        *) options+=("$1" "${2?$0: $1 has no value}") ;;
    esac
    case $1 in --subset) subset=$2 ;; --test_fold) fold=$2 ;; esac
    shift 2
done
folder=${subset}_fold$fold
rows=()
for row in text audio text_dropout audio_dropout; do
    experiments=()
    for seed in $seeds; do
        tag=steps${steps}_seed$seed
        "$here/run.sh" "${options[@]}" --model audiosep_clap_small --row "$row" --tag "$tag" --stop_stage 8 \
            --set "seed=$seed train.max_steps=$steps train.val_every=$((steps / 2))"
        experiments+=("exp/esc50_audiosep_clap_small_${row}_${folder}_$tag")
    done
    rows+=("$row=$(IFS=, && echo "${experiments[*]}")")
done
cd "$here"
. ../path.sh
"$PYTHON" -m lass.bin seeds "${rows[@]}" --set test --out AUDIO_ONLY.md \
    --title "Audio-only training on a small scale: $folder, $steps steps"
