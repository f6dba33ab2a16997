"""Ranks networks, widths, resolutions and compressions that meet a device's limits. Never imports TensorFlow."""

from absl import flags

from tfl_lite_suite.advise import advise, show
from tfl_lite_suite.advise.result import Advice
from tfl_lite_suite.core import command_line


def _limits() -> dict[str, float]:
    from tfl_lite_suite.advise import choice

    limits = {name: flags.FLAGS[name].value for name in choice.FIGURE if flags.FLAGS[name].value is not None}
    if flags.FLAGS.fps is not None:
        limits["max_ms"] = min(limits.get("max_ms", 1e9), 1000 / flags.FLAGS.fps)
    return limits


def _main() -> Advice:
    from tfl_lite_suite.advise import presentation
    from tfl_lite_suite.core import recipe
    from tfl_lite_suite.core.files import write_text

    given = flags.FLAGS
    found = advise(
        _limits(),
        given.priority,
        device=given.device,
        data=given.data,
        classes=given.classes,
        workdirs=given.workdir,
    )
    texts = {given.html: presentation.page} | {given.output: lambda of: recipe.dump(presentation.recipe_for(of))}
    for path, text in texts.items():
        if path:
            write_text(path, text(found))
    return found


if __name__ == "__main__":
    flags.DEFINE_float("max_ms", None, "Largest median latency of one picture, in milliseconds.", 0)
    flags.DEFINE_float("fps", None, "Smallest number of pictures a second; another form of --max_ms.", 0.001)
    flags.DEFINE_integer("max_bytes", None, "Largest size of the file.", 1)
    flags.DEFINE_integer("max_memory", None, "Largest resident memory of the process, in bytes.", 1)
    flags.DEFINE_integer("max_arena", None, "Microcontroller: memory for the interpreter's arena, in bytes.", 1)
    flags.DEFINE_integer("max_flash", None, "Microcontroller: flash for the model, without the program, in bytes.", 1)
    flags.DEFINE_float("min_top1", None, "Smallest top-1 on the data of --data, as a share from 0 to 1.", 0, 1)
    flags.DEFINE_float("max_joules", None, "Largest energy of one inference, in joules.", 0)
    flags.DEFINE_string("priority", "mobile", "inspection, surveillance, mobile, or weights: accuracy=0.5,latency=0.5.")
    flags.DEFINE_string(
        "device", None, "JSON of benchmark or tools/measure_device.py for another device; this machine if absent."
    )
    flags.DEFINE_string(
        "data", "imagenet", "Data whose accuracy counts: imagenet, or the data.source of a recipe that was run."
    )
    flags.DEFINE_integer("classes", 1000, "Number of classes.", 2)
    flags.DEFINE_list("workdir", [], "Work folders of finished runs, separated by commas.")
    flags.DEFINE_string("output", None, "Write the recipe to run next.")
    flags.DEFINE_string("html", None, "Also write the ranking as a page with plots.")
    command_line.run_verb("advise", __doc__, _main, show, example="--max_ms=20 --max_bytes=4000000 --classes=10")
