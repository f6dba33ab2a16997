import zlib

import numpy as np
import pytest
import tflite_samples
import tool_modules


@pytest.fixture(scope="module")
def compare_sparsity():
    return tool_modules.load("compare_sparsity")


def test_zeros_and_values_are_those_of_the_kernels_in_the_file(compare_sparsity, tmp_path):
    random = np.random.default_rng(5)
    kernels = [random.integers(-127, 128, (6, 27)), random.integers(-127, 128, (4, 6))]
    content = tflite_samples.int8_classifier()
    # The convolution loses all but 13 weights of its second channel, of which three are equal.
    old = kernels[0].astype(np.int8).tobytes()
    kernels[0][:] = 0
    kernels[0][1, :13] = [7, 7, 7, *range(10, 20)]
    assert content.count(old) == 1
    content = content.replace(old, kernels[0].astype(np.int8).tobytes())
    (tmp_path / "x.tflite").write_bytes(content)
    zeros = sum(int((kernel == 0).sum()) for kernel in kernels)
    assert compare_sparsity.weights_of(tmp_path / "x.tflite") == {
        "zero_share": zeros / (6 * 27 + 4 * 6),
        "most_values": 12,
        "file_bytes": len(content),
        "zipped_bytes": len(zlib.compress(content, 6)),
    }


def test_each_kind_of_weights_has_a_folder_and_as_many_epochs(compare_sparsity, tmp_path):
    kinds = compare_sparsity.WEIGHTS
    assert len({compare_sparsity.folder_of(kind, tmp_path) for kind in kinds}) == len(kinds)
    epochs = [
        sum(int(word[7:]) for stage in kinds[kind] for word in stage.split() if word[:7] == "epochs=") for kind in kinds
    ]
    assert set(epochs) == {6}
