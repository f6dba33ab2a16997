"""Mutations for `fuzz.py`: of bytes, and of what the bytes mean, so that damage reaches behind the first check."""

import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]

_ODD = (0, 1, 2, 3, 4, 7, 8, 16, 127, 128, 255, 256, 32767, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)
_FORMS = ("<B", "<H", "<I", "<Q", ">H", ">I", "<i", "<f")
_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**31, 10**30, 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf"), "", "a",
    "\x1b[31m\u202e", "\ud800", "é" * 300, "9" * 5000, [], {}, [[[]]], [1] * 300, {"a": {"b": {}}},
)  # fmt: skip
_MARKS = (
    "!!bool abc", "&a [*a]", "*b", "<<: *a", ": :", "- ", "\t", "{", "[", '"', "'", "|", "\x00", "\n\n", "\u2028", ",",
    "?",
)  # fmt: skip


def of_bytes(random: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Changes, removes, repeats or inserts a few bytes, cuts the end off, or joins two files."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4, 16))):
        place = random.randrange(len(changed) + 1)
        count = min(random.choice((1, 2, 4, 8, 64, 1024)), len(changed))
        what = random.randrange(7)
        if what == 0 and place < len(changed):
            changed[place] ^= 1 << random.randrange(8)
        elif what == 1:
            _write(random, changed, place)
        elif what == 2:
            del changed[place : place + count]
        elif what == 3:
            changed[place:place] = changed[place : place + count] * random.choice((1, 2, 50))
        elif what == 4:
            changed[place : place + count] = random.randbytes(count)
        elif what == 5:
            del changed[place:]
        else:
            other = random.choice(others)
            start = random.randrange(len(other) + 1)
            changed[place:] = other[start:]
    return bytes(changed)


def of_words(random: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Changes offsets and counts, which stand at multiples of four, to other offsets of the file or to odd numbers."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        if len(changed) < 8:
            break
        place = random.randrange(len(changed) // 4) * 4
        if random.randrange(2):
            _write(random, changed, place)
        else:
            struct.pack_into("<I", changed, place, random.randrange(len(changed)))
    return bytes(changed)


def _write(random: random.Random, changed: bytearray, place: int) -> None:
    form = random.choice(_FORMS)
    value: Any = random.choice(_ODD)
    if form == "<f":
        content = struct.pack(form, random.choice((0.0, -1.0, 1e38, float("nan"), float("inf"), 1e-45)))
    else:
        content = (value % (1 << 8 * struct.calcsize(form))).to_bytes(
            struct.calcsize(form), "little" if form[0] == "<" else "big"
        )
    changed[place : place + len(content)] = content


def of_json(random: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Replaces, removes or repeats values of a JSON document."""
    try:
        document = json.loads(data)
    except ValueError:
        return of_bytes(random, data, others)
    for _ in range(random.choice((1, 1, 2, 5))):
        document = _changed(random, document)
    text = json.dumps(document)
    if random.randrange(20) == 0:
        text = text.replace("{", '{"a": ' * random.choice((1, 200, 100_000)), 1)
    return text.encode("utf-8", "surrogatepass")


def _changed(random: random.Random, value: Any) -> Any:
    if isinstance(value, dict) and value and random.randrange(4):
        key = random.choice(list(value))
        if random.randrange(8) == 0:
            return {name: item for name, item in value.items() if name != key}
        if random.randrange(12) == 0:
            return {**value, f"{key}x": value[key]}
        return {**value, key: _changed(random, value[key])}
    if isinstance(value, list) and value and random.randrange(4):
        place = random.randrange(len(value))
        if random.randrange(6) == 0:
            return value[:place] + value[place : place + 1] * random.choice((0, 2, 300)) + value[place + 1 :]
        return value[:place] + [_changed(random, value[place])] + value[place + 1 :]
    return random.choice(_VALUES)


def of_text(random: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Replaces words, numbers, marks and lines of a text such as YAML or CSV."""
    text = data.decode("utf-8", "replace")
    for _ in range(random.choice((1, 1, 2, 4))):
        tokens = re.split(r"(\w+|[^\w\s])", text)
        place = random.randrange(len(tokens))
        odd = random.choice(_VALUES)
        other = tokens[random.randrange(len(tokens))]
        tokens[place] = random.choice((str(odd), json.dumps(odd), random.choice(_MARKS), other, tokens[place] * 9, ""))
        text = "".join(tokens)
    return text.encode("utf-8", "surrogatepass")


def of_png(random: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Changes a part of a PNG and makes its checksum right again."""
    parts, position = [], 8
    while data.startswith(b"\x89PNG") and position + 12 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        parts.append((data[position + 4 : position + 8], data[position + 8 : position + 8 + length]))
        position += 12 + length
    if not parts:
        return of_bytes(random, data, others)
    place = random.randrange(len(parts))
    kind, content = parts[place]
    if kind == b"IDAT" and random.randrange(2):
        content = zlib.compress(of_bytes(random, zlib.decompress(content), [content]))
    else:
        content = of_bytes(random, content, [content])
    parts[place] = (random.choice((kind, kind, kind, b"tRNS", b"PLTE", b"zTXt", b"iCCP", b"eXIf", b"acTL")), content)
    if random.randrange(8) == 0:
        parts.insert(place, parts[random.randrange(len(parts))])
    return data[:8] + b"".join(
        len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
        for kind, content in parts
    )


def of_zip(inner: Mutation) -> Mutation:
    """Returns a mutation of one file inside an archive, whose checksums are right again."""

    def mutate(random: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                files = {name: archive.read(name) for name in archive.namelist()}
        except (zipfile.BadZipFile, ValueError):
            return of_bytes(random, data, others)
        name = random.choice(list(files))
        files[name] = inner(random, files[name], list(files.values()))
        if random.randrange(10) == 0:
            del files[random.choice(list(files))]
        start = data.index(b"PK\x03\x04")
        content = io.BytesIO()
        content.write(data[:start])
        with zipfile.ZipFile(content, "a", random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
            for key, value in files.items():
                archive.writestr(key, value)
        return content.getvalue()

    return mutate
