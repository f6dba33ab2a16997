"""How the pictures of a file without a contract are prepared: what the file says, or the flags in its place."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite.normalization import Normalization

if TYPE_CHECKING:
    from tfl_lite_suite.runtime.session import ModelFile


def checked(path: str, normalization: Normalization, of: Contract) -> Normalization:
    """Returns a normalisation; refuses one that cannot be followed, and names the file."""
    try:
        normalization.check(of.channels)
    except SuiteError as error:
        raise SuiteError(f"{path}: {error}") from None
    return normalization


def warnings(own: Contract | None, used: Contract, normalization: Normalization) -> tuple[str, ...]:
    """Says how pictures were prepared for a file that has no contract of its own."""
    if own is not None and normalization.source == "contract":
        return ()
    size = f"scaled to cover {used.height}x{used.width}, cropped at the centre"
    values = {
        "contract": "given as raw pixels 0-255",
        "nothing": "given as raw pixels 0-255, for the file does not say otherwise; a model that wants them "
        "normalised does worse here than it is: evaluate, predict and watch with --mean and --std give them so",
        "metadata": f"normalised as the file's metadata says, {normalization.text()}",
        "quantization": f"normalised as the input's quantization fits, {normalization.text()}",
        "flags": f"normalised as the flags say, {normalization.text()}",
    }[normalization.source]
    return (f"no preprocessing contract: pictures were {size} and {values}",)


def warnings_of_guess(file: "ModelFile") -> tuple[str, ...]:
    """Says that raw pixels are a guess for a file; nothing where it says what it takes, or takes no pictures."""
    from tfl_lite_suite.benchmark.job import contract_of

    of = file.contract or contract_of(file.input_shape)
    if file.normalization.source != "nothing" or file.normalization.problem or of is None:
        return ()
    return warnings(file.contract, of, file.normalization)


def normalization_of(mean: Sequence[str] | None, std: Sequence[str] | None) -> Normalization | None:
    """Returns what the flags `mean` and `std` say; `None` without them."""
    if mean is None and std is None:
        return None
    try:
        return Normalization(tuple(map(float, mean or ["0"])), tuple(map(float, std or ["1"])), "flags")
    except ValueError:
        received = f"mean {','.join(mean or [])}, std {','.join(std or [])}"
        raise SuiteError(f"`mean`, `std`: expected numbers, one or one a channel. Received: {received}") from None
