#!/usr/bin/env bash
# vggsound: 199 176 clips of 10 s from YouTube, one of 309 labels each.
test_clips=all          # all of the test part, or clipsep (its 100 clean clips), or audiosep (its 1000 pairs)
without_audioset=false  # train without the clips that AudioSet has, too (MERL)
video=false             # fetch the pictures as well, for queries by image
cookies=                # file of cookies for clips that YouTube shows to accounts only
train_sets=train
valid_sets=valid
test_sets=test
model=resunet30         # conf/model/<model>.yaml
config=conf/train.yaml  # what this corpus needs different
licence="CC BY 4.0 (VGGSound); clips under the terms of YouTube"
recipe_options="test_clips without_audioset video cookies"
after_options() {
    variant=$test_clips
    ! $without_audioset || variant+=_without_audioset
    [ "$test_clips" = all ] || test_sets=$test_clips:test
}
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
