"""Quantization-aware training: a float model made to compute as its int8 file will."""
