#!/usr/bin/env bash
# Sets everything up and does the main job: trains a small network, makes int8 files of it, measures them.
source "$(dirname "$0")/environment.sh"

.venv/bin/python -m tfl_lite_suite.run --recipe=recipes/quickstart_fashion_mnist.yaml --workdir=work/quickstart "$@"
