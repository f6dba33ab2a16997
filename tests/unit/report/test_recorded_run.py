import made_up_results
import pytest
import work_folders

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.report import recorded_run


def test_a_finished_run(tmp_path):
    run = recorded_run.read(work_folders.make(tmp_path / "w"))
    assert (run.title, run.settings()["model.name"], run.recipe().data.resolution) == ("w", "mobilenet_v2", 32)
    assert run.file("int8_ptq") == tmp_path / "w" / "convert" / "int8_ptq" / "int8_ptq.tflite"
    assert [(model.name, model.top1, model.ms) for model in run.models()] == [
        ("train", 0.8, None),
        ("quantize", 0.79, None),
        ("float32", 0.75, None),
        ("int8_ptq", 0.75, 1.25),
    ]
    assert run.hashes() == [("train", "0" * 64, {"model.keras": "f" * 64})]


def test_what_single_verbs_left_is_gathered(tmp_path):
    work_folders.write(tmp_path / "train" / "results.json", {"key": "k", "files": {}, "results": {"top1": 0.5}})
    row = made_up_results.evaluated("int8", top1=0.4, model_bytes=7).document()
    work_folders.write(tmp_path / "evaluate" / "int8" / "results.json", {"key": "k", "files": {}, "results": row})
    work_folders.write(tmp_path / "benchmark" / "broken" / "results.json", [])
    run = recorded_run.read(tmp_path)
    assert [(model.name, model.top1, model.file_bytes) for model in run.models()] == [
        ("train", 0.5, None),
        ("int8", 0.4, 7),
    ]
    with pytest.raises(SuiteError, match=r"no recipe\.yaml"):
        run.recipe()


def test_results_of_a_later_stage_of_the_same_kind_count_too(tmp_path):
    run = recorded_run.read(work_folders.make(tmp_path))
    run.results["convert_2"] = [{"name": "late", "file_bytes": 1}]
    assert [row.name for row in run.converted] == ["float32", "int8_ptq", "late"]


def test_a_damaged_row_names_the_file_and_the_key(tmp_path):
    run = recorded_run.read(work_folders.make(tmp_path / "w"))
    run.results["evaluate"][1]["top1"] = "0.75"
    with pytest.raises(SuiteError, match=r"w/results\.json: evaluate\[1\]: top1: expected float. Received: '0.75'"):
        run.models()


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("results.json", {"train": 3}, "results.json: train: expected an object. Received: int"),
        ("flips.json", {"a": 1}, "flips.json: damaged, expected a list"),
        ("flips.json", [{"name": "a", "runtime": "r"}], r"flips.json: \[0\]: 'flips' is missing"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, file, content, message):
    folder = work_folders.make(tmp_path)
    work_folders.write(folder / file, content)
    with pytest.raises(SuiteError, match=message):
        recorded_run.read(folder)


@pytest.mark.parametrize("make", [False, True])
def test_what_is_no_work_folder_is_told(tmp_path, make):
    folder = tmp_path / "x"
    if make:
        folder.mkdir()
    with pytest.raises(SuiteError, match="workdir: no "):
        recorded_run.read(folder)


def test_a_damaged_recipe_has_no_settings(tmp_path):
    folder = work_folders.make(tmp_path)
    (folder / "recipe.yaml").write_text("a: [1")
    assert recorded_run.read(folder).settings() == {}


def test_measurements_made_elsewhere_are_read_beside_the_others(tmp_path):
    work_folders.make(tmp_path)
    page = made_up_results.measurement(
        3.5, model="int8_ptq.tflite", engine="litert_js", engine_version="2.5.3"
    ).document()
    work_folders.write(tmp_path / "benchmark" / "phone.json", page)
    work_folders.write(tmp_path / "benchmark" / "several.json", [{**page, "engine": "tflite_android"}, {"other": 1}, 2])
    work_folders.write(tmp_path / "benchmark" / "notes.json", {"model": "x"})
    found = [(one.name, one.runtime, one.ms) for one in recorded_run.read(tmp_path).models()]
    assert found[-2:] == [("int8_ptq", "litert_js 2.5.3", 3.5), ("int8_ptq", "tflite_android 2.5.3", 3.5)]
    assert len(found) == 6
