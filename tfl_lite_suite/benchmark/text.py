"""Measurements as people read them."""

import os

from tfl_lite_suite.benchmark import operator_times
from tfl_lite_suite.benchmark.result import Comparison, Device, Measurement, Profile

# Every fifth point of the curve is shown; JSON has them all.
_CURVE_STEP = 5
_MOST_TYPES, _MOST_OPERATORS = 8, 8


def show(measured: Measurement | Comparison) -> str:
    """Returns what was measured as text."""
    lines = _comparison(measured) if isinstance(measured, Comparison) else _benchmark(measured)
    lines += [f"  warning: {warning}" for warning in measured.warnings]
    return "\n".join(lines)


def _benchmark(measured: Measurement) -> list[str]:
    latency, stages = measured.latency_ms, measured.stages_ms
    shape = "x".join(str(size) for size in measured.input.shape)
    name = f"{os.path.basename(measured.model)} ({_bytes(measured.model_bytes)}, {shape} "
    lines = [
        name + f"{measured.input.dtype})",
        f"  median         {_ms(latency.p50)}   [{_ms(latency.ci95[0])} … {_ms(latency.ci95[1])}, 95 %]"
        f"   {measured.frames_per_s:.1f} frames/s",
        f"  mean ± σ       {_ms(latency.mean)} ± {_ms(latency.std)}",
        f"  min … max      {_ms(latency.min)} … {_ms(latency.max)}   p90 {_ms(latency.p90)}   p99 {_ms(latency.p99)}",
        f"  runs           {measured.runs}, after {measured.warmup_runs} of warm-up; {_settings(measured)}",
        f"  device         {_device(measured.device)}",
        f"  cold start     {_ms(measured.cold_start_ms)}   peak memory {_bytes(measured.peak_rss_bytes)}"
        + (f", arena {_bytes(measured.arena_bytes)}" if measured.arena_bytes else ""),
    ]
    if stages.preprocessing is not None:
        height, width = stages.picture
        lines.append(
            f"  per picture    {_ms(stages.preprocessing)} preprocessing ({width}x{height}), "
            f"{_ms(stages.inference)} inference, {_ms(stages.postprocessing)} postprocessing"
        )
    if measured.energy_j is not None:
        lines.append(f"  energy         {1000 * measured.energy_j:.3g} mJ an inference ({measured.energy_method})")
    if measured.instructions is not None:
        counts = [f"{item.per_inference:,} ({item.cpu})" for item in measured.instructions.cpus]
        lines.append(f"  instructions   {', '.join(counts)}: {measured.instructions.what}")
    lines += _profile(measured.profile)
    for point in (measured.curve or ())[::_CURVE_STEP]:
        heat = "" if point.temperature_c is None else f"   {point.temperature_c:.1f} °C"
        clock = "" if point.frequency_mhz is None else f"   {point.frequency_mhz:.0f} MHz"
        lines.append(f"  at {point.seconds:7.0f} s   {_ms(point.p50_ms)}{heat}{clock}")
    return lines


def _profile(profile: Profile | None) -> list[str]:
    if profile is None:
        return []
    operators = profile.operators
    total = sum(operator.median_ns for operator in operators)
    lines = [
        f"  operators      {_ms(total / 1e6)} in {len(operators)}: medians of {profile.runs} runs of their own, by "
        f"{profile.method}" + (f", in steps of {_ms(profile.resolution_ns / 1e6)}" if profile.resolution_ns > 1 else "")
    ]
    by_type = operator_times.by_type(operators)[:_MOST_TYPES]
    lines += [f"    {share:7.1%} {_ms(ns / 1e6):>10}   {count} {kind}" for kind, count, share, ns in by_type]
    lines.append("  most expensive")
    for op in operator_times.most_expensive(operators, _MOST_OPERATORS):
        name = operator_times.short_name(op.name)
        lines.append(f"    {op.share:7.1%} {_ms(op.median_ns / 1e6):>10}   {op.type}   {name}")
    return [line.rstrip() for line in lines]


def _comparison(measured: Comparison) -> list[str]:
    first, second = measured.models
    low, high = measured.ratio_ci99
    names = [os.path.basename(model.model) for model in (first, second)]
    if low > 1:
        verdict = f"{names[1]} is slower"
    else:
        verdict = f"{names[1]} is faster" if high < 1 else "no difference was found"
    return [
        f"{names[1]} takes {measured.ratio:.3f} times as long as {names[0]}   [{low:.3f} … {high:.3f}, 99 %]: "
        f"{verdict}",
        *(f"  median         {_ms(model.p50_ms)}   {model.model}" for model in (first, second)),
        f"  runs           {measured.pairs} pairs in {measured.rounds} processes; {_settings(measured)}",
        f"  device         {_device(measured.device)}",
    ]


def _settings(measured: Measurement | Comparison) -> str:
    threads = measured.threads
    kernels = "" if measured.kernels == "default" else f", {measured.kernels} kernels"
    return f"{measured.engine} {measured.engine_version}{kernels}, {threads} thread{'s' if threads > 1 else ''}"


def _device(device: Device) -> str:
    parts = [
        device.board,
        device.cpu,
        f"{device.cores} cores",
        device.os,
        device.governor and f"governor {device.governor}",
        device.frequency_mhz and f"{device.frequency_mhz:.0f} MHz",
        device.temperature_c and f"{device.temperature_c:.0f} °C",
    ]
    return ", ".join(part for part in parts if part)


def _ms(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{1000 * value:.1f} µs" if value < 0.1 else f"{value:.3f} ms" if value < 10 else f"{value:.1f} ms"


def _bytes(value: int | None) -> str:
    if value is None:
        return "unknown"
    if value < 1000:
        return f"{value} B"
    return f"{value / 1000:.1f} kB" if value < 1_000_000 else f"{value / 1_000_000:.2f} MB"
