"""Random changes to batches of training pictures, each a few array operations over the whole batch.

Every function draws from stateless generators keyed by the step, so a step's changes never depend on what ran before.
"""

import math
from collections.abc import Callable

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.recipe import Augment

RAND_AUGMENT_OPERATIONS = (
    "identity",
    "auto_contrast",
    "equalize",
    "posterize",
    "solarize",
    "brightness",
    "contrast",
    "color",
    "sharpness",
    "rotate",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
)
_TABLE_OPERATIONS = RAND_AUGMENT_OPERATIONS[1:7]
_GEOMETRIC_OPERATIONS = RAND_AUGMENT_OPERATIONS[9:]
_LARGEST_MAGNITUDE = 10.0


class Draw:
    """Random numbers for one batch: each call is a stream of its own."""

    def __init__(self, key: tf.Tensor, part: tuple[int, tf.Tensor] | None = None) -> None:
        """Begins.

        Args:
            key: Two integers that stand for the seed and the step.
            part: If the pictures are a part of a batch, its size and their places in it, integers `(n,)`; each picture
                then draws what it would draw in the whole batch.
        """
        self._key = tf.cast(key, tf.int64)
        self._part = part
        self._calls = 0

    def uniform(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> tf.Tensor:
        """Returns float32 in `[low, high)`."""
        return self._drawn(shape, low, high, tf.float32)

    def integers(self, shape: tuple[int, ...], count: int) -> tf.Tensor:
        """Returns int32 from 0 to `count - 1`."""
        return self._drawn(shape, 0, count, tf.int32)

    def beta(self, alpha: float) -> tf.Tensor:
        """Returns one number in [0, 1] of the symmetric beta distribution, float32."""
        first, second = tf.unstack(tf.random.stateless_gamma((2,), self._next(), alpha))
        return first / tf.maximum(first + second, 1e-12)

    def _drawn(self, shape: tuple[int, ...], low: float, high: float, kind: tf.DType) -> tf.Tensor:
        if self._part is None or not shape:
            return tf.random.stateless_uniform(shape, self._next(), low, high, kind)
        size, places = self._part
        return tf.gather(tf.random.stateless_uniform((size, *shape[1:]), self._next(), low, high, kind), places)

    def _next(self) -> tf.Tensor:
        self._calls += 1
        return tf.stack([self._key[0] + self._calls * 0x9E3779B1, self._key[1]])


def apply(images: tf.Tensor, labels: tf.Tensor, augment: Augment, draw: Draw) -> tuple[tf.Tensor, tf.Tensor]:
    """Changes a batch as a recipe asks.

    Args:
        images: float32 in [0, 255], `(batch, height, width, channels)`, shape known.
        labels: Distributions over the classes, float32, `(batch, classes)`.
        augment: What to change.
        draw: Random numbers.

    Returns:
        Pictures and labels of the same shapes; pixels in [0, 255].
    """
    if augment.flip:
        images = flip(images, draw)
    if augment.crop:
        images = crop(images, draw, augment.crop)
    if augment.color:
        images = color(images, draw, augment.color)
    for _ in range(augment.rand_augment_layers):
        images = rand_augment(images, draw, augment.rand_augment_magnitude)
    if augment.erasing:
        images = erase(images, draw, augment.erasing)
    if augment.mixup and augment.cutmix:
        mixed, cut = mixup(images, labels, draw, augment.mixup), cutmix(images, labels, draw, augment.cutmix)
        first = draw.uniform(()) < 0.5
        return tf.where(first, mixed[0], cut[0]), tf.where(first, mixed[1], cut[1])
    if augment.mixup:
        return mixup(images, labels, draw, augment.mixup)
    if augment.cutmix:
        return cutmix(images, labels, draw, augment.cutmix)
    return images, labels


def flip(images: tf.Tensor, draw: Draw) -> tf.Tensor:
    """Mirrors half of the pictures left-right."""
    chosen = draw.uniform((images.shape[0], 1, 1, 1)) < 0.5
    return tf.where(chosen, tf.reverse(images, [2]), images)


def crop(images: tf.Tensor, draw: Draw, share: float) -> tf.Tensor:
    """Shifts pictures by up to a share of their sides and zooms half of them by as much; the border is repeated.

    A picture that is only shifted moves by whole pixels, so that it stays as sharp as those of the evaluation.

    Args:
        images: float32, `(batch, height, width, channels)`.
        draw: Random numbers.
        share: Greatest shift over the side, and greatest change of size, above 0 and below 1.
    """
    batch, height, width, _ = images.shape
    zoomed = draw.uniform((batch,)) < 0.5
    scale = tf.where(zoomed, draw.uniform((batch,), 1.0 - share, 1.0 + share), 1.0)
    down = tf.round(draw.uniform((batch,), -share, share) * height)
    right = tf.round(draw.uniform((batch,), -share, share) * width)
    zero = tf.zeros((batch,))
    matrix = [
        [scale, zero, right + (1.0 - scale) * (width - 1) / 2],
        [zero, scale, down + (1.0 - scale) * (height - 1) / 2],
    ]
    return transform(images, matrix, "NEAREST")


def transform(images: tf.Tensor, matrix: list[list[tf.Tensor]], border: str, fill: float = 0.0) -> tf.Tensor:
    """Moves pixels by an affine map per picture, bilinear.

    Args:
        images: float32, `(batch, height, width, channels)`.
        matrix: Two rows of three `(batch,)` tensors that take an output `(x, y, 1)` to the input's x and y.
        border: `REFLECT`, `NEAREST` or `CONSTANT`.
        fill: Value outside the picture where `border` is `CONSTANT`.
    """
    zero = tf.zeros((images.shape[0],))
    rows = tf.stack([*matrix[0], *matrix[1], zero, zero], axis=1)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=rows,
        output_shape=images.shape[1:3],
        interpolation="BILINEAR",
        fill_mode=border,
        fill_value=fill,
    )


def color(images: tf.Tensor, draw: Draw, share: float) -> tf.Tensor:
    """Changes brightness, contrast and (of RGB) saturation, each by a factor from `1 - share` to `1 + share`."""
    shape = (images.shape[0], 1, 1, 1)
    images = images * draw.uniform(shape, 1.0 - share, 1.0 + share)
    mean = tf.reduce_mean(luma(images), axis=(1, 2, 3), keepdims=True)
    images = mean + (images - mean) * draw.uniform(shape, 1.0 - share, 1.0 + share)
    if images.shape[3] == 3:
        grey = luma(images)
        images = grey + (images - grey) * draw.uniform(shape, 1.0 - share, 1.0 + share)
    return tf.clip_by_value(images, 0.0, 255.0)


def luma(images: tf.Tensor) -> tf.Tensor:
    """Returns the grey of RGB pictures, and grey pictures as they are: `(batch, height, width, 1)`."""
    if images.shape[3] == 1:
        return images
    return tf.tensordot(images, tf.constant([[0.299], [0.587], [0.114]]), axes=1)


def mixup(images: tf.Tensor, labels: tf.Tensor, draw: Draw, alpha: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Blends each picture and its label with the next one of the batch.

    Source: Zhang et al., 2017, https://arxiv.org/abs/1710.09412.
    """
    share = draw.beta(alpha)
    return (
        share * images + (1.0 - share) * tf.roll(images, 1, axis=0),
        share * labels + (1.0 - share) * tf.roll(labels, 1, axis=0),
    )


def cutmix(images: tf.Tensor, labels: tf.Tensor, draw: Draw, alpha: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Puts a rectangle of the next picture of the batch into each picture; labels are mixed by area.

    Source: Yun et al., 2019, https://arxiv.org/abs/1905.04899.
    """
    batch, height, width, _ = images.shape
    side = tf.sqrt(1.0 - draw.beta(alpha)) * tf.ones((batch,))
    inside = _rectangles(draw, side * height, side * width, height, width)
    share = 1.0 - tf.reduce_mean(inside, axis=(1, 2))
    mixed = tf.where(inside > 0, tf.roll(images, 1, axis=0), images)
    return mixed, share * labels + (1.0 - share) * tf.roll(labels, 1, axis=0)


def erase(images: tf.Tensor, draw: Draw, probability: float) -> tf.Tensor:
    """Fills a rectangle of 2 to 33 % of the area with noise, in a share of the pictures.

    Source: Zhong et al., 2017, https://arxiv.org/abs/1708.04896.
    """
    batch, height, width, channels = images.shape
    area = draw.uniform((batch,), 0.02, 1 / 3) * height * width
    ratio = tf.exp(draw.uniform((batch,), math.log(0.3), math.log(1 / 0.3)))
    chosen = tf.cast(draw.uniform((batch,)) < probability, tf.float32)
    inside = _rectangles(draw, tf.sqrt(area * ratio) * chosen, tf.sqrt(area / ratio) * chosen, height, width)
    return tf.where(inside > 0, draw.uniform((batch, height, width, channels), 0.0, 255.0), images)


def _rectangles(draw: Draw, heights: tf.Tensor, widths: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Masks, 1 inside and 0 outside: a rectangle of the given sides around a random centre, cut at the border.

    Returns:
        float32, `(batch, height, width, 1)`.
    """
    batch = heights.shape[0]
    masks = []
    for sides, size in ((heights, height), (widths, width)):
        centre = draw.uniform((batch,)) * size
        begin, end = tf.round(centre - sides / 2)[:, None], tf.round(centre + sides / 2)[:, None]
        place = tf.range(size, dtype=tf.float32)[None]
        masks.append(tf.cast((place >= begin) & (place < end), tf.float32))
    return (masks[0][:, :, None] * masks[1][:, None, :])[..., None]


def rand_augment(images: tf.Tensor, draw: Draw, magnitude: float) -> tf.Tensor:
    """Applies one random operation to each picture: one layer of RandAugment.

    Operations of one kind are one array operation, neutral for the pictures that drew another kind: those that look
    at single pixels are a table lookup, the blends are sums, and the geometric ones are an affine map.

    Args:
        images: float32 in [0, 255], `(batch, height, width, channels)`.
        draw: Random numbers.
        magnitude: Strength, 0 to 10; direction is random.

    Source: Cubuk et al., 2019, https://arxiv.org/abs/1909.13719, section 4; ranges as in torchvision's RandAugment.
    """
    operation = draw.integers((images.shape[0],), len(RAND_AUGMENT_OPERATIONS))
    strength = magnitude / _LARGEST_MAGNITUDE
    signed = tf.where(draw.uniform((images.shape[0],)) < 0.5, -strength, strength)
    return rand_augment_chosen(images, operation, signed)


def rand_augment_chosen(images: tf.Tensor, operation: tf.Tensor, signed: tf.Tensor) -> tf.Tensor:
    """Applies given RandAugment operations.

    Args:
        images: float32 in [0, 255], `(batch, height, width, channels)`.
        operation: Index into `RAND_AUGMENT_OPERATIONS` for each picture, int32, `(batch,)`.
        signed: Strength and direction, from -1 to 1, `(batch,)`.
    """

    def drawn(name: str) -> tf.Tensor:
        return tf.equal(operation, RAND_AUGMENT_OPERATIONS.index(name))

    def shaped(values: tf.Tensor) -> tf.Tensor:
        return tf.reshape(values, (-1, 1, 1, 1))

    single_pixel = tf.reduce_any([drawn(name) for name in _TABLE_OPERATIONS], axis=0)
    images = tf.where(shaped(single_pixel), _looked_up(images, drawn, signed), images)
    grey, smooth = luma(images), _smoothed(images)
    images += shaped(tf.where(drawn("color"), 0.9 * signed, 0.0)) * (images - grey)
    images += shaped(tf.where(drawn("sharpness"), 0.9 * signed, 0.0)) * (images - smooth)
    images = tf.clip_by_value(images, 0.0, 255.0)
    moved = transform(images, _moves(images, drawn, signed), "CONSTANT", 127.5)
    geometric = tf.reduce_any([drawn(name) for name in _GEOMETRIC_OPERATIONS], axis=0)
    return tf.where(shaped(geometric), moved, images)


def _moves(images: tf.Tensor, drawn: Callable[[str], tf.Tensor], signed: tf.Tensor) -> list[list[tf.Tensor]]:
    """Affine maps around the centre: rotation to 30 degrees, shear to 0.3, shift to 0.45 of the side."""
    _, height, width, _ = images.shape

    def amount(name: str, most: float) -> tf.Tensor:
        return tf.where(drawn(name), signed * most, 0.0)

    angle = amount("rotate", math.radians(30))
    along = tf.cos(angle)
    across_x = -tf.sin(angle) + amount("shear_x", 0.3)
    across_y = tf.sin(angle) + amount("shear_y", 0.3)
    x, y = (width - 1) / 2, (height - 1) / 2
    return [
        [along, across_x, x - along * x - across_x * y + amount("translate_x", 0.45 * width)],
        [across_y, along, y - across_y * x - along * y + amount("translate_y", 0.45 * height)],
    ]


def _looked_up(images: tf.Tensor, drawn: Callable[[str], tf.Tensor], signed: tf.Tensor) -> tf.Tensor:
    """Replaces each value by its entry in a table of 256 for the picture's channel."""
    batch, height, width, channels = images.shape
    values = tf.cast(tf.round(images), tf.int32)
    mean = tf.reduce_mean(luma(images), axis=(1, 2, 3))
    ramp = tf.range(256, dtype=tf.float32)[None, None]
    factor = (1.0 + 0.9 * signed)[:, None, None]
    step = tf.round(2.0 ** tf.round(4.0 * tf.abs(signed)))[:, None, None]
    tables = {
        "auto_contrast": _auto_contrast_table(images, ramp),
        "equalize": _equalize_table(values, ramp),
        "posterize": tf.floor(ramp / step) * step,
        "solarize": tf.where(ramp < 255.0 * (1.0 - tf.abs(signed))[:, None, None], ramp, 255.0 - ramp),
        "brightness": ramp * factor,
        "contrast": mean[:, None, None] * (1.0 - factor) + ramp * factor,
    }
    table = tf.broadcast_to(ramp, (batch, channels, 256))
    for name, entries in tables.items():
        table = tf.where(drawn(name)[:, None, None], entries, table)
    table = tf.clip_by_value(table, 0.0, 255.0)
    offsets = tf.reshape(tf.range(batch * channels) * 256, (batch, 1, 1, channels))
    return tf.gather(tf.reshape(table, (-1,)), values + offsets)


def _auto_contrast_table(images: tf.Tensor, ramp: tf.Tensor) -> tf.Tensor:
    low = tf.reduce_min(images, axis=(1, 2))[..., None]
    high = tf.reduce_max(images, axis=(1, 2))[..., None]
    return tf.where(high > low, (ramp - low) * 255.0 / tf.maximum(high - low, 1.0), ramp)


def _equalize_table(values: tf.Tensor, ramp: tf.Tensor) -> tf.Tensor:
    """Tables that flatten each channel's histogram, as Pillow's `ImageOps.equalize`."""
    batch, height, width, channels = values.shape
    rows = tf.reshape(tf.transpose(values, (0, 3, 1, 2)), (batch * channels, height * width))
    counts = tf.math.bincount(rows, minlength=256, maxlength=256, axis=-1)
    brightest = tf.reduce_max(rows, axis=1, keepdims=True)
    last = tf.gather(counts, brightest, batch_dims=1)
    step = tf.cast((height * width - last) // 255, tf.float32)
    below = tf.cast(tf.cumsum(counts, axis=1, exclusive=True), tf.float32)
    table = tf.where(step > 0, tf.floor((tf.floor(step / 2) + below) / tf.maximum(step, 1.0)), ramp[0])
    return tf.reshape(table, (batch, channels, 256))


def _smoothed(images: tf.Tensor) -> tf.Tensor:
    """Pillow's SMOOTH filter, the border mirrored."""
    padded = tf.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), "REFLECT")
    # The kernel is a 3x3 box and four times the centre; a depthwise convolution takes ten times as long.
    across = padded[:, :, :-2] + padded[:, :, 1:-1] + padded[:, :, 2:]
    return (across[:, :-2] + across[:, 1:-1] + across[:, 2:] + 4.0 * images) / 13.0
