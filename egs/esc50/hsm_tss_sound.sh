#!/usr/bin/env bash
# esc50: what HSM-TSS of ESC-10 sounds like: extraction and removal, beside the mixture as it is and what decoder and
# codec make of the target itself: RESULTS_SOUND.md, and a page with sounds and figures in exp/hsm_tss_sound/report.
# The parts (hsm_tss_parts.sh) and the models (hsm_tss.sh) come first. Run again, it goes on where it stopped.
set -euo pipefail

parts=exp/parts_esc10_fold5  # folder of the parts, with codec_report
tag=                         # of the models of hsm_tss.sh, added to the experiment folder, where the page is then
metrics=lsd,lsd_audioldm,kl,psnr,psnr_audioldm,clap_score,clap_audio

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../../utils/parse_options.sh"
cd "$here"
. ../path.sh
lass() { "$PYTHON" -m lass.bin "$@"; }
data=data/esc10_fold5 exp=exp/hsm_tss_sound${tag:+_$tag}
set_dir=$data/16k/mix/snr # the mixtures of $data/mix/snr, at the rate of the models
model_of() { echo "exp/esc50_hsm_tss_$1small_esc10_fold5${tag:+_$tag}/model"; }

lass format "$data/orig/test" "$data/16k/test" --store data/flac16k --rate 16000
lass make_mixlist "$data/16k/test" "$set_dir" --config conf/mix.yaml
lass mix "$data/16k/test" "$set_dir" --config conf/mix.yaml
lass mix "$data/16k/test" "$set_dir" --config conf/mix.yaml --finish
"$PYTHON" local/small_tagger.py "$data"
"$PYTHON" local/small_encoders.py "$data" clap

score() { # SYSTEM NAME [OPTION ..]: of what was separated, or with --mixture of the mixtures
    lass score "$set_dir" --out "$exp/score/snr/$1" --system "$2" "${@:3}" --metrics "$metrics" \
        --metric_models "tagger=$data/encoders/tagger.safetensors" "clap=$data/encoders/clap" \
        --tagger_accuracy "$(cat "$data/encoders/tagger.txt")"
}
system() { # SYSTEM NAME MODEL TABLE [OPTION ..]: separate and score
    lass separate --set "$set_dir" --out "$exp/sep/snr/$1" --model "$3" "${@:5}"
    score "$1" "$2" --est_scp "$exp/sep/snr/$1/wav.scp" --info "$exp/sep/snr/$1/info.json" --queries "$4"
}
score mixture mixture --mixture
system model model "$(model_of "")" queries
system removal removal "$(model_of "")" interf_queries --remove
system control_interferer control_interferer "$(model_of "")" interf_queries --control interferer
system true_features true_features "$(model_of "")" queries --baseline true_features
system true_tokens true_tokens "$(model_of "")" queries --baseline true_tokens
system single "single stage" "$(model_of single_)" queries
system single_removal "single stage, removal" "$(model_of single_)" interf_queries --remove

lass report "$exp" --out "$exp/RESULTS.md" --figures "$exp/report" --paper local/hsm_tss_paper.yaml
{ # Nearer to the target than the mixture is? Differences of the same mixtures, with their intervals.
    for system in model removal true_features; do
        lass compare "$exp/score/snr/$system" "$exp/score/snr/mixture" --out "$exp/compare/$system.json"
    done
    lass compare "$exp/score/snr/model" "$exp/score/snr/single" --out "$exp/compare/model_single.json"
} | tee "$exp/compare.txt"
page=RESULTS_SOUND.md
[ -z "$tag" ] || page=$exp/RESULTS_SOUND.md
{
    cat "$exp/RESULTS.md"
    printf '\n## Differences\n\n```\n'
    cat "$exp/compare.txt"
    printf '```\n\n'
    sed 's/^#/##/' "$parts/codec_report/table.md"
} >"$page"
