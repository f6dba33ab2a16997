// What an application calls: a frame in, an answer out.
#ifndef TFL_LITE_SUITE_CLASSIFY_H_
#define TFL_LITE_SUITE_CLASSIFY_H_

#include <cstdint>

namespace tfl_lite_suite {

struct Answer {
  int label;           // Place in kLabels, or kNoneOfThese.
  double probability;  // Of the class with the greatest probability, if it is none of these.
};

// output: the bytes of the model's output tensor, one a class, as the model's type is.
Answer DecideOutput(const uint8_t* output);

}  // namespace tfl_lite_suite

#endif  // TFL_LITE_SUITE_CLASSIFY_H_
