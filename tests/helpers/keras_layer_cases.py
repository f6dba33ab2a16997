"""One small model for each kind of layer of Keras and each of its settings, for Keras 2 and Keras 3 alike.

Run as a program it writes the models and what they answer:
`python keras_layer_cases.py keras|tf_keras FOLDER`.
"""

import importlib
import inspect
import json
import pathlib
import sys

import numpy as np

IMAGE, VECTOR, SERIES, VOLUME = (16, 16, 4), (12,), (10, 6), (6, 6, 6, 3)
# Classes that are no layers of a model: bases, cells, inputs; and what needs a vocabulary, text or another backend.
NOT_CASES = frozenset(
    "Layer Wrapper RNN InputLayer Lambda GRUCell LSTMCell SimpleRNNCell StackedRNNCells AbstractRNNCell InputSpec "
    "TorchModuleWrapper JaxLayer FlaxLayer TFSMLayer StringLookup IntegerLookup TextVectorization Hashing "
    "HashedCrossing Discretization CategoryEncoding MaxNumBoundingBoxes DenseFeatures RandomHeight RandomWidth "
    "MelSpectrogram STFTSpectrogram Pipeline Embedding ReversibleEmbedding".split()
)
_SAME_ON_IMAGES = (
    "Dropout SpatialDropout2D AlphaDropout GaussianDropout GaussianNoise ActivityRegularization RandomFlip "
    "RandomRotation RandomTranslation RandomZoom RandomContrast RandomBrightness RandomShear RandomHue "
    "RandomSaturation RandomSharpness RandomGrayscale RandomInvert RandomPosterization RandomGaussianBlur "
    "RandomPerspective RandomErasing RandomElasticTransform RandomColorJitter RandomColorDegeneration AugMix "
    "AutoContrast CutMix MixUp Equalization Solarization RandAugment "
    "ContrastLimitedAdaptiveHistogramEqualization".split()
)
_ARGUMENTS = {
    "Dropout": (0.3,),
    "SpatialDropout2D": (0.3,),
    "AlphaDropout": (0.3,),
    "GaussianDropout": (0.3,),
    "GaussianNoise": (0.3,),
    "RandomRotation": (0.2,),
    "RandomTranslation": (0.2, 0.2),
    "RandomZoom": (0.2,),
    "RandomContrast": (0.2,),
    "RandomBrightness": (0.2,),
    "RandomHue": (0.2,),
    "RandomSaturation": (0.2,),
    "RandomSharpness": (0.2,),
    "RandomPosterization": (4,),
    "RandomColorDegeneration": (0.2,),
}
_FUNCTIONS = (
    "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear "
    "log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus "
    "sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold".split()
)


def cases(keras):
    """Returns, by name, the shape of the input and what is applied to it."""
    layers, version = keras.layers, int(keras.__version__[0])
    slope = "negative_slope" if version == 3 else "alpha"
    found = {}

    def add(name, shape, make):
        found[name] = (shape, make)

    def on(shape, kind, **variants):
        cls = getattr(layers, kind, None)
        if cls is None:
            return
        for variant, arguments in variants.items():
            add(f"{kind} {variant}", shape, lambda x, arguments=arguments: cls(**arguments)(x))

    on(
        IMAGE,
        "Conv2D",
        strided={"filters": 6, "kernel_size": (3, 2), "strides": (2, 1), "padding": "same", "use_bias": False},
        dilated={"filters": 6, "kernel_size": 3, "dilation_rate": (2, 3)},
        groups={"filters": 6, "kernel_size": 3, "groups": 2, "activation": "relu"},
        first={"filters": 4, "kernel_size": 3, "data_format": "channels_first"},
        regularized={
            "filters": 4,
            "kernel_size": 3,
            "kernel_regularizer": keras.regularizers.L1L2(1e-3, 1e-2),
            "kernel_constraint": keras.constraints.MaxNorm(3),
            "kernel_initializer": keras.initializers.HeNormal(),
        },
        frozen={"filters": 4, "kernel_size": 3, "trainable": False, "name": "a (b)"},
    )
    on(
        IMAGE,
        "DepthwiseConv2D",
        multiplied={"kernel_size": 3, "strides": 2, "depth_multiplier": 2, "activation": "tanh", "padding": "same"},
        dilated={"kernel_size": 3, "dilation_rate": 2, "use_bias": False},
    )
    on(
        IMAGE,
        "SeparableConv2D",
        multiplied={"filters": 5, "kernel_size": 3, "depth_multiplier": 2, "strides": 2, "activation": "relu6"},
        dilated={"filters": 5, "kernel_size": 3, "dilation_rate": 2, "use_bias": False, "padding": "same"},
    )
    on(
        IMAGE,
        "Conv2DTranspose",
        strided={"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu"},
        padded={"filters": 5, "kernel_size": 3, "strides": 2, "output_padding": 1},
        dilated={"filters": 5, "kernel_size": 3, "dilation_rate": 2, "use_bias": False},
    )
    for kind in ("Conv1D", "SeparableConv1D", "Conv1DTranspose"):
        on(SERIES, kind, strided={"filters": 5, "kernel_size": 3, "strides": 2, "activation": "relu"})
    on(SERIES, "Conv1D", causal={"filters": 5, "kernel_size": 3, "padding": "causal", "dilation_rate": 2})
    on(SERIES, "DepthwiseConv1D", strided={"kernel_size": 3, "strides": 2, "depth_multiplier": 2})
    on(VOLUME, "Conv3D", strided={"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"})
    on(VOLUME, "Conv3DTranspose", strided={"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"})
    on(VECTOR, "Dense", activated={"units": 5, "activation": "softmax"}, plain={"units": 5, "use_bias": False})
    on(IMAGE, "Dense", pixels={"units": 5, "activation": "gelu"})
    on(IMAGE, "EinsumDense", one={"equation": "bhwc,cd->bhwd", "output_shape": (None, None, 5), "bias_axes": "d"})
    on(
        IMAGE,
        "BatchNormalization",
        plain={"epsilon": 0.1, "momentum": 0.5},
        rows={"axis": 1},
        columns={"axis": 2, "scale": False},
        bare={"scale": False, "center": False},
        renorm={"renorm": True},
    )
    on(VECTOR, "BatchNormalization", vector={"center": False})
    on(IMAGE, "LayerNormalization", plain={"epsilon": 0.1}, axes={"axis": [1, 2, 3]}, bare={"scale": False})
    on(IMAGE, "LayerNormalization", rms={"rms_scaling": True} if version == 3 else {"center": False})
    on(IMAGE, "GroupNormalization", two={"groups": 2, "epsilon": 0.1}, rows={"groups": 4, "axis": 1})
    on(IMAGE, "UnitNormalization", rows={"axis": 1}, channels={})
    on(IMAGE, "RMSNormalization", plain={})
    on(
        IMAGE,
        "Normalization",
        channels={"mean": [1.0, 2.0, 3.0, 4.0], "variance": [1.0, 4.0, 9.0, 16.0]},
        one={"axis": None, "mean": 3.0, "variance": 4.0},
        inverted={"mean": [1.0, 2.0, 3.0, 4.0], "variance": [1.0, 4.0, 9.0, 16.0], "invert": True},
        rows={"axis": 1, "mean": np.arange(16.0), "variance": np.arange(1.0, 17.0)},
    )
    on(
        IMAGE,
        "Rescaling",
        one={"scale": 1 / 127.5, "offset": -1.0},
        negative={"scale": -1 / 255, "offset": 1.0},
        channels={"scale": [0.1, 0.2, 0.3, 0.4], "offset": [1.0, 2.0, 3.0, 4.0]},
    )
    on(
        IMAGE,
        "ReLU",
        six={"max_value": 6.0},
        leaky={"negative_slope": 0.2},
        all={"max_value": 9.0, "negative_slope": 0.1, "threshold": 1.0},
    )
    on(IMAGE, "LeakyReLU", default={}, steep={slope: 0.45})
    on(IMAGE, "ELU", alpha={"alpha": 0.4})
    on(IMAGE, "PReLU", shared={"shared_axes": [1, 2]}, own={})
    on(IMAGE, "ThresholdedReLU", theta={"theta": 2.0})
    on(IMAGE, "Softmax", rows={"axis": 1}, channels={}, two={"axis": [1, 2]})
    for side, shape in ((1, SERIES), (2, IMAGE), (3, VOLUME)):
        for kind in ("MaxPooling", "AveragePooling"):
            on(shape, f"{kind}{side}D", same={"pool_size": 3, "strides": 2, "padding": "same"}, two={"pool_size": 2})
        for kind in ("GlobalMaxPooling", "GlobalAveragePooling"):
            on(shape, f"{kind}{side}D", flat={}, kept={"keepdims": True})
        for kind in ("AdaptiveAveragePooling", "AdaptiveMaxPooling"):
            on(shape, f"{kind}{side}D", two={"output_size": 2})
        on(shape, f"UpSampling{side}D", two={"size": 2})
        on(shape, f"ZeroPadding{side}D", two={"padding": 2})
        on(shape, f"Cropping{side}D", one={"cropping": 1})
        on(shape, f"SpatialDropout{side}D", drop={"rate": 0.5})
        on((3, *shape), f"ConvLSTM{side}D", plain={"filters": 2, "kernel_size": 3})
    on(IMAGE, "UpSampling2D", bilinear={"size": (2, 3), "interpolation": "bilinear"})
    on(IMAGE, "UpSampling2D", bicubic={"size": 2, "interpolation": "bicubic"})
    on(IMAGE, "ZeroPadding2D", sides={"padding": ((0, 1), (2, 3))})
    on(IMAGE, "Cropping2D", sides={"cropping": ((0, 1), (2, 3))})
    for way in ("bilinear", "nearest", "bicubic", "area", "lanczos3"):
        on(IMAGE, "Resizing", **{way: {"height": 9, "width": 21, "interpolation": way}})
    on(
        IMAGE,
        "Resizing",
        crop={"height": 8, "width": 12, "crop_to_aspect_ratio": True},
        same={"height": 16, "width": 16},
    )
    if version == 3:
        on(
            IMAGE,
            "Resizing",
            pad={"height": 8, "width": 12, "pad_to_aspect_ratio": True},
            antialias={"height": 8, "width": 8, "antialias": True},
        )
    on(IMAGE, "CenterCrop", smaller={"height": 8, "width": 10}, same={"height": 16, "width": 16})
    on(IMAGE, "RandomCrop", smaller={"height": 8, "width": 10})
    on(IMAGE, "Flatten", plain={})
    on(IMAGE, "Reshape", open={"target_shape": (-1, 8)})
    on(IMAGE, "Permute", turned={"dims": (2, 1, 3)})
    on(IMAGE, "Identity", plain={})
    on(VECTOR, "RepeatVector", two={"n": 2})
    on(SERIES, "Masking", zero={"mask_value": 1.0})
    on(SERIES, "LSTM", plain={"units": 4}, turned={"units": 4, "go_backwards": True, "return_sequences": True})
    on(SERIES, "LSTM", other={"units": 4, "recurrent_activation": "hard_sigmoid", "use_bias": False})
    on(SERIES, "GRU", plain={"units": 4}, before={"units": 4, "reset_after": False, "activation": "relu"})
    on(SERIES, "SimpleRNN", plain={"units": 4, "activation": "relu"})
    for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        add(name, IMAGE, lambda x, name=name: getattr(layers, name)()([x, layers.ReLU()(layers.Conv2D(4, 1)(x))]))
    add("Concatenate rows", IMAGE, lambda x: layers.Concatenate(axis=1)([x, layers.Conv2D(4, 1)(x)]))
    add("Dot", IMAGE, lambda x: layers.Dot(axes=(3, 3), normalize=True)([x, layers.Conv2D(4, 1)(x)]))
    add("Attention", SERIES, lambda x: layers.Attention(use_scale=True)([x, layers.Dense(6)(x)]))
    add("AdditiveAttention", SERIES, lambda x: layers.AdditiveAttention()([x, layers.Dense(6)(x)]))
    add("MultiHeadAttention", SERIES, lambda x: layers.MultiHeadAttention(2, 3)(x, x))
    if version == 3:
        add("GroupQueryAttention", SERIES, lambda x: layers.GroupQueryAttention(3, 4, 2)(x, x))
    add("TimeDistributed", (3, *IMAGE), lambda x: layers.TimeDistributed(layers.Conv2D(3, 3, activation="relu"))(x))
    add("TimeDistributed ReLU", (3, *IMAGE), lambda x: layers.TimeDistributed(layers.ReLU(2.0))(x))
    add("TimeDistributed swish", (3, 4), lambda x: layers.TimeDistributed(layers.Dense(3, activation="swish"))(x))
    for merge in ("sum", "concat", "mul", "ave"):
        add(f"Bidirectional {merge}", SERIES, lambda x, m=merge: layers.Bidirectional(layers.LSTM(3), merge_mode=m)(x))
    add(
        "Bidirectional two",
        SERIES,
        lambda x: layers.Bidirectional(layers.GRU(3), backward_layer=layers.GRU(3, go_backwards=True))(x),
    )
    add("SpectralNormalization", IMAGE, lambda x: layers.SpectralNormalization(layers.Conv2D(4, 3))(x))
    for name in _SAME_ON_IMAGES:
        if hasattr(layers, name):
            made = _ARGUMENTS.get(name, ())
            add(name, (16, 16, 3), lambda x, name=name, made=made: getattr(layers, name)(*made)(x))
    for name in _FUNCTIONS:
        if hasattr(keras.activations, name):
            add(f"function {name}", IMAGE, lambda x, name=name: layers.Conv2D(4, 1, activation=name)(x))
            add(f"Activation {name}", IMAGE, lambda x, name=name: layers.Activation(name)(x))
            function = getattr(keras.activations, name)
            add(f"dense {name}", VECTOR, lambda x, f=function: layers.Dense(4, activation=f)(x))
    objects = {
        "relu 6": lambda: layers.ReLU(6.0),
        "relu of all": lambda: layers.ReLU(9.0, negative_slope=0.1, threshold=1.0),
        "leaky": lambda: layers.LeakyReLU(0.45),
        "elu": lambda: layers.ELU(0.4),
        "softmax": lambda: layers.Softmax(axis=1),
        "prelu": lambda: layers.PReLU(shared_axes=[1, 2]),
        "activation": lambda: layers.Activation("swish"),
    }
    for name, make in objects.items():
        add(f"object {name}", IMAGE, lambda x, make=make: layers.Conv2D(4, 3, activation=make())(x))
        add(f"object separable {name}", IMAGE, lambda x, make=make: layers.SeparableConv2D(4, 3, activation=make())(x))
        add(f"Activation object {name}", IMAGE, lambda x, make=make: layers.Activation(make())(x))
    add("object recurrent", SERIES, lambda x: layers.LSTM(3, activation=layers.ReLU(0.5))(x))
    return found | (_operations(keras) if version == 3 else {})


def _operations(keras):
    """Returns cases of functions between layers."""
    ops, layers = keras.ops, keras.layers
    one = {
        "cast": lambda x: ops.cast(ops.cast(x, "int32"), "float32") + x,
        "item": lambda x: x[..., ::-1][:, 2:, ..., 1:],
        "new axis": lambda x: x[:, None, ..., 0],
        "mean": lambda x: ops.mean(x, axis=(1, 2)),
        "mean kept": lambda x: ops.mean(x, axis=[2, 1], keepdims=True),
        "mean of all": lambda x: ops.mean(x, axis=-1),
        "max": lambda x: ops.max(x, axis=(1, 2)),
        "max initial": lambda x: ops.max(x, axis=1, initial=3.0),
        "sum": lambda x: ops.sum(x, axis=3, keepdims=True),
        "reshape": lambda x: ops.reshape(x, (-1, 8, 8, 16)),
        "transpose": lambda x: ops.transpose(x, (0, 3, 1, 2)),
        "concatenate": lambda x: ops.concatenate([x, ops.relu(x)], axis=-1),
        "stack": lambda x: ops.stack([x[..., 2], x[..., 1], x[..., 0]], axis=-1),
        "split": lambda x: ops.split(x, 2, axis=-1)[1],
        "split at": lambda x: ops.split(x, [1, 3], axis=-1)[1],
        "clip": lambda x: ops.clip(x, -1, 2),
        "flip": lambda x: ops.flip(x, axis=2),
        "squeeze": lambda x: ops.squeeze(x[:, :1], axis=1),
        "expand": lambda x: ops.expand_dims(x, 1),
        "leaky": lambda x: ops.leaky_relu(x, 0.3),
        "elu": lambda x: ops.elu(x, 0.3),
        "gelu": lambda x: ops.gelu(x),
        "gelu exact": lambda x: ops.gelu(x, approximate=False),
        "softmax": lambda x: ops.softmax(x, axis=1),
        "pad": lambda x: ops.pad(x, ((0, 0), (1, 1), (2, 2), (0, 0))),
        "resize": lambda x: ops.image.resize(x, (8, 8)),
        "depth to space": lambda x: ops.nn.depth_to_space(x, 2) if hasattr(ops.nn, "depth_to_space") else x + 1,
        "one less": lambda x: 1 - x / 255,
        "vectors": lambda x: (
            (x / np.array([1.0, 2.0, 3.0, 4.0], "float32")) - np.array([0.1, 0.2, 0.3, 0.4], "float32")
        ),
        "power": lambda x: ops.power(ops.abs(x), 1.5),
        "maximum": lambda x: ops.maximum(x, 0.5),
        "rsqrt": lambda x: x * ops.rsqrt(ops.square(x) + 1),
        "matmul": lambda x: ops.matmul(x, x),
        "normalize": lambda x: ops.normalize(x, axis=1),
        "where": lambda x: ops.where(x > 0, x, 0.5 * x),
        "sine": ops.sin,
    }
    for name in (
        "relu",
        "relu6",
        "sigmoid",
        "tanh",
        "silu",
        "hard_silu",
        "hard_sigmoid",
        "softplus",
        "softsign",
        "selu",
    ):
        one[name] = getattr(ops, name)
    return {f"ops {name}": (IMAGE, lambda x, f=function: f(layers.Conv2D(4, 1)(x))) for name, function in one.items()}


def values(shape):
    """Returns what the models are asked about, float32."""
    return np.random.default_rng(1).normal(0, 2, (3, *shape)).astype(np.float32)


def _randomized(model):
    generator = np.random.default_rng(0)
    arrays = [np.asarray(weight) for weight in model.weights]
    model.set_weights(
        [
            (generator.uniform(0.5, 1.5, a.shape) if a.ndim <= 1 else generator.normal(0, 0.3, a.shape)).astype(a.dtype)
            if a.dtype.kind == "f"
            else a
            for a in arrays
        ]
    )
    return model


def write(keras, folder):
    """Writes `N.keras`, `N.npy` (answers) and `index.json`: name and number of each case, and classes without one."""
    index, used = {}, set()
    for number, (name, (shape, apply)) in enumerate(cases(keras).items()):
        image = keras.Input(shape)
        try:
            model = _randomized(keras.Model(image, apply(image)))
            answers = np.asarray(model(values(shape), training=False), np.float32) if "first" not in name else None
        except (TypeError, ValueError, AttributeError, ImportError, NotImplementedError) as error:
            index[name] = f"not made: {' '.join(str(error).split())[:100]}"
            continue
        used |= {type(layer).__name__ for layer in model.layers} | {name.split()[0]}
        model.save(folder / f"{number}.keras")
        if answers is not None:  # None where a CPU cannot compute it.
            np.save(folder / f"{number}.npy", answers)
        index[name] = number
    kinds = {name for name, kind in vars(keras.layers).items() if inspect.isclass(kind) and kind.__name__ == name}
    missing = sorted(kinds - used - NOT_CASES)
    (folder / "index.json").write_text(json.dumps({"cases": index, "missing": missing}))


if __name__ == "__main__":
    write(importlib.import_module(sys.argv[1]), pathlib.Path(sys.argv[2]))
