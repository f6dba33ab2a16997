"""Records what each technique of post-training quantization gains with ImageNet weights, in `docs/results/ptq.json`.

    python tools/compare_ptq.py --data=FOLDER [--networks=mobilenet_v2] [--workdir=work/ptq]

`convert --weights=imagenet` compares nine int8 files with the float network on a part of the calibration pictures; this
keeps what it says of each. What the work folder holds is not converted again; a network takes some minutes of the
processor. `tools/update_readme.py` makes the table of docs/int8_accuracy.md.
"""

import argparse
import pathlib
import subprocess

from tfl_lite_suite.core import files
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.verb_process import verb_command

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "results" / "ptq.json"
PICTURES = 400


def converted(network: str, data: pathlib.Path, workdir: pathlib.Path) -> JsonObject:
    """Returns what `convert --json` prints for a network with ImageNet weights."""
    kept = workdir / f"{network}.json"
    if not kept.is_file():
        workdir.mkdir(parents=True, exist_ok=True)
        flags = (f"--model={network}", "--weights=imagenet", "--scheme=int8", f"--calibration={data}")
        output = f"--output={workdir / network}.tflite"
        command = verb_command("convert", *flags, f"--calibration_images={PICTURES}", output, "--json")
        kept.write_bytes(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return dict(files.read_json(kept))


def main() -> None:
    """Converts each network and keeps the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="photographs to calibrate with")
    parser.add_argument("--networks", type=lambda text: text.split(","), default=["mobilenet_v2"])
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("work/ptq"))
    given = parser.parse_args()
    networks = {}
    for network in given.networks:
        networks[network] = converted(network, given.data, given.workdir)["ptq"]
        files.write_json(OUTPUT, {"data": given.data.name, "networks": networks})


if __name__ == "__main__":
    main()
