# shellcheck shell=bash
# Edit for your machine or cluster: how the recipes start their jobs. Options of run.sh win over what stands here.
cmd=run        # launcher: run (this machine) or slurm (conf/slurm.conf, egs/CLUSTER.md); LASS_CMD wins
nj=2           # parallel jobs of the stages format, mix, embed and score
nj_separate=1  # parallel jobs of stage separate, each with a model
num_threads=2  # threads of training and separation
gpu=0          # GPUs of training and separation, of each node
num_nodes=1    # machines of training (slurm)
