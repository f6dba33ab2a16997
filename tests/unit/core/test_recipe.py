import dataclasses
import re
import subprocess
import sys

import pytest
from places import RECIPES

from tfl_lite_suite.core import dataclass_parser, recipe
from tfl_lite_suite.core.errors import SuiteError

LEAST = "name: x\ndata: {source: pictures}\nmodel: {name: mobilenet_v1}\n"


@pytest.fixture
def load(tmp_path):
    def load(text, *overrides):
        path = tmp_path / "recipe.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return recipe.load(path, overrides)

    return load


@pytest.fixture
def refuse(load):
    def refuse(text, *overrides):
        with pytest.raises(SuiteError) as caught:
            load(text, *overrides)
        return str(caught.value)

    return refuse


def test_the_least_recipe_has_every_default(load):
    read = load(LEAST)
    assert read == recipe.Recipe("x", recipe.Data("pictures"), recipe.Model("mobilenet_v1"))
    assert read.stages == recipe.STAGES and read.data.augment == recipe.Augment()
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.seed = 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trian: {epochs: 3}", "trian: unknown key 'trian'. Did you mean 'train'? Known: benchmark, budget, convert"),
        ("train: {epoch: 3}", "train.epoch: unknown key 'epoch'. Did you mean 'epochs'?"),
        ("train: {1: 3}", "train.1: unknown key '1'"),
        ("train: {null: 3}", "train.None: unknown key 'None'"),
        ("train: [1]", "train: expected keys and values. Received: [1]"),
        ("train: fast", "train: expected keys and values. Received: 'fast'"),
        ("train: {epochs: many}", "train.epochs: expected a whole number. Received: 'many'"),
        ("train: {epochs: 3.0}", "train.epochs: expected a whole number. Received: 3.0"),
        ("train: {epochs: true}", "train.epochs: expected a whole number. Received: True"),
        ("train: {epochs: }", "train.epochs: expected a whole number. Received: None"),
        ("train: {epochs: -1}", "train.epochs: expected a number from 0 to 10000. Received: -1"),
        ("train: {epochs: 010}", "train.epochs: expected a whole number. Received: '010'"),
        ("train: {epochs: 1:30}", "train.epochs: expected a whole number. Received: '1:30'"),
        ("train: {batch_size: 0}", "train.batch_size: expected a number from 1 to 65536. Received: 0"),
        ("train: {learning_rate: .nan}", "train.learning_rate: expected a number from 0 to 100. Received: nan"),
        ("train: {learning_rate: -.inf}", "train.learning_rate: expected a number from 0 to 100. Received: -inf"),
        ("train: {warmup_epochs: .inf}", "train.warmup_epochs: expected a number at least 0. Received: inf"),
        ("train: {warmup_epochs: 1e400}", "train.warmup_epochs: expected a number at least 0. Received: inf"),
        (f"train: {{warmup_epochs: 1{'0' * 400}}}", "train.warmup_epochs: expected a number at least 0. Received: inf"),
        ("train: {learning_rate: false}", "train.learning_rate: expected a number. Received: False"),
        ("train: {optimizer: sdg}", "train.optimizer: unknown value 'sdg'. Did you mean 'sgd'? Known: adam, adamw,"),
        ("train: {optimizer: [sgd]}", "train.optimizer: expected one of sgd, adam, adamw, rmsprop. Received: ['sgd']"),
        ("convert: {schemes: int8}", "convert.schemes: expected a list, such as [float32]. Received: 'int8'"),
        ("convert: {schemes: [int8, int4]}", "convert.schemes[1]: unknown value 'int4'. Did you mean 'int8'?"),
        ("convert: {schemes: [3]}", "convert.schemes[0]: expected one of float32, float16, dynamic, int8. Received: 3"),
        ("benchmark: {engines: litert}", "benchmark.engines: expected a list, such as [name]. Received: 'litert'"),
        ("stages: [train, benchmrk]", "stages[1]: unknown stage 'benchmrk'. Did you mean 'benchmark'?"),
        ("stages: ['']", "stages[0]: unknown stage ''"),
        ("stages: [train, prune x]", "stages[1]: expected key=value, such as epochs=3. Received: 'x'"),
        ("stages: [prune epoks=2]", "stages[0] prune.epoks: unknown key 'epoks'. Did you mean 'epochs'?"),
        ("stages: [prune epochs=-2]", "stages[0] prune.epochs: expected a number from 0 to 10000"),
        ("stages: [evaluate epochs=2]", "stages[0]: evaluate has no settings. Received: 'evaluate epochs=2'"),
        ("seed: 2147483648", "seed: expected a number from 0 to 2147483647"),
    ],
)
def test_mistakes_name_key_value_and_what_is_allowed(refuse, text, message):
    assert message in refuse(LEAST + text)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{}", "data.source: missing"),
        ("", "data.source: missing"),
        ("{source: 3.5}", "data.source: expected a string. Received: 3.5"),
        ("{source: x, resolution: 15}", "data.resolution: expected a number from 16 to 1024. Received: 15"),
        ("{source: x, augment: {flip: yes}}", "data.augment.flip: expected true or false. Received: 'yes'"),
        ("{source: x, augment: {flip: 1}}", "data.augment.flip: expected true or false. Received: 1"),
        ("{source: x, augment: {mixip: 1}}", "data.augment.mixip: unknown key 'mixip'. Did you mean 'mixup'?"),
        ("{source: x, train_limit: 0}", "data.train_limit: expected a number at least 1. Received: 0"),
    ],
)
def test_mistakes_in_nested_sections(refuse, data, message):
    assert message in refuse(f"name: x\nmodel: {{name: vgg16}}\ndata: {data}\n")


@pytest.mark.parametrize("text", ["", "# nothing\n", "name: x\n", "{}"])
def test_what_is_missing_is_named(refuse, text):
    assert "missing; the recipe must say it" in refuse(text)


def test_plain_values_as_people_mean_them(load):
    read = load(LEAST + "train: {learning_rate: 1e-3, weight_decay: 1, optimizer: adam}\nseed: 0\n")
    assert read.train.learning_rate == 0.001 and read.train.optimizer == "adam"
    assert read.train.weight_decay == 1.0 and isinstance(read.train.weight_decay, float)
    assert load("name: 2026\ndata: {source: on}\nmodel: {name: n}").name == "2026"


def test_an_empty_section_means_its_defaults(load):
    read = load("name: x\ndata:\n  source: s\n  augment:\n    # flip: true\nmodel: {name: n}\ntrain:\n")
    assert read.train == recipe.Train() and read.data.augment == recipe.Augment()


def test_lists_become_tuples(load):
    read = load(LEAST + "convert: {schemes: [int8]}\nbenchmark: {engines: []}\nstages: [train]\n")
    assert (read.convert.schemes, read.benchmark.engines, read.stages) == (("int8",), (), ("train",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LEAST + "name: y\n", "recipe.yaml' is not YAML: the key 'name' stands twice (line 4, column 1)"),
        ("name: [x\n", "is not YAML: expected ',' or ']'"),
        ("a: b: c\n", "is not YAML: mapping values are not allowed here (line 1, column 5)"),
        ("name: !!python/object/apply:os.system [ls]\n", "is not YAML: could not determine a constructor"),
        ("? [a]\n: b\n", "is not YAML: found unhashable key"),
        ("name: \x07\n", "is not YAML: unacceptable character"),
        (b"name: \xff\n", "recipe: cannot read"),
        ("name: *x\n", "is not YAML: found undefined alias 'x'"),
        ("a: 1\n---\nb: 2\n", "is not YAML: but found another document"),
        (f"seed: 1{'0' * 5000}\n", "is not YAML: seed: expected at most 4,300 digits"),
        ("[" * 5000, "is not YAML: nested too deeply"),
        ("name: !!bool abc\n", "is not YAML: "),
        ("#" * (1 << 19), "524,288 bytes; at most 262,144 are read"),
        ("- 1\n", "recipe: expected keys and values. Received: [1]"),
        ("just text\n", "recipe: expected keys and values. Received: 'just text'"),
    ],
)
def test_files_that_are_no_recipe(refuse, text, message):
    found = refuse(text)
    assert message in found and len(found) < 500


def test_a_byte_order_mark_is_no_part_of_the_first_key(load):
    assert load(b"\xef\xbb\xbf" + LEAST.encode()).name == "x"


def test_aliases_that_would_grow_without_end(refuse):
    layers = ["l0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    layers += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 20)]
    bomb = "\n".join(layers) + "\n"
    assert len(refuse(bomb + LEAST)) < 500
    assert len(refuse("data: &d [*d]\nname: x\nmodel: {name: n}\n")) < 500
    inner = ", ".join(line.partition(": ")[2] for line in layers)
    assert len(refuse(f"name: x\ndata: {{source: s}}\nmodel: {{name: n}}\ntrain: {{epochs: [{inner}]}}\n")) < 800
    assert "data.augment.source: unknown key" in refuse(
        "name: x\nmodel: {name: n}\ndata: &d {source: s, augment: *d}\n"
    )


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("train.epochs=3", lambda read: read.train.epochs == 3),
        ("train.learning_rate=1e-3", lambda read: read.train.learning_rate == 1e-3),
        ("data.augment.flip=true", lambda read: read.data.augment.flip is True),
        ("data.source=a=b", lambda read: read.data.source == "a=b"),
        ("convert.schemes=[int8]", lambda read: read.convert.schemes == ("int8",)),
        ("benchmark={runs: 5}", lambda read: read.benchmark.runs == 5),
        ("train.fine_tune_from=", lambda read: read.train.fine_tune_from is None),
    ],
)
def test_overrides(load, override, value):
    assert value(load(LEAST, override))


def test_the_last_of_several_overrides_counts(load):
    assert load(LEAST, "seed=1", "seed=2").seed == 2


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.epochs", "set: expected key=value, such as train.epochs=3. Received: 'train.epochs'"),
        ("=3", "set: expected key=value"),
        ("train.epochs=[", "set: the value of train.epochs is not YAML"),
        ("name.x=3", "set: name.x is not a key of a recipe"),
        ("train.epoch=3", "train.epoch: unknown key 'epoch'. Did you mean 'epochs'?"),
        ("trian.epochs=3", "trian: unknown key 'trian'. Did you mean 'train'?"),
        ("train..epochs=3", "train.: unknown key ''"),
        ("train=5", "train: expected keys and values. Received: 5"),
        ("train.epochs=x", "train.epochs: expected a whole number. Received: 'x'"),
    ],
)
def test_overrides_that_do_not_fit(refuse, override, message):
    assert message in refuse(LEAST, override)


def test_an_override_leaves_what_shares_an_anchor_alone(load):
    read = load(LEAST + "train: &t {epochs: 5, batch_size: 64}\nquantize: *t\n", "train.epochs=7")
    assert (read.train.epochs, read.quantize.epochs, read.quantize.batch_size) == (7, 5, 64)


def test_a_stage_may_have_settings_of_its_own(load):
    read = load(LEAST + "prune: {params_ratio: 0.6}\nstages: [train, prune, 'prune sparsity=0.8  epochs=2', prune]\n")
    (_, plain), (name, own) = read.step(1), read.step(2)
    assert name == "prune" and plain is read and read.step(3)[1] is read
    assert own.prune == dataclasses.replace(read.prune, sparsity=0.8, epochs=2)
    assert dataclasses.replace(own, prune=read.prune) == read
    assert load(recipe.dump(read)) == read


def test_only_limits_that_are_set_count(load):
    assert load(LEAST).budget.limits == {}
    read = load(LEAST + "budget: {files: [int8_qat], max_top1_drop: 0, max_bytes: 100}\n")
    assert read.budget.limits == {"max_top1_drop": 0, "max_bytes": 100}


def test_a_teacher_is_a_network_to_train_or_a_file(load):
    assert not load(LEAST).distill.trains_teacher
    assert load(LEAST + "distill: {teacher: resnet50}\n").distill.trains_teacher
    assert not load(LEAST + "distill: {teacher: a/model.keras}\n").distill.trains_teacher


def test_the_unpruned_network_teaches_in_prune_alone(load, refuse):
    chosen = load(LEAST + "distill: {teacher: unpruned, during: [prune]}\n").distill
    assert not chosen.trains_teacher
    text = refuse(LEAST + "distill: {teacher: unpruned}\n")
    assert "distill.during: the teacher 'unpruned' teaches in prune alone: [prune]. Received: ['train']" in text


def test_an_override_of_an_empty_recipe(load):
    assert load("", "name=x", "data.source=s", "model.name=n").data.source == "s"


@pytest.mark.parametrize(
    "name", ["x", "off", "true", "null", "~", "1e3", "010", "1:30", "12", "0x10", "2026-01-01", "é ✓", "- a", "a: b"]
)
def test_dump_is_read_back_equal(load, name):
    read = dataclasses.replace(
        load(LEAST + "train: {learning_rate: 1e-05, ema: 0.99999}\nconvert: {schemes: []}\nstages: [train]\n"),
        name=name,
        model=recipe.Model(name, weights=name),
    )
    assert load(recipe.dump(read)) == read


def test_dump_says_everything(load):
    text = recipe.dump(load(LEAST))
    kinds = [kind for kind in vars(recipe).values() if dataclasses.is_dataclass(kind)]
    for kind in kinds:
        for field in dataclasses.fields(kind):
            assert f"{field.name}:" in text


def test_a_missing_file_names_its_nearest(tmp_path):
    (tmp_path / "quickstart_fashion_mnist.yaml").write_text(LEAST)
    with pytest.raises(SuiteError, match="Did you mean '.*/quickstart_fashion_mnist.yaml'"):
        recipe.load(tmp_path / "quickstart_fashionmnist.yaml")
    with pytest.raises(SuiteError, match="no such file"):
        recipe.load(tmp_path / "nowhere" / "quickstart.yaml")


def test_paths_that_are_no_files(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "recipe.yaml", tmp_path / ("n" * 300)):
        with pytest.raises(SuiteError, match="recipe: cannot read"):
            recipe.load(path)


def test_every_default_is_in_its_own_range():
    kinds = (
        recipe.Augment,
        recipe.Train,
        recipe.Distill,
        recipe.Quantize,
        recipe.Convert,
        recipe.Benchmark,
        recipe.Budget,
    )
    for kind in kinds:
        plain = {key: list(v) if isinstance(v, tuple) else v for key, v in dataclasses.asdict(kind()).items()}
        assert dataclass_parser.parse(kind, plain, "") == kind()


def test_every_attribute_is_documented():
    for name, kind in vars(recipe).items():
        if dataclasses.is_dataclass(kind):
            for field in dataclasses.fields(kind):
                assert f"\n        {field.name}: " in kind.__doc__, f"{name}.{field.name}"


def test_there_are_recipes():
    assert RECIPES


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_of_the_project(path):
    read = recipe.load(path)
    assert read.name == path.stem, f"{path}: name is not the file's"
    header = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        header.append(line)
    text = "\n".join(header)
    for part in ("source", "command", "cost", "expected"):
        assert part in text.lower(), f"{path}:1: the header does not say '{part}'"
    scripts = [path.parent.parent / name for name in re.findall(r"tools/\w+\.sh", text)]
    commands = text + "".join(script.read_text(encoding="utf-8") for script in scripts)
    assert f"recipes/{path.name}" in commands, f"{path}:1: the header's command does not name the recipe"


def test_reading_a_recipe_imports_no_numpy():
    code = "import sys, tfl_lite_suite.core.recipe; assert not set(sys.modules) & {'numpy', 'tensorflow', 'PIL'}"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_recipe_that_is_a_list_is_to_blame_itself(tmp_path):
    (tmp_path / "recipe.yaml").write_text("- a\n")
    with pytest.raises(SuiteError, match="^recipe: expected keys and values"):
        recipe.load(tmp_path / "recipe.yaml", ["train.epochs=3"])
