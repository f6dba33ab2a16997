#!/usr/bin/env bash
# Fetches the wheels that the suite needs on a 64-bit Raspberry Pi, for one without internet.
#
#   bash tools/pi/fetch_wheels.sh [--python=3.11] [--package=NAME …] FOLDER
#
# --python is the Pi's: 3.11 on Debian 12, 3.13 on Debian 13. --package adds an engine's package, such as ai-edge-litert.
# PYTHON chooses the interpreter here, one that has the suite installed.
set -euo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=${PYTHON:-$checkout/.venv/bin/python}
[[ -x $here || -n ${PYTHON:-} ]] || here=python3

fail() {
  echo "error: $*" >&2
  exit 1
}

python=3.11 folder='' packages=()
for argument in "$@"; do
  case $argument in
    --python=*) python=${argument#*=} ;;
    --package=*) packages+=("${argument#*=}") ;;
    -*) fail "unknown argument '$argument'. Known: --python=3.11 --package=NAME" ;;
    *) folder=$argument ;;
  esac
done
[[ $python =~ ^3\.[0-9]+$ ]] || fail "--python: expected a version such as 3.11. Received: '$python'"
[[ -n $folder ]] || fail "no folder named. Usage: bash tools/pi/fetch_wheels.sh [--python=3.11] FOLDER"

mapfile -t required < <("$here" - "${python#3.}" "${packages[@]}" << 'LIST'
import sys
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime.remote import package
try:
    print(*package.required((3, int(sys.argv[1])), sys.argv[2:]), sep="\n")
except SuiteError as error:
    print(f"error: {error}", file=sys.stderr)
LIST
)
((${#required[@]})) || exit 1
# Newest first: Debian 12's C library is 2.36, Debian 13's 2.41.
platforms=()
for minor in 36 35 34 31 28 27 24 17; do
  platforms+=(--platform "manylinux_2_${minor}_aarch64")
done
"$here" -m pip download --quiet --disable-pip-version-check --only-binary=:all: --dest "$folder" \
  "${platforms[@]}" --platform manylinux2014_aarch64 --python-version "$python" --implementation cp -- pip "${required[@]}"
ls "$folder"
