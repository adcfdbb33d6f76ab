#!/usr/bin/env bash
# TEMPLATE: what the corpus is, what is trained and tested on it.
corpus_root=            # folder that holds clips.csv and the audio that it names
train_sets=train
valid_sets=valid
test_sets=test
model=resunet30_small   # conf/model/<model>.yaml
config=conf/train.yaml  # what this corpus needs different
licence="not known: README.md of the recipe tells"
recipe_options="corpus_root"
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
