from tfl_lite_suite.core.framework import keras

preprocess = keras.applications.vgg16.preprocess_input


def test_equals_keras_applications(check_against_stock):
    stock = keras.applications.VGG16(input_shape=(64, 64, 3), classes=10, classifier_activation=None, weights=None)
    check_against_stock("vgg16", stock, preprocess)


def test_other_resolutions_take_the_file_without_top(check_without_top, tmp_path):
    stock = keras.applications.VGG16(input_shape=(64, 64, 3), include_top=False, weights=None)
    check_without_top("vgg16", stock, preprocess, last="flatten")
