#!/usr/bin/env bash
# esc50: real recordings of ten classes (--subset esc10), three folds to train, one to choose, one to test.
esc50_root=       # folder that holds audio/ and meta/esc50.csv
subset=esc10      # esc10: the 400 clips under CC BY
test_fold=5       # 1 to 5; the fold before it validates
train_sets=train
valid_sets=valid
test_sets=test
model=resunet30_small   # conf/model/<model>.yaml
config=conf/train.yaml  # what this corpus needs different
licence="CC BY (ESC-10 subset of ESC-50)"
recipe_options="esc50_root subset test_fold"
recipe_tag() { echo "${subset}_fold$test_fold"; }
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
