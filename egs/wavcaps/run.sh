#!/usr/bin/env bash
# wavcaps: 403 050 clips of four sources with captions that a language model wrote, 7568 h; sizes in README.md.
sources="AudioSet_SL BBC_Sound_Effects FreeSound SoundBible"  # all, or some of them
blacklists="test_ac ub8k_esc50_vggsound"  # published lists of clips to leave out: also all_ac; or none
longest=60   # s; longer clips are cut into equal parts
train_sets=train
valid_sets=valid
test_sets=test
model=resunet30         # conf/model/<model>.yaml
config=conf/train.yaml  # what this corpus needs different
licence="WavCaps: for academic uses only; clips under the terms of YouTube, BBC, Freesound and SoundBible"
recipe_options="sources blacklists longest"
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
