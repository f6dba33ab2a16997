"""Tables of the documentation, made from what the measuring scripts of `tools/` wrote into `docs/results/`."""

from collections.abc import Mapping, Sequence

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.types import JsonObject

_HEALTH = ("pictures", "copies found", "wrong labels found", "right labels reported as wrong", "masks found")
_UNBALANCED = (
    "settings", "seed", "recall of shirts (95 % interval)", "macro F1", "against the default (95 % interval), points",
    "top-1",
)  # fmt: skip
_SETTINGS = {
    "default": "default: loss cross_entropy, select top1",
    "chosen": "auto: loss logit_adjusted, select macro_f1",
    "sample": "balance sample, select macro_f1",
    "weights": "balance weights, select macro_f1",
}
_FULL_SIZE = ("network", "float32", "int8", "int8 / float32")
_PI = (
    "network", "LiteRT, same top-1", "largest difference", "tflite-runtime, same top-1", "largest difference",
)  # fmt: skip
_SEARCH = ("network", "top-1", "top-1, unseen half", "median latency", "bytes")


def health_table(sets: Sequence[JsonObject]) -> str:
    """Returns a row a kind of pictures: what `data` found of the faults that `tools/check_data_health.py` hid."""
    keys = ("copies", "labels", "false_labels", "masks")
    rows = [[row["pictures_are"], *(f"{100 * row[key]:.3g} %" for key in keys)] for row in sets]
    return Table(_HEALTH, rows).markdown()


def unbalanced_table(runs: Sequence[JsonObject]) -> str:
    """Returns a row a training on unbalanced classes."""
    rows = []
    for run in runs:
        change = run.get("macro_f1_against_default_seed_0")
        points = "–"
        if change:
            points = f"{100 * change['difference']:+.1f} ({_points(change['ci95'])})"
        low, high = run["rare_recall_ci95"]
        recall = f"{percent(run['rare_recall'], 1)} ({100 * low:.1f} … {100 * high:.1f})"
        figures = [percent(run[key], 1) for key in ("macro_f1", "top1")]
        rows.append([_SETTINGS[run["setting"]], str(run["seed"]), recall, figures[0], points, figures[1]])
    return Table(_UNBALANCED, rows).markdown()


def _points(interval: Sequence[float]) -> str:
    low, high = interval
    return f"{100 * low:+.1f} … {100 * high:+.1f}"


def engine_latency_table(networks: Mapping[str, JsonObject]) -> str:
    """Returns a row a file: its median latency on every engine.

    Args:
        networks: `small` of what `tools/measure_latency.py` measured.
    """
    versions = {
        row["engine"]: row["engine_version"] for files in networks.values() for rows in files.values() for row in rows
    }
    lines = []
    for network, files in networks.items():
        for scheme, rows in files.items():
            of_engine = {row["engine"]: row for row in rows}
            lines.append([network, scheme, *(_latency(of_engine.get(name)) for name in versions)])
    return Table(["network", "file", *(f"{name} {version}" for name, version in versions.items())], lines).markdown()


def _latency(row: JsonObject | None) -> str:
    return "–" if row is None else f"{'' if row['valid'] else '~'}{row['latency_ms']:.3f}"


def full_size_table(networks: Mapping[str, JsonObject]) -> str:
    """Returns a row a network: what int8 takes beside float32 on LiteRT, the network that gains most first.

    Args:
        networks: `full_size` of what `tools/measure_latency.py` measured.
    """
    rows = [
        [name, _ms(row["float32_ms"]), _ms(row["int8_ms"]), f"{'' if row['valid'] else '~'}{row['ratio']:.2f}"]
        for name, row in sorted(networks.items(), key=lambda item: float(item[1]["ratio"]))
    ]
    return Table(_FULL_SIZE, rows).markdown()


def _ms(value: float) -> str:
    return f"{value:.3g} ms"


def instructions_table(networks: Mapping[str, JsonObject]) -> str:
    """Returns a row a network: the ARM instructions of an inference in millions, and what share of them int8 takes.

    Args:
        networks: `networks` of what `tools/count_instructions.py` counted.
    """
    cpus = next(iter(networks.values()))["cpus"]
    header = [
        "network",
        *(f"{cpu.title()}, {column}" for cpu in cpus for column in ("float32", "int8", "int8 / float32")),
    ]
    lines = []
    for name, row in networks.items():
        lines.append([name])
        for counts in row["cpus"].values():
            float32, int8 = counts["float32"], counts["int8"]
            lines[-1] += [f"{float32 / 1e6:.4g} M", f"{int8 / 1e6:.4g} M", f"{int8 / float32:.2f}"]
    return Table(header, lines).markdown()


def pi_table(rows: Sequence[JsonObject]) -> str:
    """Returns a row a network: how far emulated Pis give the answers of x86, by runtime, on the worse of their CPUs.

    Args:
        rows: `rows` of what `tools/pi/emulate.sh` measured; those with default kernels are shown.
    """
    found: dict[str, dict[str, list[JsonObject]]] = {}
    for row in rows:
        if row["kernels"] == "default":
            found.setdefault(row["network"], {}).setdefault(row["engine"], []).append(row)
    lines = []
    for network, by_engine in found.items():
        cells = [network]
        for engine in ("litert", "tflite_runtime"):
            of_engine = by_engine.get(engine, [])
            cells.append(percent(min(row["top1_agreement"] for row in of_engine), 1) if of_engine else "–")
            cells.append(f"{max(row['largest_difference_steps'] for row in of_engine)} steps" if of_engine else "–")
        lines.append(cells)
    cpus = {
        engine: " and ".join(dict.fromkeys(row["cpu"].title() for row in rows if row["engine"] == engine))
        for engine in ("litert", "tflite_runtime")
    }
    return f"{Table(_PI, lines).markdown()}\n(LiteRT: {cpus['litert']}; tflite-runtime: {cpus['tflite_runtime']})\n"


def search_table(document: JsonObject, as_written: int = 3) -> str:
    """Returns a row a file: those of the recipe as written, then those of the front that the search found.

    Args:
        document: `results.json` of a search.
        as_written: How many trials, the first ones, are the recipe itself.
    """
    written = document["trials"][:as_written]
    known = {trial["trial"] for trial in written}
    lines = [[f"the recipe as written, {trial['params']['scheme']}", *_trial(trial)] for trial in written]
    for trial in document["front"]:
        if trial["trial"] not in known:
            given = trial["params"]
            words = [f"{given['data.resolution']}×{given['data.resolution']} pixels"]
            if given["model.alpha"] != 1:
                words.append(f"{given['model.alpha']:g} of the width")
            if given["prune.params_ratio"] != 1:
                words.append(f"{given['prune.params_ratio']:g} of the parameters")
            words += [f"batch {given['train.batch_size']}", f"learning rate {given['train.learning_rate']:.2g}"]
            lines.append([f"found: {', '.join([*words, given['scheme']])}", *_trial(trial)])
    return Table(_SEARCH, lines).markdown()


def _trial(trial: JsonObject) -> list[str]:
    time = f"{'' if trial['steady'] else '~'}{trial['ms']:.3f} ms"
    return [percent(trial["top1"]), percent(trial["top1_unseen"]), time, f"{trial['bytes']:,}"]
