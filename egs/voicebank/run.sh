#!/usr/bin/env bash
# voicebank: VoiceBank-DEMAND, noisy speech; trained on speech and noise, tested on the 824 published mixtures.
speakers=28       # of the training set: 28 (England) or 56 (Scotland, United States)
noise=data/noise  # where noise is written that is left when clean speech is taken from the noisy clips
train_sets=train
valid_sets=valid
test_sets=
published_sets=voicebank_demand  # files of conf/sets; their audio lies in the corpus
model=resunet30         # conf/model/<model>.yaml
config=conf/train.yaml  # what this corpus needs different
licence="CC BY 4.0 (VoiceBank-DEMAND)"
recipe_options="speakers noise"
after_options() { variant=${speakers}spk; }
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
