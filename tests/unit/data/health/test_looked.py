import numpy as np
from pictures import write_classes
from PIL import Image

from tfl_lite_suite import data
from tfl_lite_suite.data.health import looked


def test_what_files_say_and_show(tmp_path):
    write_classes(tmp_path, {"cat": 2, "dog": 1})
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((600, 900, 3), np.uint8)).save(tmp_path / "cat" / "turned.jpg", exif=exif.tobytes())
    (tmp_path / "dog" / "broken.jpg").write_text("no picture")
    listing = data.listing_of(str(tmp_path))
    found = looked.look(listing, progress=False)
    place = {key.rpartition("/")[2]: index for index, key in enumerate(listing.keys)}
    assert found.sizes[place["turned.jpg"]].tolist() == [900, 600] and found.turned.sum() == 1
    assert list(found.problems) == [place["broken.jpg"]] and place["broken.jpg"] not in found.readable
    assert found.few_values[place["turned.jpg"]] == 1 and found.few_values[place["000.png"]] < 0.5
    assert found.small.shape == (5, looked.SIDE, looked.SIDE, 3)
