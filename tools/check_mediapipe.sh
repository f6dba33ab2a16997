#!/bin/bash
# Has MediaPipe's ImageClassifier, a client that this project did not write, read the suite's files and agree with it.
#
#   bash tools/check_mediapipe.sh FOLDER MODEL.tflite [MODEL.tflite …]
#
# FOLDER holds photographs, at any depth; at most PICTURES of them are used (500). The models are float32 or uint8 files
# of the suite for colour pictures; MediaPipe refuses int8 input. Fails if the top-1 answers agree on fewer than 99 %, or
# a probability differs by more than 2/255.
# MediaPipe needs NumPy 2 and lives in a virtual environment of its own, .cache/mediapipe (about 600 MB, made once).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.cache/mediapipe
python=${PYTHON:-$root/.venv/bin/python}

fail() {
  echo "error: $*" >&2
  exit 1
}

[[ $# -ge 2 ]] || fail "usage: bash tools/check_mediapipe.sh FOLDER MODEL.tflite [MODEL.tflite …]"
[[ -d $1 ]] || fail "$1: expected a folder of photographs"
"$python" -c 'import tfl_lite_suite' 2> /dev/null || fail "$python: the suite is not installed there. Set PYTHON"

for library in libGL.so.1:libgl1 libEGL.so.1:libegl1 libGLESv2.so.2:libgles2; do
  ldconfig -p | grep -q "${library%%:*}" || fail "MediaPipe needs ${library%%:*}: apt-get install ${library##*:}"
done

if ! "$venv/bin/python" -c 'import mediapipe' 2> /dev/null; then
  "$python" -m venv --clear "$venv"
  "$venv/bin/python" -m pip install --quiet 'mediapipe==1.2.2'
fi

"$python" "$root/tools/check_mediapipe.py" --mediapipe_python="$venv/bin/python" --pictures="${PICTURES:-500}" "$@"
