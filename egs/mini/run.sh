#!/usr/bin/env bash
# mini: 300 clips of twelve synthetic sound families, made here; all stages on a laptop CPU in minutes.
train_sets=train
valid_sets=valid
test_sets=test
model=resunet30_small  # conf/model/<model>.yaml
config=conf/train.yaml # what this corpus needs different
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
