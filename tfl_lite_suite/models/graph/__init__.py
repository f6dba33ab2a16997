"""Functional Keras models read, rewritten and folded, layer by layer."""
