"""What the suite needs to know about a class of Keras layers, and the table of all that it knows."""

import dataclasses
import enum
from collections.abc import Callable, Sequence
from typing import Any, Literal

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array, JsonObject, KerasLayer, Tensor
from tfl_lite_suite.tflite.integer_arithmetic import Quantization

Range = tuple[float, float]
ChannelRule = Callable[[Any, Any, list[Array]], list[Array]]
_MOST_NAMED = 6


class Rounding(enum.Enum):
    """What an int8 file does to a layer's output."""

    OWN_RANGE = "is rounded to a range of its own"
    SAME_SCALE = "has the scale of the input"
    CLIP = "is clipped by int8 saturation alone, once the layer before has this layer's range"
    SOFTMAX = "has the scale that SOFTMAX always has"


class Equalization(enum.Enum):
    """What a layer does to a factor of 1 or more on each of its input's channels."""

    CONVOLUTION = "its weights can take factors of its input and of its output"
    DEPTHWISE = "its weights can take factors of its input"
    PASSES = "its output has the factors of its inputs"
    CLIPS = "its output has the factors of its input, up to a limit"


@dataclasses.dataclass(frozen=True)
class LayerKind:
    """What the suite needs to know about a class of layers. What is not said is taken as unknown.

    Attributes:
        kernels: Names of the weights of which each is multiplied at each place of the output. Such a layer applies its
            `activation`, if it has one, last.
        folds_norm: Whether kernel and bias can take a batch normalization that follows; the last axis, or the last two
            of a depthwise kernel, make the output.
        rounding: What an int8 file does to the output; or a function of the layer, `None` for one without int8 form.
        fuses_activation: Whether the int8 operator can clip its output itself.
        fixed_range: From a layer to the only range that its operator takes, `None` for any.
        kernel_range: From the wanted range of the output and those of the inputs to one, little wider, that integer
            kernels compute with well.
        arithmetic: How integer kernels compute the output: they sum `products` of the inputs and weights, or make the
            `sum` of two inputs.
        lookup: In place of `arithmetic`, from the quantization of input and output to the answers to all 256 values.
        canonical: From a layer and its input to the same values by layers of this table; `None` if the layer stays as
            it is.
        int8_operators: From a layer and its input to the same values by layers that are one operator each; `None` if
            the layer stays as it is.
        split_form: Class of the layer that is two operators which XNNPACK runs, in place of one that it does not.
        equalization: What the layer does to factors on channels.
        channels: Rule of `channel_rules` by which pruning follows channels.
        pruned_config: From a layer and which channels of each input and output stay to what changes in its
            configuration.
        operator: Kind of operator by which `advise` predicts latency, or a function of the layer; empty if it costs
            nothing.
        idle: Whether the layer does nothing at inference; or a function of the layer and its input.
        channelwise: Whether the layer does the same to every channel of a picture.
    """

    kernels: tuple[str, ...] = ()
    folds_norm: bool = False
    rounding: Rounding | Callable[[KerasLayer], Rounding | None] | None = None
    fuses_activation: bool = False
    fixed_range: Callable[[KerasLayer], Range | None] | None = None
    kernel_range: Callable[..., Range] | None = None
    arithmetic: Literal["products", "sum"] | None = None
    lookup: Callable[[Quantization, Quantization], Array] | None = None
    canonical: Callable[[KerasLayer, Any], Tensor] | None = None
    int8_operators: Callable[[KerasLayer, KerasLayer], KerasLayer] | None = None
    split_form: type | None = None
    equalization: Equalization | None = None
    channels: ChannelRule | None = None
    pruned_config: Callable[[KerasLayer, list[Array], list[Array]], JsonObject] | None = None
    operator: str | Callable[[KerasLayer], str] = ""
    idle: bool | Callable[[KerasLayer, KerasLayer], bool] = False
    channelwise: bool = False

    @property
    def rounded_kernel(self) -> str | None:
        """Name of the kernel that an int8 file rounds, if there is one."""
        return self.kernels[0] if self.kernels and self.rounding is not None else None

    @property
    def depthwise(self) -> bool:
        """Whether the kernel is `(height, width, channels, multiplier)`, whose last two axes make the output."""
        return self.kernels == ("depthwise_kernel",)


_UNKNOWN = LayerKind()
_TABLE: dict[type | str, LayerKind] = {}


def register(layer: type | str, kind: LayerKind) -> None:
    """Adds a class of layers to what folding, pruning, quantization and costs know.

    Args:
        layer: The class. A kind holds for this class alone: a subclass may compute anything. A class that no module
            offers is given by its name.
        kind: What is known about it; `like(keras.layers.Conv2D)` for a class that only differs in how it computes.

    Raises:
        SuiteError: If another kind is known for it.
    """
    known = _TABLE.setdefault(layer, kind)
    if known != kind:
        name = layer if isinstance(layer, str) else layer.__name__
        raise SuiteError(f"layer class {name} is registered already, as another kind")


def like(layer: type, **changes: Any) -> LayerKind:
    """Returns the kind of a known class, with what differs.

    Args:
        layer: The known class.
        changes: Attributes of `LayerKind`.

    Raises:
        SuiteError: If the class is not known.
    """
    if layer not in _TABLE:
        raise SuiteError(f"layer class {layer.__name__} is not known. Register it first")
    return dataclasses.replace(_TABLE[layer], **changes)


def kind_of(layer: KerasLayer) -> LayerKind:
    """Returns what is known about a layer, which may be nothing."""
    return _TABLE.get(type(layer)) or _TABLE.get(type(layer).__name__, _UNKNOWN)


def rounding_of(layer: KerasLayer) -> Rounding | None:
    """Returns what an int8 file does to a layer's output, `None` for a layer without an int8 form."""
    rounding = kind_of(layer).rounding
    return rounding(layer) if callable(rounding) else rounding


def does_nothing(layer: KerasLayer, inputs: Tensor) -> bool:
    """Tells whether a layer gives what it takes, apart from training.

    Args:
        layer: A layer that is called once.
        inputs: The symbolic tensor, or tensors, that it is to be applied to.
    """
    idle = kind_of(layer).idle
    return idle(layer, inputs) if callable(idle) else idle


def require_int8_forms(name: str, layers: Sequence[KerasLayer]) -> None:
    """Refuses layers that have no int8 form.

    Args:
        name: The model's name.
        layers: Its layers.

    Raises:
        SuiteError: If there is one; the message names each.
    """
    refused = []
    for layer in layers:
        if rounding_of(layer) is None:
            function = getattr(getattr(layer, "activation", None), "__name__", "")
            refused.append(f"'{layer.name}' ({type(layer).__name__}{f' {function}' if function else ''})")
    if refused:
        more = f" and {len(refused) - _MOST_NAMED} more" if len(refused) > _MOST_NAMED else ""
        raise SuiteError(
            f"model '{name}' cannot be trained for int8, because these layers have no int8 form here: "
            f"{', '.join(refused[:_MOST_NAMED])}{more}. Put others in their place, register them "
            "(docs/add_a_layer.md), or quantize without training: quantize --scheme=ptq"
        )
