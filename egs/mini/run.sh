#!/usr/bin/env bash
# mini: 300 clips of twelve synthetic sound families, made here; all stages on a laptop CPU in minutes.
train_sets=train
valid_sets=valid
test_sets=test
model=resunet30_small  # conf/model/<model>.yaml
config=conf/train.yaml # what this corpus needs different
licence="none needed: synthetic, Apache-2.0 like the code"
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
