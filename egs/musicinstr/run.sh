#!/usr/bin/env bash
# musicinstr: the solos of MUSIC, 536 videos of eleven instruments in segments of 10 s; AudioSep's test of 46 videos.
video=false  # fetch the pictures as well, for queries by image
cookies=     # file of cookies for clips that YouTube shows to accounts only
train_sets=train
valid_sets=valid
test_sets=test
model=resunet30         # conf/model/<model>.yaml
config=conf/train.yaml  # what this corpus needs different
licence="MUSIC states none; videos under the terms of YouTube"
recipe_options="video cookies"
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
