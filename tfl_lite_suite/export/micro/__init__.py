"""`.tflite` to C++ sources for TensorFlow Lite Micro: model, operators, arena, preparation of a frame, decision."""
