#include "classify.h"

#include "decision.h"
#include "settings.h"

namespace tfl_lite_suite {

Answer DecideOutput(const uint8_t* output) {
  static double scores[kClasses];
  static double probabilities[kClasses];
  static bool answered[kClasses];
  for (int i = 0; i < kClasses; ++i) {
    const int value = kSignedOutput ? static_cast<int8_t>(output[i]) : output[i];
    scores[i] = static_cast<float>((value - kOutputZeroPoint) * static_cast<double>(kOutputScale));
  }
  const int top = Decide(kDecision, scores, kClasses, probabilities, answered);
  double most = probabilities[0];
  for (double probability : probabilities) most = probability > most ? probability : most;
  return {top, top == kNoneOfThese ? most : probabilities[top]};
}

}  // namespace tfl_lite_suite
