"""tflite-runtime, the interpreter without TensorFlow; its wheels stop at Python 3.11."""

from tfl_lite_suite.runtime.engines._interpreter import InterpreterEngine

ENGINE = InterpreterEngine(name="tflite_runtime", package="tflite-runtime", module="tflite_runtime.interpreter")
