#!/usr/bin/env bash
# Runs the Raspberry Pi runner on an emulated Pi, with the real aarch64 wheels, and compares its int8 outputs with x86's.
#
#   bash tools/pi/emulate.sh [--images=200] [--networks=a,b] [--resolution=32] [--cpus=cortex-a72,cortex-a76]
#                            [--engines=tflite_runtime,litert] [--kernels=default,builtin] [--pictures=FOLDER]
#                            [--output=FILE.json]
#   bash tools/pi/emulate.sh --only=prepare     what `benchmark --count_instructions` needs
#
# --networks takes .tflite files as well, such as trained ones. They answer test pictures of Fashion-MNIST, or those of
# --pictures: a folder with one subfolder a class.
# A Debian 12 arm64 root and Debian 13's QEMU are unpacked into the user's cache without root; the emulated machine is reached
# over a real SSH server on loopback, exactly as a Pi is. The networks are made by emulated_models.py. Emulation is slow:
# an int8 network at 32x32 takes 0.05 to 2 s an image. Cortex-A72 is the Pi 4's CPU, Cortex-A76 the Pi 5's.
# PYTHON chooses the interpreter, one with the extra [host]; the checkout's .venv if there is one.
set -euo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=${PYTHON:-$checkout/.venv/bin/python}
[[ -x $here || -n ${PYTHON:-} ]] || here=python3

images=200 networks='' pictures='' resolution=32 cpus=cortex-a72,cortex-a76 engines=tflite_runtime,litert
kernels=default,builtin only=''
output=raspberry_pi_emulated.json
for argument in "$@"; do
  case $argument in
    --images=* | --networks=* | --resolution=* | --cpus=* | --engines=* | --kernels=* | --pictures=* | --output=* | --only=prepare)
      printf -v "$(cut -d= -f1 <<< "${argument#--}")" %s "${argument#*=}" ;;
    *)
      echo "error: unknown argument '$argument'. Known: --images --networks --resolution --cpus --engines --kernels --pictures --output --only=prepare" >&2
      exit 1
      ;;
  esac
done

cache=${TFL_LITE_SUITE_CACHE:-$HOME/.cache/tfl_lite_suite}/emulated_pi
mkdir -p "$cache"
debian=("$here" "$checkout/tools/pi/debian_packages.py")
"${debian[@]}" "$cache/bookworm-arm64" python3 libgomp1 libstdc++6 --suite=bookworm --architecture=arm64
# Under Debian 12's own QEMU 7.2, LiteRT's wheel crashes.
"${debian[@]}" "$cache/qemu" qemu-user --suite=trixie --architecture="$(dpkg --print-architecture)"
[[ -d $cache/wheels ]] ||
  PYTHON=$here bash "$checkout/tools/pi/fetch_wheels.sh" --python=3.11 --package=ai-edge-litert "$cache/wheels" >&2
if [[ $only == prepare ]]; then
  # Debian 13's QEMU has no plugins, Debian 12's has.
  "${debian[@]}" "$cache/qemu_plugins" qemu-user --suite=bookworm --architecture="$(dpkg --print-architecture)"
  mkdir -p "$cache/site-packages"
  for wheel in "$cache"/wheels/*.whl; do
    "$here" -m zipfile -e "$wheel" "$cache/site-packages"
  done
  exec "${CC:-cc}" -O2 -Wall -Wextra -Werror -shared -fPIC -o "$cache/count_instructions.so" \
    "$checkout/tools/pi/count_instructions.c"
fi
models=$cache/models-$resolution
[[ -n $networks ]] || networks=$("$here" -c 'from tfl_lite_suite import models; print(*models.names(), sep=",")')
"$here" "$checkout/tools/pi/emulated_models.py" "$models" --side="$resolution" --networks="$networks"
exec "$here" "$checkout/tools/pi/compare_emulated.py" --cache="$cache" --qemu="$cache/qemu/usr/bin/qemu-aarch64" \
  --root="$cache/bookworm-arm64" --wheels="$cache/wheels" --models="$models" --networks="$networks" --cpus="$cpus" \
  --engines="$engines" --kernels="$kernels" --images="$images" --side="$resolution" --output="$output" ${pictures:+--pictures="$pictures"}
