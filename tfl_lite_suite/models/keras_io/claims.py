"""What a file's configuration claims, against the numbers that the file holds; found before TensorFlow is loaded."""

from collections.abc import Iterator

from tfl_lite_suite.core.types import JsonObject

# Statistics and counters that files leave out.
SPARE_NUMBERS = 1 << 20
_MODELS = ("Sequential", "Functional", "Model")
# Layers that always have weights, and the setting that says how many at least.
_SIZES = {
    **dict.fromkeys(("Dense", "LSTM", "GRU", "SimpleRNN"), "units"),
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "SeparableConv2D"), "filters"),
    "DepthwiseConv2D": "depth_multiplier",
}


def check(config: JsonObject, numbers: int) -> None:
    """Checks the layers that a configuration lists.

    Args:
        config: The configuration of a model, as `class_name` and `config`.
        numbers: How many numbers the arrays of its file have.

    Raises:
        ValueError: If a model or layer lacks its class, or a layer takes more weights than the file holds.
    """
    for layer in _layers(config):
        kind, settings = layer["class_name"], layer.get("config")
        if kind not in _SIZES or not isinstance(settings, dict):
            continue
        size = settings.get(_SIZES[kind])
        if not numbers or (isinstance(size, int) and size > numbers + SPARE_NUMBERS):
            advice = "" if numbers else ". It holds none: call the model on a picture, then save it"
            raise ValueError(f"layer '{settings.get('name')}' ({kind}) takes more weights than the file holds{advice}")


def _layers(config: JsonObject) -> Iterator[JsonObject]:
    """Yields every layer that is no model, also of models within models."""
    waiting: list[object] = [config]
    while waiting:
        entry = waiting.pop()
        if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str):
            raise ValueError("its configuration has a model or layer without 'class_name'")
        settings = entry.get("config")
        if entry["class_name"] not in _MODELS or not isinstance(settings, dict):
            yield entry
        elif isinstance(layers := settings.get("layers"), list):
            waiting += layers
