"""Every way in which a file stores and computes a network's numbers, and the ways to int8."""

from typing import Literal, get_args

Scheme = Literal["float32", "float16", "dynamic", "int8"]
SCHEMES: tuple[str, ...] = get_args(Scheme)
# Those that `convert` makes of a network as it is.
FloatScheme = Literal["float32", "float16", "dynamic"]
FLOAT_SCHEMES: tuple[str, ...] = get_args(FloatScheme)
# Those whose costs `advise` knows.
COSTED_SCHEMES = ("float32", "int8")
QuantizationScheme = Literal["qat", "ptq"]
QUANTIZATION_SCHEMES: tuple[str, ...] = get_args(QuantizationScheme)
# The scheme of each file that a run makes, by the file's name.
SCHEME_OF_FILE = {**{name: name for name in FLOAT_SCHEMES}, "int8_ptq": "int8", "int8_qat": "int8"}
