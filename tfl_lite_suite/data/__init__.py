"""Datasets: listing, decoding, splitting and feeding labelled images."""
