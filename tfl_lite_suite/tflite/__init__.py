"""Reading and rewriting `.tflite` files without TensorFlow and without trusting a byte of them."""
