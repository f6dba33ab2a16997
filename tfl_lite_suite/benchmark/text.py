"""Benchmark documents as people read them."""

import os
from typing import Any

from tfl_lite_suite.benchmark import operator_times

# Every fifth point of the curve is shown; JSON has them all.
_CURVE_STEP = 5
_MOST_TYPES, _MOST_OPERATORS = 8, 8


def show(document: dict[str, Any]) -> str:
    """Returns a benchmark's or a comparison's document as text.

    Args:
        document: As `docs/benchmark_schema.md` describes it.
    """
    lines = _comparison(document) if "ratio" in document else _benchmark(document)
    lines += [f"  warning: {warning}" for warning in document["warnings"]]
    return "\n".join(lines)


def _benchmark(document: dict[str, Any]) -> list[str]:
    latency, stages = document["latency_ms"], document["stages_ms"]
    shape = "x".join(str(size) for size in document["input"]["shape"])
    name = f"{os.path.basename(document['model'])} ({_bytes(document['model_bytes'])}, {shape} "
    lines = [
        name + f"{document['input']['dtype']})",
        f"  median         {_ms(latency['p50'])}   [{_ms(latency['ci95'][0])} … {_ms(latency['ci95'][1])}, 95 %]"
        f"   {document['frames_per_s']:.1f} frames/s",
        f"  mean ± σ       {_ms(latency['mean'])} ± {_ms(latency['std'])}",
        f"  min … max      {_ms(latency['min'])} … {_ms(latency['max'])}   p90 {_ms(latency['p90'])}   "
        f"p99 {_ms(latency['p99'])}",
        f"  runs           {document['runs']}, after {document['warmup_runs']} of warm-up; {_settings(document)}",
        f"  device         {_device(document['device'])}",
        f"  cold start     {_ms(document['cold_start_ms'])}   peak memory {_bytes(document['peak_rss_bytes'])}"
        + (f", arena {_bytes(document['arena_bytes'])}" if document["arena_bytes"] else ""),
    ]
    if stages["preprocessing"] is not None:
        height, width = stages["picture"]
        lines.append(
            f"  per picture    {_ms(stages['preprocessing'])} preprocessing ({width}x{height}), "
            f"{_ms(stages['inference'])} inference, {_ms(stages['postprocessing'])} postprocessing"
        )
    if document["energy_j"] is not None:
        lines.append(
            f"  energy         {1000 * document['energy_j']:.3g} mJ an inference ({document['energy_method']})"
        )
    if "instructions" in document:
        counts = [f"{item['per_inference']:,} ({item['cpu']})" for item in document["instructions"]["cpus"]]
        lines.append(f"  instructions   {', '.join(counts)}: {document['instructions']['what']}")
    lines += _profile(document.get("profile"))
    for point in document.get("curve", [])[::_CURVE_STEP]:
        heat = "" if point["temperature_c"] is None else f"   {point['temperature_c']:.1f} °C"
        clock = "" if point["frequency_mhz"] is None else f"   {point['frequency_mhz']:.0f} MHz"
        lines.append(f"  at {point['seconds']:7.0f} s   {_ms(point['p50_ms'])}{heat}{clock}")
    return lines


def _profile(profile: dict[str, Any] | None) -> list[str]:
    if profile is None:
        return []
    operators = profile["operators"]
    total = sum(operator["median_ns"] for operator in operators)
    lines = [
        f"  operators      {_ms(total / 1e6)} in {len(operators)}: medians of {profile['runs']} runs of their own, by "
        f"{profile['method']}"
        + (f", in steps of {_ms(profile['resolution_ns'] / 1e6)}" if profile["resolution_ns"] > 1 else "")
    ]
    by_type = operator_times.by_type(operators)[:_MOST_TYPES]
    lines += [f"    {share:7.1%} {_ms(ns / 1e6):>10}   {count} {kind}" for kind, count, share, ns in by_type]
    lines.append("  most expensive")
    for op in operator_times.most_expensive(operators, _MOST_OPERATORS):
        name = operator_times.short_name(op["name"])
        lines.append(f"    {op['share']:7.1%} {_ms(op['median_ns'] / 1e6):>10}   {op['type']}   {name}")
    return [line.rstrip() for line in lines]


def _comparison(document: dict[str, Any]) -> list[str]:
    first, second = document["models"]
    low, high = document["ratio_ci99"]
    names = [os.path.basename(model["model"]) for model in (first, second)]
    if low > 1:
        verdict = f"{names[1]} is slower"
    else:
        verdict = f"{names[1]} is faster" if high < 1 else "no difference was found"
    return [
        f"{names[1]} takes {document['ratio']:.3f} times as long as {names[0]}   [{low:.3f} … {high:.3f}, 99 %]: "
        f"{verdict}",
        *(f"  median         {_ms(model['p50_ms'])}   {model['model']}" for model in (first, second)),
        f"  runs           {document['pairs']} pairs in {document['rounds']} processes; {_settings(document)}",
        f"  device         {_device(document['device'])}",
    ]


def _settings(document: dict[str, Any]) -> str:
    threads = document["threads"]
    kernels = "" if document["kernels"] == "default" else f", {document['kernels']} kernels"
    return f"{document['engine']} {document['engine_version']}{kernels}, {threads} thread{'s' if threads > 1 else ''}"


def _device(device: dict[str, Any]) -> str:
    parts = [
        device["board"],
        device["cpu"],
        f"{device['cores']} cores",
        device["os"],
        device["governor"] and f"governor {device['governor']}",
        device["frequency_mhz"] and f"{device['frequency_mhz']:.0f} MHz",
        device["temperature_c"] and f"{device['temperature_c']:.0f} °C",
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
