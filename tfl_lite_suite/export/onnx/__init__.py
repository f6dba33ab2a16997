"""`.tflite` to ONNX."""
