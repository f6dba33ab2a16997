// An example: classifies one frame. Put GetFrame in front of your camera, and build it with TensorFlow Lite Micro.
#include <cstdio>

#include "classify.h"
#include "decision.h"
#include "model.h"
#include "preparation.h"
#include "resolver.h"
#include "settings.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace {

alignas(16) uint8_t arena[tfl_lite_suite::kArenaBytes];
uint8_t frame[tfl_lite_suite::kFrameHeight * tfl_lite_suite::kFrameWidth * tfl_lite_suite::kFrameChannels];

// Replace this by your camera: rows from top to bottom, in each pixel R, G, B or one grey value.
const uint8_t* GetFrame() { return frame; }

}  // namespace

int main() {
  static auto resolver = tfl_lite_suite::MakeResolver();
  static tflite::MicroInterpreter interpreter(tflite::GetModel(tfl_lite_suite::kModel), resolver, arena, sizeof(arena));
  if (interpreter.AllocateTensors() != kTfLiteOk) {
    std::printf("the arena of %d bytes is too small\n", static_cast<int>(sizeof(arena)));
    return 1;
  }
  tfl_lite_suite::PrepareFrame(GetFrame(), interpreter.input(0)->data.uint8);
  if (interpreter.Invoke() != kTfLiteOk) return 1;
  const tfl_lite_suite::Answer answer = tfl_lite_suite::DecideOutput(interpreter.output(0)->data.uint8);
  const bool none = answer.label == tfl_lite_suite::kNoneOfThese;
  std::printf("%s %d per cent\n", none ? "none of these" : tfl_lite_suite::kLabels[answer.label],
              static_cast<int>(100 * answer.probability));
  return 0;
}
