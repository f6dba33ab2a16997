from tfl_lite_suite.core.framework import keras


def test_equals_keras_applications_with_biases_folded(check_against_stock):
    stock = keras.applications.ResNet50(input_shape=(64, 64, 3), classes=10, classifier_activation=None, weights=None)
    check_against_stock("resnet50", stock, keras.applications.resnet50.preprocess_input)
