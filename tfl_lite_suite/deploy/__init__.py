"""From a Keras model to files that other runtimes read."""
