#!/bin/sh
# The batch script of utils/slurm.py; its arguments are the command.
exec "$@"
