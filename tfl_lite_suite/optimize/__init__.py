"""Training, quantization-aware training, pruning and other changes to a Keras model."""
