import numpy as np

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.train.relative_adam import RelativeAdam


def test_each_variable_moves_by_a_share_of_its_size_whatever_the_gradient():
    variables = [tf.Variable([1.0, -1.0]), tf.Variable([[100.0, 0.01]])]
    sizes = {variables[0].ref(): tf.constant(2.0), variables[1].ref(): tf.constant([100.0, 0.01])}
    optimizer = RelativeAdam(0.1, sizes)
    optimizer.apply_gradients(zip([tf.constant([1e-6, -1e-6]), tf.constant([[1e3, 0.0]])], variables, strict=True))
    np.testing.assert_allclose(variables[0], [0.8, -0.8], rtol=1e-4)
    np.testing.assert_allclose(variables[1], [[90.0, 0.01]], rtol=1e-4)


def test_it_finds_the_least_of_a_loss_whose_variables_differ_in_size():
    variables = [tf.Variable(5e-4), tf.Variable(3e3)]
    sizes = {variable.ref(): tf.abs(variable) for variable in variables}
    optimizer = RelativeAdam(0.02, sizes)
    for _ in range(150):
        gradients = [2e6 * (variables[0] - 1e-3), 2e-6 * (variables[1] - 2e3)]
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
    np.testing.assert_allclose([variables[0].numpy(), variables[1].numpy()], [1e-3, 2e3], rtol=0.05)
