from tfl_lite_suite.core.framework import keras


def test_equals_keras_applications(check_against_stock):
    stock = keras.applications.MobileNetV3Small(
        input_shape=(64, 64, 3), alpha=0.75, classes=10, classifier_activation=None, weights=None
    )
    check_against_stock("mobilenet_v3_small", stock, lambda images: images, 0.75)
