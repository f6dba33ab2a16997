"""From a folder of labelled images to a small, fast, accurate int8 TensorFlow Lite classifier.

Importing this package loads nothing heavy: TensorFlow is imported by `framework` alone.
"""

__version__ = "0.1.0"
