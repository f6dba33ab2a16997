"""Files of Keras 2 and Keras 3, read and written."""
