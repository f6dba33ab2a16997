"""Shows how much faster `evaluate` is than a loop in one thread: the same model, pictures and preparation.

Both decode, prepare and run every picture, by turns, in one run of this script; the ratio is what counts.

    python tools/bench_evaluate.py --model=FILE.tflite [--data=FOLDER] [--engine=litert] [--rounds=3]
"""

import argparse
import os
import pathlib
import tempfile
import time

import numpy as np
from PIL import Image

from tfl_lite_suite import data, evaluate
from tfl_lite_suite.core import contract, image
from tfl_lite_suite.evaluate import answers
from tfl_lite_suite.runtime import engines, isolation, machine, pixels
from tfl_lite_suite.tflite.normalization import RAW


def main() -> None:
    """Prints the two rates and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="A .tflite file.")
    parser.add_argument(
        "--data", help="A folder with one subfolder for each class; 2,000 made-up JPEG files if absent."
    )
    parser.add_argument("--engine", help="The first installed if absent.")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    engine = given.engine or engines.default()
    with tempfile.TemporaryDirectory() as folder:
        source = given.data or made_up_pictures(pathlib.Path(folder))
        model = evaluate.open_model(given.model, engine)
        of = model.contract
        ratios = []
        for _ in range(given.rounds):
            alone = isolation.call(lambda emit: loop(given.model, engine, source, of), "the loop")
            shared = harness(given.model, engine, model, source)
            ratios.append(shared / alone)
            print(f"loop {alone:8.1f} images/s   evaluate {shared:8.1f} images/s   ratio {ratios[-1]:.2f}")
    print(f"median ratio {np.median(ratios):.2f} on {machine.usable_cores()} cores")


def loop(path: str, engine: str, source: str, of: contract.Contract) -> float:
    """Runs every picture one after the other in this thread; returns images/s."""
    listing = data.listing_of(source)
    session = engines.get(engine).open(path)
    encoder = pixels.encoder(session.input, RAW)
    begin = time.perf_counter()
    for index in range(len(listing)):
        found = listing.read(index)
        picture = image.decode(found, of.channels) if isinstance(found, bytes) else found
        scores = session.invoke(encoder.encode(image.prepare(picture, of)[None]))
        int(np.argmax(scores))
    return len(listing) / (time.perf_counter() - begin)


def harness(path: str, engine: str, model: evaluate.Model, source: str) -> float:
    """Does what the verb does, preparation included; returns images/s."""
    begin = time.perf_counter()
    images = evaluate.open_data(model.contract, source, None, "error")
    runner = answers.Runner(path, engine, workers=machine.usable_cores())
    evaluation, _ = evaluate.evaluate(runner, model, images)
    return evaluation.n / (time.perf_counter() - begin)


def made_up_pictures(folder: pathlib.Path, classes: int = 10, each: int = 200) -> str:
    """Writes JPEG files of smooth noise, 160x120; returns the folder."""
    generator = np.random.default_rng(0)
    for label in range(classes):
        os.mkdir(folder / str(label))
        for number in range(each):
            coarse = Image.fromarray(generator.integers(0, 256, (12, 16, 3), np.uint8))
            coarse.resize((160, 120), Image.Resampling.BICUBIC).save(folder / str(label) / f"{number}.jpg", quality=90)
    return str(folder)


if __name__ == "__main__":
    main()
