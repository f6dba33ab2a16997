"""Engines that run deployed models, and the measurement of what they do. Never imports TensorFlow."""
