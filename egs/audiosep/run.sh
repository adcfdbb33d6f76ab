#!/usr/bin/env bash
# audiosep: AudioSet, VGGSound, AudioCaps, Clotho and WavCaps together, as AudioSep is trained (Table I).
corpora=audiosep                  # all five, or audio_only: AudioCaps and VGGSound (MERL), with --model audio_only
audioset=audioset/data/all        # formatted sets (after stage 3) of the other recipes, seen from --root,
vggsound=vggsound/data/all        # which is egs/ unless it is given
audiocaps=audiocaps/data/v1_all
clotho=clotho/data/part
wavcaps=wavcaps/data
train_sets="audioset vggsound audiocaps clotho wavcaps"
valid_sets=valid
test_sets=test
model=audiosep_clap     # conf/model/<model>.yaml
config=conf/train.yaml  # what this corpus needs different
licence="for academic uses only (AudioCaps, WavCaps); clips under the terms of their sources"
recipe_options="corpora audioset vggsound audiocaps clotho wavcaps leaks"
in_place=true           # the clips are formatted already
after_options() {
    root=${root:-$lass_egs} leaks=${leaks:-clean}
    variant=$leaks
    [ "$corpora,$vggsound" != audio_only,vggsound/data/all ] || vggsound+=_without_audioset
    [ "$corpora" != audio_only ] || variant+=_audio_only train_sets="audiocaps vggsound" config=conf/audio_only.yaml
    [ "$leaks" = clean ] || test_sets= # as in the paper, clips of the test sets are trained on
}
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
