"""Tables of the documentation about single measurements: estimates, training steps, sizes, other chips."""

from collections.abc import Mapping, Sequence

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.types import JsonObject

_ESTIMATES = ("figure", "measurements", "median error", "largest error")
_STEPS = ("network", "folded", "live", "answers of the float network, in addition")
_PARTS_OF = {
    "folded": "batch normalization folded, nothing rounded",
    "weights": "weights rounded, too",
    "qat": "activations rounded, too",
}
_PTQ = ("int8 file", "KL (standard error)", "agreement")
_LEARNED = ("network", "same answers, auto", "same answers, learned", "surest half, auto", "surest half, learned")
_CODE = ("source", "flash, bytes", "bytes of these for the tables of the resize filter")
_APK = ("ABI", "in the APK (compressed)", "installed", "GPU delegate, part of the installed")
_PARITY = ("file", "kernels", "same top-1", "identical outputs", "largest difference of an output")
_KERNELS = {"CPU": "TensorFlow Lite's own"}
_NPU = ("int8 file", "operators on the NPU", "partitions")
_MICRO_FRAME = "mobilenet_v1_025"


def estimates_table(document: JsonObject) -> str:
    """Returns a row a figure: how far the estimates of `advise` are from measurements.

    Args:
        document: What `tools/check_estimates.py` wrote.
    """
    rows = [
        [name, str(row["measurements"]), percent(row["median_error"], 1), percent(row["largest_error"], 1)]
        for name, row in document["figures"].items()
    ]
    return Table(_ESTIMATES, rows).markdown()


def lint_arena_table(document: JsonObject) -> str:
    """Returns a row a network: the arena that `lint` estimates, and that of LiteRT's builtin kernels."""
    return _arenas(
        document["arenas"], "lint", "litert", ("network", "lint's estimate", "LiteRT, builtin kernels", "ratio")
    )


def micro_arena_table(document: JsonObject) -> str:
    """Returns a row a network: the arena that `advise` estimates, and that of TensorFlow Lite Micro."""
    return _arenas(document["arenas"], "advise", "tflm", ("network", "estimate", "TensorFlow Lite Micro", "ratio"))


def _arenas(networks: Mapping[str, JsonObject], estimate: str, measured: str, header: Sequence[str]) -> str:
    rows = [
        [name, f"{row[estimate]:,}", f"{row[measured]:,}", f"{row[estimate] / row[measured]:.2f}"]
        for name, row in networks.items()
    ]
    return Table(header, rows).markdown()


def steps_table(steps: Sequence[JsonObject]) -> str:
    """Returns a row a network: the time of a quantization-aware step relative to a float step.

    Args:
        steps: What `tools/bench_qat.py --documented` measured.
    """
    kinds = ("qat", "live", "answers")
    rows = [[_case(row), *(f"{row['ratios'][kind]:.2f}" for kind in kinds)] for row in steps if not row["parts"]]
    return Table(_STEPS, rows).markdown()


def parts_table(steps: Sequence[JsonObject]) -> str:
    """Returns where the time of a quantization-aware step goes, for the network that was taken apart."""
    row = next(row for row in steps if row["parts"])
    lines = [[words, f"{row['ratios'][kind]:.2f}"] for kind, words in _PARTS_OF.items()]
    return Table((_case(row), "relative to a float step"), lines).markdown()


def _case(row: JsonObject) -> str:
    width = "" if row["alpha"] == 1 else f" {row['alpha']:g}"
    return f"{row['model']}{width}, {row['resolution']} pixels, batches of {row['batch_size']}"


def ptq_table(networks: Mapping[str, JsonObject]) -> str:
    """Returns a row an int8 file that post-training quantization compared, for each network.

    Args:
        networks: `networks` of what `tools/compare_ptq.py` wrote.
    """
    rows = []
    for network, found in networks.items():
        for row in found["candidates"]:
            words = " + ".join(name.replace("_", " ") for name in row["techniques"]) or "plain"
            divergence = f"{row['kl']:.4f} ({row['kl_stderr']:.4f})"
            rows.append([f"{network}, {words}".lstrip(", "), divergence, percent(row["agreement"], 1)])
    return Table(_PTQ, rows).markdown()


def ptq_of_run(stages: JsonObject) -> str:
    """Returns the same for the network of a recorded run, without its name."""
    return ptq_table({"": next(file["ptq"] for file in stages["convert"] if file.get("ptq"))})


def learned_table(networks: Mapping[str, JsonObject]) -> str:
    """Returns a row a network: on how many pictures its int8 file answers as the float file.

    Args:
        networks: `networks` of what `tools/compare_learned.py` wrote.
    """
    kinds = ("auto", "learned")
    rows = [
        [name, *(percent(row[kind][of], 1) for of in ("all", "surest_half") for kind in kinds)]
        for name, row in networks.items()
    ]
    return Table(_LEARNED, rows).markdown()


def code_table(networks: Mapping[str, JsonObject]) -> str:
    """Returns a row a source file for microcontrollers: its bytes of flash."""
    code = networks[_MICRO_FRAME]["code"]
    rows = [[f"{name}.cc", f"{row['bytes']:,}", f"{row['tables']:,}"] for name, row in code.items() if "bytes" in row]
    return Table(_CODE, rows).markdown()


def apk_table(document: JsonObject) -> str:
    """Returns a row for each kind of processors: what its libraries take in the app.

    Args:
        document: What `tools/android/apk_sizes.py` wrote.
    """
    keys = ("compressed", "installed", "installed_gpu")
    rows = [[abi, *(_megabytes(row[key]) for key in keys)] for abi, row in document["libraries"].items()]
    rows.append(["all else but the model", _megabytes(document["others"]), "", ""])
    return Table(_APK, rows).markdown()


def _megabytes(value: int) -> str:
    return f"{value / 1e6:.2f} MB"


def parity_table(rows: Sequence[JsonObject]) -> str:
    """Returns a row a file and its kernels: whether the app answers as Python does.

    Args:
        rows: `rows` of what `tools/android/measure_parity.py` wrote.
    """
    lines = []
    for row in rows:
        of = row["pictures"]
        largest = row["largest_difference"]
        shown = f"{largest:.1g}" if row["file"] == "float32" else f"{largest:.0f} steps"
        same, equal = (f"{row[key]} of {of}" for key in ("top1_same", "outputs_identical"))
        lines.append([row["file"], _KERNELS.get(row["kernels"], row["kernels"]), same, equal, shown])
    return Table(_PARITY, lines).markdown()


def npu_table(networks: Mapping[str, JsonObject]) -> str:
    """Returns a row a network: how many of its operators LiteRT's compiler puts on the NPU.

    Args:
        networks: `networks` of what `tools/measure_npu.py` counted.
    """
    rows = [[name, f"{row['on_npu']} of {row['operators']}", str(row["partitions"])] for name, row in networks.items()]
    return Table(_NPU, rows).markdown()
