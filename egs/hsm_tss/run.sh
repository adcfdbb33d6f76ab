#!/usr/bin/env bash
# hsm_tss: AudioCaps, Clotho, ESC-50, FSD50K and WavCaps together, as HSM-TSS is trained (Sec. IV-A).
audiocaps=audiocaps/data/v1_all   # formatted sets (after stage 3) of the other recipes, seen from --root,
clotho=clotho/data/published      # which is egs/ unless it is given
esc50=esc50/data/esc50_fold5
fsd50k=fsd50k/data
wavcaps=wavcaps/data
music=musicinstr/data
ontology=fsd50k/downloads/ontology.json  # AudioSet's
tags=data/tags.tsv                # text -> unified tags; what it lacks is added by rules
train_sets="audiocaps clotho fsd50k wavcaps esc50"
valid_sets=valid
test_sets="hsm_audiocaps hsm_clotho hsm_fsd50k hsm_music hsm_3sets"
model=resunet30                   # conf/model/<model>.yaml
config=conf/train.yaml            # what this corpus needs different
licence="for academic uses only (AudioCaps, WavCaps); clips under the terms of their sources"
recipe_options="audiocaps clotho esc50 fsd50k wavcaps music ontology tags leaks"
in_place=true                     # the clips are formatted already
after_options() {
    root=${root:-$lass_egs} leaks=${leaks:-clean}
    scoring=${scoring:---rate 16000 --metrics lsd_audioldm,psnr_audioldm,sdri} # Sec. IV-A: all at 16 kHz
    variant=$leaks
    [ "$leaks" = paper ] || train_sets=${train_sets% esc50} config=conf/clean.yaml # a test set is made of all of ESC-50
}
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
