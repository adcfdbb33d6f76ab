"""One training in several processes (ranks): who starts them, and what each trains on."""

import os
import warnings

import torch
from lightning.fabric.plugins.environments import LightningEnvironment, SLURMEnvironment
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch.strategies import DDPStrategy

from lass.errors import LassError


def trainer_options(ngpu: int, num_nodes: int) -> dict:
    """Arguments of a ``Trainer`` for one process a GPU on each node; where there are no GPUs, CPUs and gloo.

    On one node Lightning starts the processes itself; on several, ``srun`` has (``utils/slurm.py --num_nodes N``).

    Args:
        ngpu: processes on each node; 0 for one, with the accelerator that is there.

    Raises:
        LassError: fewer GPUs than that, or several nodes without srun.
    """
    processes, gpus = max(1, ngpu), torch.cuda.device_count()
    if gpus and ngpu > gpus:
        raise LassError(f"--ngpu {ngpu}: this machine has {gpus} GPU{'s' if gpus > 1 else ''}: ask for fewer")
    world = processes * num_nodes
    by_srun = os.environ.get("SLURM_STEP_NUM_TASKS") == str(world) and world > 1
    if num_nodes > 1 and not by_srun:
        raise LassError(f"--num_nodes {num_nodes}: needs srun to start {world} processes: run.sh --cmd slurm does so")
    warnings.filterwarnings("ignore", "The `srun` command is available")  # said wherever Slurm is installed
    # Of lass itself, not of Lightning, are saving when time is up and queueing again: lass/train/interruption.py.
    environment = SLURMEnvironment(auto_requeue=False) if by_srun else LightningEnvironment()
    found = {"devices": processes, "num_nodes": num_nodes, "accelerator": "auto", "plugins": [environment]}
    if world > 1:
        found["strategy"] = DDPStrategy(process_group_backend="nccl" if gpus else "gloo")
        found["sync_batchnorm"] = bool(gpus)  # gloo has none: each rank then normalises by its own share
    return found


def share(batch_size: int, world_size: int) -> int:
    """Mixtures of a batch that each rank takes.

    Raises:
        LassError: the batch cannot be cut into equal shares.
    """
    if batch_size % world_size:
        raise LassError(f"train.batch_size {batch_size}: is that of all processes together, and {world_size} do not "
                        "divide it")
    return batch_size // world_size


def is_first() -> bool:
    """Whether this process is the one that writes files."""
    return getattr(rank_zero_only, "rank", 0) == 0
