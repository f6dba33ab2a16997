"""What a frozen network makes of pictures before its classifier: computed once, kept in the work folder."""

import dataclasses
import time
import zipfile

import numpy as np

from tfl_lite_suite.core.files import atomic_path
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.npz import write_arrays
from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.core.types import Array, KerasModel
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.data import Dataset, pipeline
from tfl_lite_suite.models.graph.batches import for_batches
from tfl_lite_suite.models.graph.rewrite import classifier

FILE = "features.npz"
_BATCH = 128
_PARTS = ("train", "validation", "test")


@dataclasses.dataclass(frozen=True)
class Features:
    """The features of every picture of a data set.

    Attributes:
        train: float32 `(n, d)`.
        validation: float32 `(n, d)`.
        test: float32 `(n, d)`.
        picture_seconds: How long one picture took, without the start.
    """

    train: Array
    validation: Array
    test: Array
    picture_seconds: float


def extractor(model: KerasModel) -> KerasModel:
    """Returns the part of a network before its classifier.

    Where that is a convolution, what it takes is averaged over the image first. A 1×1 convolution and the average may
    change places, so the classifier is linear in either case.
    """
    features = classifier(model).input
    if len(features.shape) == 4:
        features = keras.layers.GlobalAveragePooling2D()(features)
    return keras.Model(model.input, features)


def compute(model: KerasModel, images: Dataset, kept: Stage | None) -> Features:
    """Returns the features of every picture, read back where an earlier run kept them.

    Args:
        model: The frozen network.
        images: The pictures.
        kept: Where they are kept; `None` keeps none.
    """
    done = kept.finished() if kept else None
    if kept and done is not None:
        try:
            with np.load(kept.folder / FILE, allow_pickle=False) as file:
                arrays = [file[part] for part in _PARTS]
            return Features(arrays[0], arrays[1], arrays[2], float(done["picture_seconds"]))
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            pass
    frozen = extractor(model)
    forward = for_batches(frozen)
    splits = [getattr(images, part) for part in _PARTS]
    progress, seconds, arrays = Progress("features", sum(map(len, splits))), list[float](), []
    for split in splits:
        arrays.append(np.empty((len(split), frozen.output_shape[-1]), np.float32))
        begin, before = 0, time.monotonic()
        for pictures, _ in pipeline.evaluation_batches(split, _BATCH) if len(split) else ():
            end = begin + len(pictures)
            arrays[-1][begin:end] = forward(pictures).numpy()
            now = time.monotonic()
            seconds.append((now - before) / (end - begin))
            begin, before = end, now
            progress.update(sum(map(len, arrays[:-1])) + end)
    progress.close()
    # The first batch builds the graph.
    found = Features(arrays[0], arrays[1], arrays[2], float(np.median(seconds[1:] or seconds)))
    if kept:
        with atomic_path(kept.folder / FILE) as temporary:
            write_arrays(temporary, dict(zip(_PARTS, arrays, strict=True)))
        kept.finish({"picture_seconds": found.picture_seconds, "width": frozen.output_shape[-1]}, [FILE])
    return found
