"""`.tflite` to NCNN."""
