"""Train a system: lass train --exp DIR --data_root DIR --config a.yaml [--config b.yaml ...] [--set key=value ...]."""

import argparse

from lass.errors import LassError
from lass.io import stamp
from lass.io.scratch import scratch_folder
from lass.train.arguments import add_arguments, read_config
from lass.train.experiment import leak_policies, manifests


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass train", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--ngpu", type=int, default=0, metavar="G", help="GPUs on each node, a process each (without "
                        "GPUs: processes); 0: one process")
    parser.add_argument("--num_nodes", type=int, default=1, metavar="N", help="nodes, started by srun")
    parser.add_argument("--scratch", type=scratch_folder, metavar="DIR", help="on a disk of this machine: the audio is "
                        "copied there, and read from there")
    parser.add_argument("--overfit_batch", type=int, default=0, metavar="STEPS", help="learn one batch")
    args = parser.parse_args(argv)

    config = read_config(args)
    done = args.exp / "model" / ".done"
    inputs = manifests(config, args.data_root, ("wav.scp", "captions", "utt2labels"), "mixlist.tsv")
    weights = args.exp / "model" / "model.safetensors"
    if not args.overfit_batch and stamp.is_complete(done, config, inputs, [weights]):
        print(f"{args.exp}: trained, nothing to do")
        return

    from lass.infer.model import Model
    from lass.train.fit import Training
    from lass.train.run import carry_out

    if args.overfit_batch:
        losses = Training(config, args.exp, args.data_root).overfit_batch(args.overfit_batch)
        end = sum(losses[-10:]) / len(losses[-10:])
        print(f"loss of one batch: {losses[0]:.4f} at step 1, {end:.4f} in the last of {len(losses)} steps")
        if not end < losses[0]:
            raise LassError("the loss of a single batch did not fall: look at optimiser.lr, the loss and the data")
        return
    training = Training(config, args.exp, args.data_root, args.ngpu, args.num_nodes, args.scratch)
    if carry_out(training, args.exp, config, inputs, "train", argv):
        model = config | {"leaks": leak_policies(config, args.data_root)}
        Model(model, training.encoder, training.separator).save(args.exp / "model")
        stamp.write(done, config, inputs)


if __name__ == "__main__":
    main()
