"""Classifies one picture, several, or a folder with a `.tflite`, exported or `.keras` model."""

import os
import sys
from typing import TYPE_CHECKING, Any

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.evaluate.preprocessing import normalization_of
from tfl_lite_suite.predict import KERAS, TOP, Opening, Warned, engine_for, pictures_of, predict_files
from tfl_lite_suite.predict.result import Prediction

if TYPE_CHECKING:
    from tfl_lite_suite.runtime.isolation import Emit


def _main() -> Any:
    """Returns the document of one picture, or a list of such for a folder or several pictures."""
    from tfl_lite_suite.runtime import engines, exporting, isolation

    given = flags.FLAGS
    path, names = command_line.required("model"), command_line.required("picture")
    engine = engine_for(path, given.engine)
    command_line.only_with(engine != KERAS, "for a .tflite or exported file", "threads", "kernels")
    version = "" if engine == KERAS else engines.get(engine).version
    pictures, documents = pictures_of(names), []
    file = path if engine == KERAS else exporting.file_for(path, engine)
    opening = Opening(file, engine, given.threads, given.kernels, normalization_of(given.mean, given.std))

    def take(event: tuple[str, Prediction | str] | Warned) -> None:
        if isinstance(event, Warned):
            for warning in event.warnings:
                print(f"warning: {warning}", file=sys.stderr)
            return
        picture, answer = event
        if isinstance(answer, Prediction):
            about = {"model": path, "engine": engine, "engine_version": version}
            documents.append({"picture": picture, **answer.document(), **about})
        elif given.on_corrupt == "error":
            raise SuiteError(answer)
        else:
            print(f"left out: {answer}", file=sys.stderr)

    def work(emit: "Emit") -> None:
        predict_files(opening, pictures, emit, given.top or None)

    if engine == KERAS:
        work(take)
    else:
        isolation.call(work, f"'{path}' on {engine}", on_event=take)
    if not documents:
        raise SuiteError("--picture: not one readable picture")
    return documents[0] if len(names) == 1 and not os.path.isdir(names[0]) else documents


def _show(found: Any) -> str:
    """Returns the answers as text: a line a picture, for a single one its ranked classes below it."""
    if isinstance(found, list):
        return "\n".join(f"{item['picture']}: {_answer(item)}" for item in found)
    lines = [_answer(found), *(f"  {item['label']}: {percent(item['probability'], 1)}" for item in found["ranked"])]
    return "\n".join(lines)


def _answer(document: JsonObject) -> str:
    likeliest = document["ranked"][0]
    if document["rejected"]:
        return f"none of the classes (likeliest: {likeliest['label']}, {percent(likeliest['probability'], 1)})"
    if len(document["labels"]) > 1:
        return ", ".join(document["labels"])
    return f"{document['label']} ({percent(document['probability'], 1)})"


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "The .tflite, .onnx, .ncnn.param, .mnn or .keras file.")
    flags.DEFINE_multi_string("picture", None, "A picture, or a folder of pictures. May be repeated.")
    flags.DEFINE_integer("top", TOP, "How many classes to list, the most probable first; 0 lists all.", 0)
    flags.DEFINE_string("engine", None, "Engine; the first installed if absent.")
    flags.DEFINE_integer("threads", 1, "Threads the runtime may use.", 1, 256)
    flags.DEFINE_enum("kernels", "default", ["default", "builtin", "reference"], "Which kernels; as in benchmark.")
    flags.DEFINE_list("mean", None, "Normalization (pixel - mean) / std of a file that does not contain it.")
    flags.DEFINE_list("std", None, "See --mean; one number, or one for each channel, in pixel units 0-255.")
    flags.DEFINE_enum(
        "on_corrupt", "error", ["error", "skip"], "Whether an unreadable picture is an error or is skipped and counted."
    )
    command_line.run_verb(
        "predict",
        __doc__,
        _main,
        _show,
        required=("model", "picture"),
        example="--model=mine.tflite --picture=leaf.jpg",
    )
