"""Marks the parts of a picture that led to an answer: a class activation map from the .tflite file itself."""

import pathlib
import sys
from typing import TYPE_CHECKING, Any

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.files import atomic_path
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.evaluate.preprocessing import normalization_of
from tfl_lite_suite.explain import Explainer

if TYPE_CHECKING:
    from tfl_lite_suite.runtime.isolation import Emit


def _main() -> JsonObject:
    from tfl_lite_suite.explain import overlay
    from tfl_lite_suite.runtime import isolation

    given = flags.FLAGS
    model, picture = command_line.required("model"), command_line.required("picture")
    output = given.output or f"{pathlib.Path(picture).stem}_explained.png"
    events: list[Any] = []

    def work(emit: "Emit") -> None:
        explainer = Explainer(model, given.engine, normalization_of(given.mean, given.std))
        emit(explainer.warnings)
        found = explainer.explain(picture, given.label)
        with atomic_path(output) as temporary:
            overlay.draw(found.picture, found.map).save(temporary, "PNG")
        emit(found.document())

    isolation.call(work, f"'{model}'", on_event=events.append)
    warnings, document = events
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return {"model": model, "picture": picture, "output": output, **document}


def _show(found: JsonObject) -> str:
    answer = "none of these" if found["answer"] is None else found["answer"]
    how = found["method"].replace("_", " ")
    return (
        f"{found['output']}: what speaks for {found['label']} ({percent(found['probability'], 1)}) by {how}; "
        f"the answer is {answer}"
    )


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "The .tflite file.")
    flags.DEFINE_string("picture", None, "The picture.")
    flags.DEFINE_string("label", None, "The class to explain; the most probable if absent.")
    flags.DEFINE_string("output", None, "The PNG to write; PICTURE_explained.png in this folder if absent.")
    flags.DEFINE_string("engine", None, "litert or tflite_runtime; the first installed if absent.")
    flags.DEFINE_list("mean", None, "Normalization (pixel - mean) / std of a file that does not say it.")
    flags.DEFINE_list("std", None, "See --mean; one number, or one for each channel, in pixel units 0-255.")
    command_line.run_verb(
        "explain",
        __doc__,
        _main,
        _show,
        required=("model", "picture"),
        example="--model=mine.tflite --picture=leaf.jpg",
    )
