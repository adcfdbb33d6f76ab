#!/usr/bin/env bash
# esc50: the separation stages of HSM-TSS on ESC-10 at a size that a CPU trains: the first, the second behind it, both
# together, and "Ours single"; then how well they separate features: RESULTS_HSM_TSS.md, and two figures in exp/hsm_tss.
# The parts that they build on come first: hsm_tss_parts.sh. Run again, it goes on where it stopped.
set -euo pipefail

root=                        # folder of the corpus as published, if you have it
parts=exp/parts_esc10_fold5  # folder with q_audio_small and, to hear what is separated, acoustic_decoder_small
test=snr                     # rendered set whose mixtures are separated: snr or test
set=                         # changes of all trainings, separated by blanks: "train.max_steps=100"
tag=                         # of this run, added to the experiment folders; its table stays in exp/hsm_tss_<tag>

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../../utils/parse_options.sh"
cd "$here"
. ../path.sh
decoder="separator.decoder.model=$parts/acoustic_decoder_small/model"
[ -d "$parts/acoustic_decoder_small/model" ] || decoder="separator.decoder=null"
q_audio=$parts/q_audio_small/model # which holds its T5 and its AudioMAE
model_of() { echo "exp/esc50_hsm_tss_$1small_esc10_fold5${tag:+_$tag}/model"; }
train() { # NAME CHANGES [OPTION ..]
    "$here/run.sh" --subset esc10 --root "$root" --stop_stage 6 --config conf/hsm_tss.yaml --tag "$tag" \
        --model "hsm_tss_$1small" --set "$2 $set" "${@:3}"
}

train global_ "encoder.model=$q_audio"
train local_ "encoder.model=$q_audio" --init "$(model_of global_)" --init_partial true
train "" "encoder.model=$q_audio $decoder" --init "$(model_of local_)"
train single_ "encoder.model=$q_audio/text separator.audio.model=$q_audio/audio $decoder"
out=exp/hsm_tss${tag:+_$tag}
"$PYTHON" -m lass.bin hsm_report "data/esc10_fold5/mix/$test" --out "$out" \
    --model "$(model_of "")" "$(model_of local_)" "$(model_of global_)" "$(model_of single_)"
[ "$tag$test" != snr ] || cp "$out/table.md" RESULTS_HSM_TSS.md
