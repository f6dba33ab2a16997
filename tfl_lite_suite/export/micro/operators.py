"""The resolver of TensorFlow Lite Micro with exactly the operators of a model."""

from collections.abc import Iterable

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite import micro_operators


def check(names: Iterable[str]) -> None:
    """Raises a `SuiteError` that names the operators which TensorFlow Lite Micro lacks."""
    missing = micro_operators.missing(names)
    if missing:
        ways = "; ".join(f"{name}: {way}" for name, way in missing.items())
        raise SuiteError(f"not supported by tflm: TensorFlow Lite Micro has no {', '.join(missing)}. {ways}")


def resolver(names: Iterable[str]) -> str:
    """Returns the header that adds exactly these operators."""
    wanted = sorted(set(names))
    lines = "\n".join(f"  resolver.{micro_operators.method(name)}();" for name in wanted)
    return f"""// The operators of the model, and no others.
#ifndef TFL_LITE_SUITE_RESOLVER_H_
#define TFL_LITE_SUITE_RESOLVER_H_

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

namespace tfl_lite_suite {{

inline tflite::MicroMutableOpResolver<{len(wanted)}> MakeResolver() {{
  tflite::MicroMutableOpResolver<{len(wanted)}> resolver;
{lines}
  return resolver;
}}

}}  // namespace tfl_lite_suite

#endif  // TFL_LITE_SUITE_RESOLVER_H_
"""
