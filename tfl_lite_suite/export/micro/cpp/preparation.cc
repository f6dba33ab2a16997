#include "preparation.h"

#include "settings.h"

namespace tfl_lite_suite {
namespace {

constexpr int kRow = kWidth * kChannels;

// The rows of the frame that one row of the tensor is made of, already scaled across; each is computed once.
uint8_t rows[kRowTaps][kRow];
int row_of[kRowTaps];

uint8_t Pixel(const uint8_t* pixel, int channel) {
  if (kFrameChannels == kChannels) return pixel[channel];
  if (kFrameChannels == 1) return pixel[0];
  return static_cast<uint8_t>((19595u * pixel[0] + 38470u * pixel[1] + 7471u * pixel[2] + 32768u) >> 16);
}

uint8_t Rounded(uint32_t sum) {
  const uint32_t value = (sum + (1u << 21)) >> 22;
  return static_cast<uint8_t>(value > 255 ? 255 : value);
}

const uint8_t* Across(const uint8_t* frame, int row) {
  uint8_t* made = rows[row % kRowTaps];
  if (row_of[row % kRowTaps] == row) return made;
  const uint8_t* line = frame + static_cast<int32_t>(row) * kFrameWidth * kFrameChannels;
  for (int x = 0; x < kWidth; ++x) {
    for (int c = 0; c < kChannels; ++c) {
      uint32_t sum = 0;
      for (int tap = 0; tap < kColumnTaps; ++tap) {
        const uint32_t weight = kColumnWeights[x * kColumnTaps + tap];
        if (weight != 0) sum += weight * Pixel(line + (kColumnFirst[x] + tap) * kFrameChannels, c);
      }
      made[x * kChannels + c] = Rounded(sum);
    }
  }
  row_of[row % kRowTaps] = row;
  return made;
}

void StretchContrast(uint8_t* tensor) {
  uint8_t low = 255, high = 0;
  for (int i = 0; i < kHeight * kRow; ++i) {
    if (tensor[i] < low) low = tensor[i];
    if (tensor[i] > high) high = tensor[i];
  }
  const int span = high - low;
  if (span == 0) return;
  for (int i = 0; i < kHeight * kRow; ++i) {
    tensor[i] = static_cast<uint8_t>(((tensor[i] - low) * 255 + span / 2) / span);
  }
}

}  // namespace

void PrepareFrame(const uint8_t* frame, uint8_t* tensor) {
  for (int& row : row_of) row = -1;
  for (int y = 0; y < kHeight; ++y) {
    uint8_t* line = tensor + y * kRow;
    for (int i = 0; i < kRow; ++i) {
      uint32_t sum = 0;
      for (int tap = 0; tap < kRowTaps; ++tap) {
        const uint32_t weight = kRowWeights[y * kRowTaps + tap];
        if (weight != 0) sum += weight * Across(frame, kRowFirst[y] + tap)[i];
      }
      line[i] = Rounded(sum);
    }
  }
  if (kStretchContrast) StretchContrast(tensor);
  for (int i = 0; i < kHeight * kRow; ++i) {
    if (!kPlainInput) {
      tensor[i] = kInputTable[i % kInputTables * 256 + tensor[i]];
    } else if (kSignedInput) {
      tensor[i] ^= 0x80;
    }
  }
}

}  // namespace tfl_lite_suite
