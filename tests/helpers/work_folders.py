"""Work folders as `run` leaves them, made up, with class names that try to break out of a page."""

import json

import made_up_results
import numpy as np
from PIL import Image

from tfl_lite_suite.benchmark.result import Device
from tfl_lite_suite.core import recipe
from tfl_lite_suite.evaluate.result import ClassResult

CLASSES = ("<script>alert(1)</script>", 'b" onload="x', "c|d\ne")
PAGE_BREAKERS = ("<script", 'b" onload')


def make(folder, source=None):
    """Writes a finished run of three classes and two files; `source` is a folder that `pictures` made."""
    settings = recipe.Recipe("made_up", recipe.Data(str(source or "gone/away"), 32), recipe.Model("mobilenet_v2"))
    per_class = [{"label": name, "n": 4, "top1": share} for name, share in zip(CLASSES, (1.0, 0.75, 0.5), strict=True)]
    answers = {
        "per_class": tuple(ClassResult(**one) for one in per_class),
        "confusion": ((4, 0, 0), (0, 3, 1), (1, 1, 2)),
    }
    timing = made_up_results.timed(valid=False, device=Device(cpu="<b>quick</b>")).document()
    epochs = [{"loss": 2.0 / n, "train_top1": 0.1 * n, "validation_top1": None, "seconds": 1.5} for n in (1, 2, 3)]
    layer = {"layer": "stem", "operator": "CONV_2D", "tensor": "t", "snr_db": 20.0, "cosine": 0.99, "own_snr_db": None}
    change = {"gained": 1, "lost": 3, "points": -0.1, "ci95": [-0.15, -0.05], "verdict": "loss"}
    ledger = {"name": "train", "runtime": "TensorFlow", "n": 12, "top1": 0.8, "source": None, "against_float": None}
    results = {
        "train": {
            "top1": 0.8, "top5": 1.0, "epochs": 3, "seconds": 4.5, "model": "mobilenet_v2", "params": 1000,
            "images": {"train": 30, "validation": 0, "test": 12}, "history": epochs,
        },
        "quantize": {
            "top1_float": 0.8, "top1_qat": 0.79, "seconds": 2, "history": epochs[:1],
            "layers": [layer, {**layer, "own_snr_db": -3.0}],
        },
        "convert": [
            {"name": "float32", "scheme": "float32", "file_bytes": 4000, "seconds": 1.0},
            {"name": "int8_ptq", "scheme": "int8", "file_bytes": 1000, "ptq": {"techniques": ["bias_correction"]}},
        ],
        "evaluate": [made_up_results.evaluated(name, **answers).document() for name in ("float32", "int8_ptq")],
        "benchmark": [timing],
        "budget": {
            "ok": False,
            "checks": [{"file": "int8_ptq", "limit": "max_bytes", "allowed": 900, "received": 1000, "ok": False}],
        },
        "ledger": [ledger, {**ledger, "name": "int8_ptq", "source": "train", "agreement": 0.5, "flips": 6}
                   | {"change": change, "against_float": change}],
    }  # fmt: skip
    flips = [{"key": f"{CLASSES[0]}/0.png", "label": CLASSES[0], "before": CLASSES[0], "after": CLASSES[1]}]
    write(folder / "results.json", results)
    write(folder / "flips.json", [{"name": "int8_ptq", "runtime": "litert 2.3", "source": "train", "flips": flips}])
    write(folder / "train" / "results.json", {"key": "0" * 64, "files": {"model.keras": "f" * 64}, "results": {}})
    (folder / "recipe.yaml").write_text(recipe.dump(settings))
    return folder


def write(path, document):
    """Writes JSON, and the folder that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def pictures(folder):
    """Makes a source with test pictures of two classes, the second with a plain name."""
    for name in ("one", "two"):
        for part, count in (("train", 3), ("test", 2)):
            for number in range(count):
                path = folder / part / name / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(np.full((40, 40, 3), 60 * number + 20, np.uint8)).save(path)
    return folder
