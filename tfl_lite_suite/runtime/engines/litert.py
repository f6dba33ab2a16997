"""LiteRT, TensorFlow Lite's successor (`ai-edge-litert`)."""

from tfl_lite_suite.runtime.engines._interpreter import InterpreterEngine

ENGINE = InterpreterEngine(name="litert", package="ai-edge-litert", module="ai_edge_litert.interpreter")
