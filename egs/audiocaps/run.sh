#!/usr/bin/env bash
# audiocaps: 51 308 clips of 10 s from YouTube with captions; tags from AudioSet.
version=1    # of the lists: 1, or 2.0 (captions corrected and more of them)
subset=all   # all, or lass: LASS-Net's training clips, which have 33 tags
video=false  # fetch the pictures as well, for queries by image
cookies=     # file of cookies for clips that YouTube shows to accounts only
train_sets=train
valid_sets=valid
test_sets=test
model=resunet30         # conf/model/<model>.yaml
config=conf/train.yaml  # what this corpus needs different
licence="AudioCaps: free for academic purposes only; clips under the terms of YouTube"
recipe_options="version subset video cookies"
after_options() {
    variant=v${version}_$subset
    [ "$subset" != lass ] || { test_sets=lass:test published_sets=lass_test published_clips=audio; }
}
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
