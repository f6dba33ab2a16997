// From a camera frame to the input tensor, by the contract of the model. Whole numbers only, no heap.
// Specified in docs/preprocessing.md of tfl_lite_suite, sections 4 to 8.
#ifndef TFL_LITE_SUITE_PREPARATION_H_
#define TFL_LITE_SUITE_PREPARATION_H_

#include <cstdint>

namespace tfl_lite_suite {

// frame: kFrameHeight rows of kFrameWidth pixels of kFrameChannels bytes (R, G, B, or one grey), upright.
// tensor: kHeight * kWidth * kChannels bytes; the pixel itself if the model takes uint8, else the pixel - 128.
void PrepareFrame(const uint8_t* frame, uint8_t* tensor);

}  // namespace tfl_lite_suite

#endif  // TFL_LITE_SUITE_PREPARATION_H_
