"""Names for types that mypy cannot see or check, so that a signature says what it takes all the same.

TensorFlow, Keras, h5py and FlatBuffers carry no types that mypy could read here. Nothing is imported for these names.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # Its dtype and shape stand in the docstring.
    Array: TypeAlias = NDArray[Any]
else:
    Array: TypeAlias = Any

# An object of JSON whose keys the reader knows: to be changed, and to be read only.
JsonObject: TypeAlias = dict[str, Any]
Document: TypeAlias = Mapping[str, Any]

# Of TensorFlow, also where Keras holds it symbolically.
Tensor: TypeAlias = Any
TensorShape: TypeAlias = Any
Variable: TypeAlias = Any
TfDataset: TypeAlias = Any
TfFunction: TypeAlias = Any
# `tf.distribute.Strategy`.
Strategy: TypeAlias = Any

# Of Keras 2 or 3.
KerasModel: TypeAlias = Any
KerasLayer: TypeAlias = Any
# A call of a layer in a functional model.
KerasNode: TypeAlias = Any
KerasOptimizer: TypeAlias = Any
# A name, a function or a layer.
Activation: TypeAlias = Any
# What else Keras has: quantizers, initializers, schedules, operations.
KerasObject: TypeAlias = Any
LossFunction: TypeAlias = Any

# An open file of h5py, or a group in one.
HdfGroup: TypeAlias = Any
FlatbufferBuilder: TypeAlias = Any
# Of TensorFlow Lite, LiteRT or MNN.
NativeInterpreter: TypeAlias = Any
# A table of a flatbuffer, unpacked by generated code.
FlatbufferObject: TypeAlias = Any
# A module or an object of another library that carries no types: a runtime, OpenCV, paho, picamera2.
ForeignObject: TypeAlias = Any
