"""`.tflite` to MNN."""
