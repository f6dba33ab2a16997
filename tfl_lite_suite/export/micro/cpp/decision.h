// From the scores of a picture to the answer. Specified in docs/decision.md of tfl_lite_suite.
// Compile with -ffp-contract=off, so that every client gets the same bits.
#ifndef TFL_LITE_SUITE_DECISION_H_
#define TFL_LITE_SUITE_DECISION_H_

namespace tfl_lite_suite {

enum class RejectScore { kNone, kMaxProbability, kMargin, kEntropy, kEnergy };

struct Decision {
  bool multi;
  bool gives_probabilities;
  double temperature;
  const double* thresholds;  // One a class, or null.
  RejectScore reject;
  double reject_threshold;
};

constexpr int kNoneOfThese = -1;

// scores: real values of the output, one a class. probabilities and answered: room for one a class.
// Returns the class answered, of several the one with the highest score, or kNoneOfThese.
int Decide(const Decision& decision, const double* scores, int classes, double* probabilities, bool* answered);

}  // namespace tfl_lite_suite

#endif  // TFL_LITE_SUITE_DECISION_H_
