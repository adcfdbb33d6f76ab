#!/usr/bin/env bash
# audioset: 2 084 320 segments of YouTube videos with labels of 527 classes.
part=balanced  # what is trained on: balanced (22 160 segments), or all
video=false    # fetch the pictures as well, for queries by image
cookies=       # file of cookies for clips that YouTube shows to accounts only
anchors_list=  # test on anchor segments: what local/anchors.py wrote
train_sets=train
valid_sets=valid
test_sets=test
model=resunet30         # conf/model/<model>.yaml
config=conf/train.yaml  # what this corpus needs different
licence="AudioSet: lists CC BY 4.0, ontology CC BY-SA 4.0; clips under the terms of YouTube"
recipe_options="part video cookies anchors_list"
after_options() {
    variant=$part
    [ -z "$anchors_list" ] || variant+=_anchors test_sets=anchors
}
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
