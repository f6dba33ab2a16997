import h5py
import numpy as np

from tfl_lite_suite.models.keras_io.listed_arrays import ListedArrays


def entries(*names):
    return [{"config": {"name": name}} for name in names]


def test_arrays_are_found_by_layer_also_in_nested_models_and_split_lists(tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        for path in ("a/kernel", "inner/b/kernel", "inner/b/bias", "inner/c/kernel"):
            file[f"{path.split('/')[0]}/{path}"] = np.full(2, len(path), np.float32)
        file["a"].attrs["weight_names"] = [b"a/kernel"]
        file["inner"].attrs["weight_names0"] = ["inner/b/kernel", "inner/b/bias"]
        file["inner"].attrs["weight_names1"] = ["inner/c/kernel"]
        found = ListedArrays(group=file).of_layers(entries("a", "inner", "idle"))
        assert [len(found[name].arrays()) for name in ("a", "inner", "idle")] == [1, 3, 0]
        inner = found["inner"].of_layers(entries("b", "c"))
        assert [array[0] for array in inner["b"].arrays()] == [14.0, 12.0] and len(inner["c"].arrays()) == 1


def test_a_model_that_no_path_names_hands_all_to_its_layers():
    arrays = ListedArrays((("b/kernel", np.zeros(1)), ("c/kernel", np.zeros(2))))
    inner = {"config": {"name": "inner", "layers": entries("b")}}
    assert len(arrays.of_layers([inner])["inner"].of_layers(entries("b"))["b"].arrays()) == 1
    assert arrays.of_layers(entries("inner"))["inner"].arrays() == []
