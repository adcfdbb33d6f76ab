#!/usr/bin/env bash
# esc50: real recordings of 50 classes (--subset esc10: ten), three folds to train, one to choose, one to test.
subset=esc50      # esc50: all 2000 clips (CC BY-NC); esc10: 400 clips (CC BY)
test_fold=5       # 1 to 5; the fold before it validates; cross_validate.sh runs them all
audiosep_list=    # a second test set, AudioSep's esc50_eval.csv: that file, or "download"
train_sets=train
valid_sets=valid
test_sets="test snr:test"
model=resunet30_small   # conf/model/<model>.yaml
config=conf/train.yaml  # what this corpus needs different
recipe_options="subset test_fold audiosep_list"
after_options() {
    variant=${subset}_fold$test_fold
    leaks=${leaks:-paper} # all of ESC-50 is heard in AudioSep's set of it; the test fold is heard in no training
    licence="CC BY-NC 3.0 (ESC-50)"
    [ "$subset" != esc10 ] || licence="CC BY (ESC-10 subset of ESC-50)"
    [ "$test_fold" != all ] || parts=("${subset}_fold"{1..5})
    [ -z "$audiosep_list" ] || test_sets+=" audiosep:test"
    small=${model#audiosep_} small=${small%_small} # clap or clip: trained here, on the training folds
    [ "$model" = "audiosep_${small}_small" ] || small=
    [ -z "$small" ] || set="encoder.model=data/$variant/encoders/$small $set"
}
before_embed() { [ -z "$small" ] || "$PYTHON" local/small_encoders.py "data/$variant" "$small"; }
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
