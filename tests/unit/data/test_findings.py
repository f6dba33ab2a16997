import numpy as np
from PIL import Image

from tfl_lite_suite.core import recipe
from tfl_lite_suite.data import findings, load


def test_notes_go_to_stderr(capsys):
    findings.tell(["one", "two"])
    assert capsys.readouterr() == ("", "one\ntwo\n")


def write(folder, most):
    """Grey pictures of 16 bits, none brighter than `most` of 65535."""
    for number in range(12):
        values = np.random.default_rng(number).integers(0, most + 1, (8, 8)).astype(np.uint16)
        values[0, 0] = most
        place = folder / ("cat" if number % 2 else "dog")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values).save(place / f"{number}.png")
    return load(recipe.Data(str(folder), resolution=16, color="grey"), 0, progress=False).notes


def test_twelve_bits_in_sixteen_are_told(tmp_path):
    dark = write(tmp_path / "dark", 4095)
    assert any(note.startswith("warning: the brightest pixel is 15 of 255: pictures of 12 bits") for note in dark)
    assert not any("brightest" in note for note in write(tmp_path / "bright", 65535))
