#include "decision.h"

#include <cmath>

namespace tfl_lite_suite {
namespace {

constexpr double kMost = 1e30;
constexpr double kLn2 = 0.6931471805599453;

double Clipped(double value) { return value > kMost ? kMost : value < -kMost ? -kMost : value; }

double Exponential(double value) {
  if (value < -700.0) return 0.0;
  const double twos = std::floor(value * 1.4426950408889634 + 0.5);
  const double rest = (value - twos * 0.693147180369123816490) - twos * 1.90821492927058770002e-10;
  double factorial = 6227020800.0;  // Of 13.
  double total = 1.0 / factorial;
  for (int n = 13; n > 0; --n) {
    factorial /= n;
    total = total * rest + 1.0 / factorial;
  }
  return std::ldexp(total, static_cast<int>(twos));
}

double Logarithm(double value) {
  int twos;
  double mantissa = std::frexp(value, &twos);
  if (mantissa < 0.7071067811865476) {
    mantissa *= 2.0;
    --twos;
  }
  const double ratio = (mantissa - 1.0) / (mantissa + 1.0);
  const double square = ratio * ratio;
  double total = 1.0 / 21.0;
  for (int odd = 19; odd > 0; odd -= 2) total = total * square + 1.0 / odd;
  return twos * kLn2 + 2.0 * ratio * total;
}

double Greatest(const double* values, int count) {
  double most = values[0];
  for (int i = 1; i < count; ++i) most = values[i] > most ? values[i] : most;
  return most;
}

void Probabilities(const Decision& decision, const double* scores, int classes, double* found) {
  if (decision.gives_probabilities) {
    for (int i = 0; i < classes; ++i) found[i] = scores[i];
    return;
  }
  const double most = Clipped(Greatest(scores, classes));
  double total = 0.0;
  for (int i = 0; i < classes; ++i) {
    const double score = Clipped(scores[i]);
    if (decision.multi) {
      const double power = Exponential(-std::fabs(score / decision.temperature));
      found[i] = (score >= 0 ? 1.0 : power) / (1.0 + power);
    } else {
      found[i] = Exponential((score - most) / decision.temperature);
      total = i == 0 ? found[0] : total + found[i];
    }
  }
  for (int i = 0; i < classes && !decision.multi; ++i) found[i] /= total;
}

double Certainty(const Decision& decision, const double* scores, int classes, const double* found) {
  if (decision.reject == RejectScore::kEnergy) {
    const double most = Clipped(Greatest(scores, classes));
    double total = 0.0;
    for (int i = 0; i < classes; ++i) {
      const double score = Clipped(scores[i]);
      const double part = decision.multi
                              ? (score > 0.0 ? score : 0.0) + Logarithm(1.0 + Exponential(-std::fabs(score)))
                              : Exponential(score - most);
      total = i == 0 ? part : total + part;
    }
    return decision.multi ? total : most + Logarithm(total);
  }
  if (decision.reject == RejectScore::kEntropy) {
    double total = 0.0;
    for (int i = 0; i < classes; ++i) {
      const double some = found[i] > 0.0 ? found[i] : 1.0;
      const double part = some * Logarithm(some);
      total = i == 0 ? part : total + part;
    }
    return total;
  }
  if (decision.reject == RejectScore::kMargin && classes > 1) {
    double first = found[0] > found[1] ? found[0] : found[1], second = found[0] > found[1] ? found[1] : found[0];
    for (int i = 2; i < classes; ++i) {
      if (found[i] > first) {
        second = first;
        first = found[i];
      } else if (found[i] > second) {
        second = found[i];
      }
    }
    return first - second;
  }
  return Greatest(found, classes);
}

}  // namespace

int Decide(const Decision& decision, const double* scores, int classes, double* probabilities, bool* answered) {
  bool broken = false;
  for (int i = 0; i < classes; ++i) broken = broken || std::isnan(scores[i]);
  if (broken) {
    for (int i = 0; i < classes; ++i) {
      probabilities[i] = NAN;
      answered[i] = false;
    }
    return kNoneOfThese;
  }
  Probabilities(decision, scores, classes, probabilities);
  const bool known = decision.reject == RejectScore::kNone ||
                     Certainty(decision, scores, classes, probabilities) >= decision.reject_threshold;
  double best_gain = -1.0;
  for (int i = 0; i < classes; ++i) {
    const double least = decision.thresholds != nullptr ? decision.thresholds[i] : decision.multi ? 0.5 : 0.0;
    answered[i] = known && probabilities[i] >= least;
    const double gain = answered[i] ? probabilities[i] / least : -1.0;
    if (decision.thresholds != nullptr && gain > best_gain) best_gain = gain;
  }
  int top = kNoneOfThese;
  for (int i = 0; i < classes; ++i) {
    if (!decision.multi && decision.thresholds != nullptr && answered[i]) {
      answered[i] = probabilities[i] / decision.thresholds[i] == best_gain;
    }
    if (answered[i] && (top == kNoneOfThese || scores[i] > scores[top])) top = i;
  }
  for (int i = 0; i < classes && !decision.multi; ++i) answered[i] = i == top;
  return top;
}

}  // namespace tfl_lite_suite
