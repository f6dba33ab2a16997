import numpy as np
from keras_samples import blocky, split, tiny_network

from tfl_lite_suite.quantize.ptq import diagnosis, techniques

PICTURES = blocky(30, (32, 32, 1))


def test_worst_layers_chart_and_fewer_pictures(tmp_path):
    quantized = techniques.quantize(tiny_network(), PICTURES)
    results = diagnosis.debug(quantized, tmp_path, "int8")
    own = [row["own_snr_db"] for row in results["worst_layers"]]
    assert own == sorted(own) and (tmp_path / diagnosis.CHART).read_text(encoding="utf-8").startswith("<svg")
    assert [row["pictures"] for row in results["sensitivity"]] == [8, 16]
    assert all(row["kl"] >= -1e-9 and 0 <= row["agreement"] <= 1 for row in results["sensitivity"])


def test_top1_counts_right_answers():
    quantized = techniques.quantize(tiny_network(), PICTURES)
    answers = diagnosis.Interpreter(quantized.content).scores(PICTURES).argmax(axis=1)
    assert diagnosis.top1(quantized.content, split(PICTURES, answers, 2)) == 1.0
    wrong = np.where(np.arange(30) < 12, 1 - answers, answers)
    assert diagnosis.top1(quantized.content, split(PICTURES, wrong, 2)) == 0.6
