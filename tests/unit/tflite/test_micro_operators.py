from tfl_lite_suite.tflite import micro_operators, operator_versions

# The resolver's own names, where words alone do not give them.
METHODS = {
    "CONV_2D": "AddConv2D",
    "CUMSUM": "AddCumSum",
    "L2_POOL_2D": "AddL2Pool2D",
    "PADV2": "AddPadV2",
    "REVERSE_V2": "AddReverseV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "AddUnidirectionalSequenceLSTM",
    "BATCH_TO_SPACE_ND": "AddBatchToSpaceNd",
    "BATCH_MATMUL": "AddBatchMatMul",
}


def test_methods_are_the_resolvers():
    assert {name: micro_operators.method(name) for name in METHODS} == METHODS


def test_every_way_around_is_for_an_operator_that_is_lacking():
    known = {name for name, _ in operator_versions.FIRST_RELEASE}
    assert micro_operators.OPERATORS <= known | {"BROADCAST_TO"}
    assert not micro_operators.OPERATORS & set(micro_operators._WAYS_AROUND)
    assert set(micro_operators._WAYS_AROUND) <= known


def test_what_is_lacking_has_a_way_around():
    assert list(micro_operators.missing(["GELU", "CONV_2D", "MyOperator"])) == ["GELU", "MyOperator"]
    assert "h-swish" in micro_operators.missing(["GELU"])["GELU"]
