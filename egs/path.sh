# shellcheck shell=bash
# Edit for your machine or cluster: the environment of the recipes, for example
#   module load cuda                          # before the line below
#   export LASS_PYTHON=/path/to/python        # an interpreter of yours instead of tools/venv
#   export HF_HOME=/large/disk/huggingface    # where downloaded encoders are kept
. "$(dirname "${BASH_SOURCE[0]}")/../tools/env.sh"
