"""Pretrained weights: where they come from, and how they get into a network."""
