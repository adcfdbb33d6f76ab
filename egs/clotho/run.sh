#!/usr/bin/env bash
# clotho: Clotho 2.1, 5929 clips of 15 to 30 s from Freesound, five captions each.
valid=part   # part: 5 % of development and validation, which are merged for training; published: validation itself
train_sets=train
valid_sets=valid
test_sets=test
model=resunet30         # conf/model/<model>.yaml
config=conf/train.yaml  # what this corpus needs different
licence="each clip under its own Freesound licence, captions: Tampere University licence, non-commercial"
recipe_options=valid
after_options() { variant=$valid; }
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
