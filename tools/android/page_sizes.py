"""Prints for which memory pages the native libraries of an APK are aligned: 4 KB, or 16 KB as newer phones have.

    python3 tools/android/page_sizes.py FILE.apk

A 64-bit library loads where pages have 16 KB only if each of its loadable segments is aligned to as much; otherwise
Android runs the app in its compatibility mode, or not at all. 32-bit devices have pages of 4 KB.

Source: System V ABI, chapter 5, program header; https://developer.android.com/guide/practices/page-sizes
"""

import struct
import sys
import zipfile

NEWER_PAGE = 16384
_LOADABLE = 1
_ABIS_OF_32_BITS = ("armeabi-v7a", "x86")


def alignment(library: bytes) -> int:
    """Returns the least alignment of the loadable segments of an ELF file, in bytes; of little-endian files only."""
    if library[:4] != b"\x7fELF" or library[5] != 1:
        raise ValueError("not a little-endian ELF file")
    wide = library[4] == 2
    table = struct.unpack_from("<Q" if wide else "<I", library, 32 if wide else 28)[0]
    size, count = struct.unpack_from("<HH", library, 54 if wide else 42)
    found = []
    for index in range(count):
        start = table + index * size
        if struct.unpack_from("<I", library, start)[0] == _LOADABLE:
            found.append(struct.unpack_from("<Q" if wide else "<I", library, start + (48 if wide else 28))[0])
    return min(found)


def alignments(apk: str) -> dict[str, dict[str, int]]:
    """Returns the alignment of every native library of an APK, by ABI and name."""
    found: dict[str, dict[str, int]] = {}
    with zipfile.ZipFile(apk) as archive:
        for name in sorted(archive.namelist()):
            if name.startswith("lib/") and name.endswith(".so"):
                _, abi, library = name.split("/")
                found.setdefault(abi, {})[library] = alignment(archive.read(name))
    return found


def sentence(abi: str, libraries: dict[str, int]) -> str:
    """Returns what an ABI's libraries mean for a phone."""
    small = [f"{name} {value // 1024} KB" for name, value in libraries.items() if value < NEWER_PAGE]
    if abi in _ABIS_OF_32_BITS:
        return f"  {abi}: 32 bits, where pages have 4 KB"
    if small:
        return f"  {abi}: NOT ready for 16 KB pages, compatibility mode at best: {', '.join(small)}"
    return f"  {abi}: ready for 16 KB pages"


def main() -> None:
    """Prints a line for each ABI of the APK that is named."""
    if len(sys.argv) != 2:
        sys.exit("error: expected one APK. Usage: python3 tools/android/page_sizes.py FILE.apk")
    try:
        for abi, libraries in alignments(sys.argv[1]).items():
            print(sentence(abi, libraries))
    except (OSError, ValueError, zipfile.BadZipFile, struct.error) as error:
        sys.exit(f"error: {sys.argv[1]}: {error}")


if __name__ == "__main__":
    main()
