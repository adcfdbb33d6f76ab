#!/usr/bin/env bash
# fsd50k: 51 197 clips of 0.3 to 30 s from Freesound, labelled with 200 classes of AudioSet's ontology.
train_sets=train
valid_sets=valid
test_sets="test snr:test"
model=resunet30         # conf/model/<model>.yaml
config=conf/train.yaml  # what this corpus needs different
licence="CC BY 4.0 (FSD50K), each clip CC0, CC BY, CC BY-NC or CC Sampling+"
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
