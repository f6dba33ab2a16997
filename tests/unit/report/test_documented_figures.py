from tfl_lite_suite.report import documented_figures


def rows(table):
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def test_how_far_estimates_are():
    document = {
        "figures": {"file size": {"measurements": 3, "median_error": 0.004, "largest_error": 0.0123}},
        "arenas": {"micro": {"lint": 150, "litert": 100, "advise": 1000, "tflm": 2000}},
    }
    assert rows(documented_figures.estimates_table(document)) == [["file size", "3", "0.4 %", "1.2 %"]]
    assert rows(documented_figures.lint_arena_table(document)) == [["micro", "150", "100", "1.50"]]
    assert rows(documented_figures.micro_arena_table(document)) == [["micro", "1,000", "2,000", "0.50"]]


def test_the_network_that_is_taken_apart_has_a_table_of_its_own():
    ratios = {"float": 1.0, "qat": 0.9, "live": 1.1, "answers": 0.2}
    whole = {"model": "micro", "alpha": 1.0, "resolution": 32, "batch_size": 64, "parts": False, "ratios": ratios}
    parts = {**whole, "alpha": 0.5, "parts": True, "ratios": {**ratios, "folded": 0.7, "weights": 0.8}}
    steps = rows(documented_figures.steps_table([whole, parts]))
    assert steps == [["micro, 32 pixels, batches of 64", "0.90", "1.10", "0.20"]]
    table = documented_figures.parts_table([whole, parts])
    assert [row[1] for row in rows(table)] == ["0.70", "0.80", "0.90"] and "| micro 0.5, 32 pixels" in table


def test_every_file_that_was_compared():
    plain = {"techniques": [], "kl": 0.5, "kl_stderr": 0.01, "agreement": 0.75}
    both = {**plain, "techniques": ["bias_correction", "logit_range"], "kl": 0.25}
    assert rows(documented_figures.ptq_table({"micro": {"candidates": [plain, both]}})) == [
        ["micro, plain", "0.5000 (0.0100)", "75.0 %"],
        ["micro, bias correction + logit range", "0.2500 (0.0100)", "75.0 %"],
    ]
    stages = {"convert": [{"name": "float32"}, {"name": "int8_ptq", "ptq": {"candidates": [plain]}}]}
    assert rows(documented_figures.ptq_of_run(stages)) == [["plain", "0.5000 (0.0100)", "75.0 %"]]


def test_what_learned_rounding_gains():
    row = {"auto": {"all": 0.5, "surest_half": 0.75}, "learned": {"all": 0.625, "surest_half": 1.0}}
    assert rows(documented_figures.learned_table({"micro": row})) == [
        ["micro", "50.0 %", "62.5 %", "75.0 %", "100.0 %"]
    ]


def test_code_and_app():
    code = {"frame": [2, 2, 3], "processor": "m4", "decision": {"bytes": 2048, "tables": 0}}
    found = documented_figures.code_table({"mobilenet_v1_025": {"code": code}})
    assert rows(found) == [["decision.cc", "2,048", "0"]]
    library = {"compressed": 2_000_000, "installed": 5_000_000, "installed_gpu": 1_500_000}
    found = rows(documented_figures.apk_table({"libraries": {"x86": library}, "others": 120_000}))
    assert found[0] == ["x86", "2.00 MB", "5.00 MB", "1.50 MB"] and found[1][1] == "0.12 MB"


def test_a_difference_of_integers_is_in_steps():
    row = {"file": "int8", "kernels": "CPU", "pictures": 9, "top1_same": 8, "outputs_identical": 7}
    table = documented_figures.parity_table(
        [{**row, "largest_difference": 2.0}, {**row, "file": "float32", "largest_difference": 2e-5}]
    )
    assert rows(table)[0] == ["int8", "TensorFlow Lite's own", "8 of 9", "7 of 9", "2 steps"]
    assert rows(table)[1][-1] == "2e-05"


def test_operators_on_the_npu():
    counted = {"micro": {"on_npu": 17, "operators": 18, "partitions": 2}}
    assert rows(documented_figures.npu_table(counted)) == [["micro", "17 of 18", "2"]]
