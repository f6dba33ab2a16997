from tfl_lite_suite.report import measured_tables


def rows(table):
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def test_what_was_found_of_the_planted_faults():
    sets = [{"pictures_are": "signs", "copies": 1.0, "labels": 0.9, "false_labels": 0.0153, "masks": 0.95}]
    assert rows(measured_tables.health_table(sets)) == [["signs", "100 %", "90 %", "1.53 %", "95 %"]]


def test_a_change_against_the_default_has_its_interval():
    run = {
        "setting": "default",
        "seed": 0,
        "top1": 0.8,
        "macro_f1": 0.7,
        "rare_recall": 0.0,
        "rare_recall_ci95": [0, 0.1],
    }
    change = {"difference": -0.02, "ci95": [-0.03, 0.01]}
    found = rows(measured_tables.unbalanced_table([run, {**run, "macro_f1_against_default_seed_0": change}]))
    assert found[0][2:] == ["0.0 % (0.0 … 10.0)", "70.0 %", "–", "80.0 %"]
    assert found[1][4] == "-2.0 (-3.0 … +1.0)"


def test_a_disturbed_latency_is_marked_and_an_engine_that_does_not_run_is_a_dash():
    litert = {"engine": "litert", "engine_version": "2", "valid": True, "latency_ms": 0.5}
    mnn = {"engine": "mnn", "engine_version": "3", "valid": False, "latency_ms": 0.25}
    table = measured_tables.engine_latency_table({"micro": {"float32": [litert, mnn], "int8": [litert]}})
    assert table.splitlines()[0] == "| network | file | litert 2 | mnn 3 |"
    assert rows(table) == [["micro", "float32", "0.500", "~0.250"], ["micro", "int8", "0.500", "–"]]


def test_the_network_that_gains_most_comes_first():
    row = {"float32_ms": 4.0, "int8_ms": 2.0, "ratio": 0.5, "valid": True}
    found = rows(measured_tables.full_size_table({"a": row, "b": {**row, "ratio": 0.25, "valid": False}}))
    assert found == [["b", "4 ms", "2 ms", "~0.25"], ["a", "4 ms", "2 ms", "0.50"]]


def test_instructions_of_every_cpu():
    counts = {"float32": 200_000_000, "int8": 90_000_000}
    table = measured_tables.instructions_table({"micro": {"engine_version": "2", "cpus": {"cortex-a72": counts}}})
    assert table.splitlines()[0] == "| network | Cortex-A72, float32 | Cortex-A72, int8 | Cortex-A72, int8 / float32 |"
    assert rows(table) == [["micro", "200 M", "90 M", "0.45"]]


def test_an_emulated_pi_beside_x86():
    row = {"network": "micro", "cpu": "cortex-a72", "engine": "litert", "kernels": "default", "top1_agreement": 1.0,
           "largest_difference_steps": 0}  # fmt: skip
    other = {**row, "engine": "tflite_runtime", "top1_agreement": 0.98, "largest_difference_steps": 9}
    second_cpu = {**other, "cpu": "cortex-a76", "top1_agreement": 1.0, "largest_difference_steps": 10}
    built_in = {**row, "kernels": "builtin", "top1_agreement": 0.5}
    table = measured_tables.pi_table([row, built_in, other, second_cpu, {**row, "network": "b0"}])
    shown, _, cpus = table.partition("\n\n")
    assert rows(shown) == [
        ["micro", "100.0 %", "0 steps", "98.0 %", "10 steps"],
        ["b0", "100.0 %", "0 steps", "–", "–"],
    ]
    assert cpus == "(LiteRT: Cortex-A72; tflite-runtime: Cortex-A72 and Cortex-A76)\n"


def test_the_recipe_as_written_comes_before_what_was_found():
    params = {"scheme": "int8_qat", "data.resolution": 28, "model.alpha": 1.0, "prune.params_ratio": 1.0,
              "train.batch_size": 64, "train.learning_rate": 0.0875}  # fmt: skip
    trial = {"trial": 0, "params": params, "top1": 0.8, "top1_unseen": 0.7, "ms": 0.02, "steady": True, "bytes": 4096}
    found = {**trial, "trial": 1, "params": {**params, "model.alpha": 0.5, "prune.params_ratio": 0.5}, "steady": False}
    lines = rows(measured_tables.search_table({"trials": [trial, found], "front": [trial, found]}, as_written=1))
    assert lines[0] == ["the recipe as written, int8_qat", "80.00 %", "70.00 %", "0.020 ms", "4,096"]
    words = "found: 28×28 pixels, 0.5 of the width, 0.5 of the parameters, batch 64, learning rate 0.087, int8_qat"
    assert lines[1][0] == words and lines[1][3] == "~0.020 ms"
