"""Compares MediaPipe's answers with the suite's; run by `check_mediapipe.sh`.

MediaPipe gets each picture twice: as the suite prepared it, so that only the model and its metadata are compared, and
as a whole file, which MediaPipe squashes to the model's size by itself. Only the first must agree.
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy as np

_TOP1_AGREEMENT = 0.99
_PROBABILITY_DIFFERENCE = 2 / 255
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


def main() -> None:
    """Parses the command line and compares each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mediapipe_python", default="")
    parser.add_argument("--pictures", type=int, default=500)
    parser.add_argument("--classify", nargs=2, metavar=("WORK", "MODEL"))
    parser.add_argument("folder", nargs="?")
    parser.add_argument("models", nargs="*")
    options = parser.parse_args()
    if options.classify:
        classify(*map(pathlib.Path, options.classify))
        return
    files = [path for path in sorted(pathlib.Path(options.folder).rglob("*")) if path.suffix.lower() in _SUFFIXES]
    random.Random(0).shuffle(files)
    agreed = [compare(model, files[: options.pictures], options.mediapipe_python) for model in options.models]
    sys.exit(0 if all(agreed) else 1)


def compare(model: str, files: list[pathlib.Path], mediapipe_python: str) -> bool:
    """Prints how far both agree on one model.

    Args:
        model: The `.tflite` file.
        files: Photographs.
        mediapipe_python: The Python that has MediaPipe.

    Returns:
        Whether they agree well enough.
    """
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        suite_logits = run_suite(model, files, work)
        subprocess.run([mediapipe_python, __file__, "--classify", str(work), model], check=True)
        scores, whole = (np.load(work / name) for name in ("scores.npy", "whole.npy"))
    ours, theirs = softmax(suite_logits), softmax(scores)
    top1, difference = agreement(suite_logits, scores), float(np.abs(ours - theirs).max())
    ties = float((np.sort(suite_logits, axis=1)[:, -1] == np.sort(suite_logits, axis=1)[:, -2]).mean())
    good = top1 >= _TOP1_AGREEMENT and difference <= _PROBABILITY_DIFFERENCE
    print(
        f"{model}: {len(files)} pictures; same top-1 {top1:.2%}; largest difference of a score "
        f"{np.abs(suite_logits - scores).max():.4g}, of a probability {difference * 255:.2f}/255; tied for first place "
        f"{ties:.2%}; same top-1 where MediaPipe resizes {agreement(suite_logits, whole):.2%}: "
        f"{'agrees' if good else 'DISAGREES'}",
        flush=True,
    )
    return good


def run_suite(model: str, files: list[pathlib.Path], work: pathlib.Path) -> np.ndarray:
    """Prepares the pictures by the model's contract and runs the model; writes what `classify` needs.

    Returns:
        Real-valued scores `(n, classes)`, float32.
    """
    from tfl_lite_suite.core import image
    from tfl_lite_suite.runtime import engines
    from tfl_lite_suite.tflite.file import TfliteFile

    file = TfliteFile.read(model)
    if file.contract is None or file.contract.channels != 3 or file.inputs[0].dtype == "int8":
        sys.exit(f"error: {model}: expected a float32 or uint8 file of the suite, for colour pictures")
    pictures = np.stack([image.prepare(image.decode(path, 3), file.contract) for path in files])
    np.save(work / "pictures.npy", pictures)
    (work / "files.txt").write_text("\n".join(map(str, files)))
    session = engines.get("litert").open(model)
    found = []
    for picture in pictures:
        session.set_input(picture[np.newaxis].astype(file.inputs[0].dtype))
        session.run()
        found.append(session.get_output()[0])
    scores = np.stack(found).astype(np.float32)
    output = file.outputs[0]
    return (scores - output.zero_point) * np.float32(output.scale) if output.scales else scores


def classify(work: pathlib.Path, model: pathlib.Path) -> None:
    """Runs in MediaPipe's environment: writes its scores of the prepared and of the whole pictures."""
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    base = BaseOptions(model_asset_path=str(model))
    options = vision.ImageClassifierOptions(base_options=base, max_results=-1)
    pictures = np.load(work / "pictures.npy")
    files = (work / "files.txt").read_text().split("\n")

    def scores(picture: mediapipe.Image) -> np.ndarray:
        categories = classifier.classify(picture).classifications[0].categories
        found = np.full(len(categories), np.nan, np.float32)
        found[[category.index for category in categories]] = [category.score for category in categories]
        return found

    with vision.ImageClassifier.create_from_options(options) as classifier:
        prepared = [scores(mediapipe.Image(mediapipe.ImageFormat.SRGB, picture)) for picture in pictures]
        whole = [scores(mediapipe.Image.create_from_file(file)) for file in files]
    np.save(work / "scores.npy", np.stack(prepared))
    np.save(work / "whole.npy", np.stack(whole))


def agreement(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Returns on which part of the pictures both have the same first class; of equal scores the first counts."""
    return float((ours.argmax(axis=1) == theirs.argmax(axis=1)).mean())


def softmax(logits: np.ndarray) -> np.ndarray:
    """Returns probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


if __name__ == "__main__":
    main()
