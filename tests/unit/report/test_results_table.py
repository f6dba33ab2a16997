import made_up_results

from tfl_lite_suite.report import results_table
from tfl_lite_suite.run.result import ConvertedFile, HowQuantized


def evaluated(name, top1, engine="litert"):
    return made_up_results.evaluated(name, top1=top1, engine=engine, engine_version="2").document()


PRUNED = {"params_before": 1000, "params_after": 500, "macs_before": 9000, "macs_after": 5000}
RESULTS = {
    "teacher": {"top1": 0.95},
    "train": {"top1": 0.9},
    "prune": {**PRUNED, "top1_after": 0.89},
    "prune_2": {**PRUNED, "top1_after": 0.88},
    "quantize": {"top1_float": 0.88, "top1_qat": 0.885, "top1_ptq": 0.87},
    "convert": [{"name": "float32", "file_bytes": 4000}],
    "convert_2": [
        {"name": "int8_ptq", "file_bytes": 1000, "ptq": {"techniques": ["bias_correction"], "float_layers": ["a", "b"]}}
    ],
    "evaluate": [evaluated("float32", 0.9)],
    "evaluate_2": [evaluated("float32", 0.9), evaluated("int8_ptq", 0.87)],
    "benchmark": [made_up_results.timed("int8_ptq", 1.25, valid=False).document()],
}


def test_every_model_has_a_row_and_techniques_are_named():
    assert results_table.table(RESULTS).markdown().splitlines()[2:] == [
        "| Keras float32, the teacher | TensorFlow | 95.00 % | – | – |",
        "| Keras float32 | TensorFlow | 90.00 % | – | – |",
        "| Keras, pruned | TensorFlow | 89.00 % | – | – |",
        "| Keras, pruned (prune_2) | TensorFlow | 88.00 % | – | – |",
        "| Keras, fake-quantized | TensorFlow | 88.50 % | – | – |",
        "| float32 | litert 2 | 90.00 % | 4,000 | not measured |",
        "| int8_ptq, bias correction, 2 layers in float | litert 2 | 87.00 % | 1,000 | 1.250 ms (unsteady) |",
    ]


def test_the_ledger_follows():
    row = made_up_results.ledger_row("train", "TensorFlow", top1=0.9).document()
    assert (
        results_table.tables({**RESULTS, "ledger": [row]})[1]
        .markdown()
        .endswith("| train | TensorFlow | 90.00 % | – | – | – | – | – |\n")
    )


def test_networks_are_compared_in_one_table():
    files = {"float32": 4000, "int8_ptq": 1000, "int8_qat": 1000, "prune_float32": 2100, "quantize_2_int8_qat": 600}
    results = {
        "train": {"params": 1000},
        "prune": PRUNED,
        "convert": [{"name": name, "file_bytes": size} for name, size in files.items()],
        "evaluate": [
            evaluated(name, top1 - 0.5 * (engine != "litert"), engine)
            for name, top1 in zip(files, (0.9, 0.88, 0.89, 0.87, 0.86), strict=True)
            for engine in ("litert", "tflite_runtime")
        ],
    }
    results["ledger"] = [
        made_up_results.ledger_row("int8_qat", "litert 2.3.0", agreement=0.997).document(),
        made_up_results.ledger_row("int8_qat", "tflite_runtime 2.14.0", agreement=0.9).document(),
    ]
    whole = {name: results[name] for name in ("train", "convert", "evaluate")} | {"evaluate": results["evaluate"][:6]}
    assert results_table.network_table(
        {"one": results, "two": whole}, {"two": {"float32": 300, "int8": 80}}
    ).splitlines()[2:] == [
        "| one | 1,000 | 90.00 % | 88.00 % | 89.00 % | 4.00 | – | 50 % | 87.00 % | 86.00 % | 99.70 % |",
        "| two | 1,000 | 90.00 % | 88.00 % | 89.00 % | 4.00 | 3.75 | – | – | – | – |",
    ]


def test_techniques_are_compared_in_one_table():
    file = {
        "train": {"params": 1000, "top1": 0.9},
        "convert": [{"name": "float32", "file_bytes": 4000}, {"name": "int8_ptq", "file_bytes": 1000}],
        "evaluate": [evaluated("int8_ptq", 0.88, engine) for engine in ("tflite_runtime", "litert")],
    }
    zipped = {"zipped_bytes_before": 2000, "zipped_bytes_after": 500}
    pruned = {**PRUNED, "params_after": 1000, "top1_after": 0.89, **zipped}
    runs = {
        "ptq": file | {"quantize": {"top1_float": 0.9, "top1_ptq": 0.88}},
        "qat": file | {"quantize": {"top1_float": 0.9, "top1_qat": 0.91}},
        "sparsity": file | {"prune": pruned},
        "teacher": {"teacher": {"top1": 0.95}} | file,
    }
    assert results_table.technique_table(runs).splitlines()[2:] == [
        "| ptq | 1,000 | 90.00 % | – | 88.00 % | 1,000 | – |",
        "| qat | 1,000 | 90.00 % | 91.00 % | 88.00 % | 1,000 | – |",
        "| sparsity | 1,000 | 90.00 % | 89.00 % | 88.00 % | 1,000 | 25 % of before |",
        "| teacher | 1,000 | – | 90.00 % | 88.00 % | 1,000 | – |",
    ]


def test_kinds_of_weights_are_compared_in_one_table():
    row = {
        "weights": "80 % sparse",
        "scheme": "int8_qat",
        "top1_float": 0.9,
        "top1": 0.885,
        "zero_share": 0.8,
        "most_values": 200,
        "file_bytes": 1000,
        "zipped_bytes": 400,
        "latency_ratio": 0.996,
        "latency_valid": True,
    }
    assert results_table.sparsity_table([row, row | {"latency_valid": False}]).splitlines()[2:] == [
        "| 80 % sparse | int8_qat | 90.00 % | 88.50 % | 80 % | 200 | 1,000 | 400 | 1.00 |",
        "| 80 % sparse | int8_qat | 90.00 % | 88.50 % | 80 % | 200 | 1,000 | 400 | ~1.00 |",
    ]


def test_engines_are_compared_file_by_file():
    def row(engine, top1, difference):
        agreement = {"with": "litert", "top1": top1, "max_abs_diff": difference}
        return {"engine": engine, "engine_version": "1.0", "top1": 0.9 * top1, "agreement": agreement}

    refused = {"engine": "mnn", "unsupported": "not supported by mnn: 8-bit"}
    files = [
        {
            "network": "one",
            "file": "float32",
            "engines": [row("litert", 1, 0), row("mnn", 0.999, 0.00026)],
        },
        {"network": "one", "file": "int8", "engines": [row("litert", 1, 0), refused]},
        {"network": "two", "file": "int8", "engines": [row("litert", 1, 0), refused]},
    ]
    lines = results_table.engine_table(files).splitlines()
    assert lines[:3] == [
        "| network | file | litert 1.0 | mnn 1.0 |",
        "|---|---|---|---|",
        "| one | float32 | 90.0 % | 99.9 % (-0.1), 0.00026 |",
    ]
    assert lines[3] == "| one | int8 | 90.0 % | – |"
    assert lines[-1] == "- not supported by mnn: 8-bit: every int8 file."
    del files[2]["engines"][1]
    assert results_table.engine_table(files).splitlines()[-1] == "- not supported by mnn: 8-bit: one int8."


def test_layers_that_fell_back_are_counted():
    assert ConvertedFile("int8_ptq", ptq=HowQuantized(int16_layers=("a",))).words == "int8_ptq, 1 layer in 16 bits"


def test_the_baseline_of_transfer_learning_has_a_row():
    results = {"train": {"top1": 0.93, "linear_probe": {"top1": 0.91}}}
    assert results_table.table(results).markdown().splitlines()[2:] == [
        "| Keras float32, linear probe of the pretrained network | TensorFlow | 91.00 % | – | – |",
        "| Keras float32 | TensorFlow | 93.00 % | – | – |",
    ]
