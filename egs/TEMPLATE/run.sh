#!/usr/bin/env bash
# TEMPLATE: what the corpus is, what is trained and tested on it.
train_sets=train
valid_sets=valid
test_sets=test
model=resunet30_small   # conf/model/<model>.yaml
config=conf/train.yaml  # what this corpus needs different
licence="not known: README.md of the recipe tells"
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
