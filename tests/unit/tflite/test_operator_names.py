from ai_edge_litert import schema_py_generated as schema

from tfl_lite_suite.tflite import operator_names


def numbers(enum):
    return {value: name for name, value in vars(enum).items() if isinstance(value, int)}


def test_builtin_names_have_the_schemas_numbers():
    assert dict(enumerate(operator_names.BUILTIN)) == numbers(schema.BuiltinOperator)


def test_tensor_types_have_the_schemas_numbers():
    assert dict(enumerate(operator_names.TENSOR_TYPE)) == {n: t.lower() for n, t in numbers(schema.TensorType).items()}
    assert set(operator_names.BITS) | {"string", "resource", "variant"} == set(operator_names.TENSOR_TYPE)


def test_activations_have_the_schemas_numbers():
    assert dict(enumerate(operator_names.ACTIVATION)) == numbers(schema.ActivationFunctionType)
