"""How much of its pictures a preprocessing contract cuts away."""

import io

import numpy as np
from PIL import Image

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.image import scaled_size
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data.samples import Listing

_TURNED = (5, 6, 7, 8)
_ORIENTATION_TAG = 0x0112


def share(listing: Listing, contract: Contract, most: int = 100) -> float:
    """Returns the mean share of a picture's area that the contract leaves out.

    Args:
        listing: The pictures.
        contract: How they are prepared.
        most: How many to look at, spread over the listing; of files only the header is read.

    Returns:
        From 0 to 1; 0 where no size can be read.
    """
    places = np.linspace(0, len(listing) - 1, min(len(listing), most)).astype(int)
    sizes = [size for size in (_size(listing.read(int(place))) for place in places) if size]
    return float(np.mean([_cut(*size, contract) for size in sizes])) if sizes else 0.0


def _size(picture: bytes | Array) -> tuple[int, int] | None:
    """Returns a picture's height and width as shown, `None` where its header does not say."""
    if isinstance(picture, np.ndarray):
        return picture.shape[0], picture.shape[1]
    try:
        with Image.open(io.BytesIO(picture)) as image:
            width, height = image.size
            turned = image.getexif().get(_ORIENTATION_TAG) in _TURNED
    except (OSError, SyntaxError, ValueError):
        return None
    return (width, height) if turned else (height, width)


def _cut(height: int, width: int, contract: Contract) -> float:
    rows, columns = scaled_size(height, width, contract)
    return 1 - contract.height * contract.width / (rows * columns)
