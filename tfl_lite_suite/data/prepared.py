"""Pictures prepared once by a contract and kept, so that training never waits for a decoder.

Small sets are kept in memory, larger ones in a memory-mapped file, and what would not fit on the disk is decoded each
time. A cache appears whole, by renaming its folder; one that was killed half way is made again.
"""

import contextlib
import dataclasses
import errno
import hashlib
import os
import pathlib
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
import PIL

from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError, UnreadablePictures
from tfl_lite_suite.core.image import decode, prepare, prepare_stack
from tfl_lite_suite.core.npz import write_arrays
from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data.samples import Listing

MEMORY_BYTES = 512 << 20
DISK_SHARE = 0.8
_FORMAT = 1
_CHUNK = 32
_STACK = 512
_SMALL_PICTURE = 48 * 48 * 3
_WRITING = ".writing-"
_NAMED = 10


@dataclasses.dataclass(frozen=True)
class Prepared:
    """Every picture of a listing, prepared.

    Attributes:
        fetch: Returns pictures `(n, height, width, channels)`, uint8, by their places in the listing.
        digests: SHA-256 of the decoded pixels of each picture; empty for an unreadable one.
        problems: Message for each unreadable picture, by its place.
        notes: Where the pictures are kept, if not in memory.
    """

    fetch: Callable[[Array], Array]
    digests: tuple[str, ...]
    problems: dict[int, str]
    notes: tuple[str, ...] = ()

    @property
    def usable(self) -> Array:
        """Places of the readable pictures, int64, ascending."""
        return np.array([index for index in range(len(self.digests)) if index not in self.problems], np.int64)


def prepare_all(
    listing: Listing,
    contract: Contract,
    cache_dir: str | os.PathLike[str] | None = None,
    on_corrupt: Literal["error", "skip"] = "error",
    progress: bool = True,
    memory_bytes: int = MEMORY_BYTES,
) -> Prepared:
    """Prepares every picture of a listing, or finds that done already.

    Args:
        listing: The pictures.
        contract: How to prepare them.
        cache_dir: Where to keep them for the next run. If absent, small sets are kept in memory only, and larger ones
            in the suite's cache folder.
        on_corrupt: Whether an unreadable picture stops the run, or is recorded in `problems`.
        progress: Print progress on stderr.
        memory_bytes: Up to this size the pictures are held in memory.

    Returns:
        The pictures.

    Raises:
        UnreadablePictures: If there are any and `on_corrupt` is `error`.
    """
    shape = (len(listing), *contract.image_shape)
    size = int(np.prod(shape, dtype=np.int64))
    small = size <= memory_bytes
    if small and cache_dir is None:
        images = np.empty(shape, np.uint8)
        digests, problems = _prepare_into(images, listing, contract, on_corrupt, progress)
        return Prepared(images.__getitem__, digests, problems)
    root = pathlib.Path(cache_dir) if cache_dir is not None else cache_folder() / "prepared"
    folder = root / _key(listing, contract)
    notes: tuple[str, ...] = ()
    stored = (folder / "images.npy").exists() or _fits_on_disk(root, size)
    if not stored:
        notes = (
            f"{size >> 20} MiB of prepared pictures do not fit in {root}: decoded anew each time, which is slower",
        )
    if not (folder / "index.npz").exists() or (stored and not (folder / "images.npy").exists()):
        with _whole_folder(folder) as writing:
            target = _created(writing / "images.npy", shape) if stored else None
            digests, problems = _prepare_into(target, listing, contract, on_corrupt, progress)
            _write_index(writing / "index.npz", digests, problems)
            if target is not None:
                target.flush()  # type: ignore[attr-defined]
    digests, problems = _read_index(folder / "index.npz")
    if problems and on_corrupt == "error":
        raise _corrupt(problems, listing)
    if (folder / "images.npy").exists():
        kept = np.load(folder / "images.npy", mmap_mode=None if small else "r")
        return Prepared(kept.__getitem__, digests, problems, notes)
    return Prepared(_fetch_on_demand(listing, contract), digests, problems, notes)


def _prepare_into(
    images: Array | None, listing: Listing, contract: Contract, on_corrupt: str, progress: bool
) -> tuple[tuple[str, ...], dict[int, str]]:
    """Prepares each picture into its row of `images` (if any); returns digests, and messages by row."""
    digests = [""] * len(listing)
    problems: dict[int, str] = {}

    chunk = _CHUNK if not len(listing) or isinstance(listing.read(0), bytes) else _STACK

    def work(begin: int) -> int:
        rows = range(begin, min(begin + chunk, len(listing)))
        small: dict[tuple[int, ...], list[tuple[int, Array]]] = defaultdict(list)
        for row in rows:
            try:
                pixels = _decoded(listing, row, contract.channels)
            except SuiteError as error:
                problems[row] = str(error)
                continue
            digests[row] = hashlib.sha256(np.array(pixels.shape, np.int64).tobytes() + pixels.tobytes()).hexdigest()
            if images is not None and pixels.size <= _SMALL_PICTURE:
                small[pixels.shape].append((row, pixels))
            elif images is not None:
                images[row] = prepare(pixels, contract)
        for found in small.values():
            stack = np.stack([pixels for _, pixels in found])
            images[[row for row, _ in found]] = prepare_stack(stack, contract)  # type: ignore[index]
        return len(rows)

    # Threads, not processes: Pillow and hashlib release the lock, and no child has to be forked beside TensorFlow.
    shown = Progress("preparing pictures", len(listing))
    done = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for count in pool.map(work, range(0, len(listing), chunk)):
                done += count
                if progress:
                    shown.update(done, f"of {len(listing)}")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            shown.close()
    if problems and on_corrupt == "error":
        raise _corrupt(problems, listing)
    return tuple(digests), problems


def _decoded(listing: Listing, row: int, channels: int) -> Array:
    found = listing.read(row)
    if isinstance(found, bytes):
        return decode(found, channels, name=f"{listing.source}/{listing.keys[row]}")
    return found if found.shape[2] == channels else np.repeat(found, channels, axis=2)


def _corrupt(problems: dict[int, str], listing: Listing) -> UnreadablePictures:
    message = problems[min(problems)]
    if len(problems) > 1:
        message = f"{len(problems)} of {len(listing)} pictures cannot be used: {named(problems, listing)}. {message}"
    return UnreadablePictures(message)


def named(problems: dict[int, str], listing: Listing) -> str:
    """Returns the names of the first ten pictures that cannot be used."""
    rows = sorted(problems)
    return ", ".join(listing.keys[row] for row in rows[:_NAMED]) + (", …" if len(rows) > _NAMED else "")


def _fetch_on_demand(listing: Listing, contract: Contract) -> Callable[[Array], Array]:
    pool = ThreadPoolExecutor(os.cpu_count())

    def one(row: int) -> Array:
        return prepare(_decoded(listing, row, contract.channels), contract)

    def fetch(rows: Array) -> Array:
        found = list(pool.map(one, (int(row) for row in rows)))
        return np.stack(found) if found else np.empty((0, *contract.image_shape), np.uint8)

    return fetch


def _key(listing: Listing, contract: Contract) -> str:
    """Names a cache: the pictures, the contract but for its labels, and the decoder."""
    plain = dataclasses.replace(contract, labels=()).to_json()
    text = "\n".join([str(_FORMAT), PIL.__version__, plain, listing.source, listing.fingerprint])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _fits_on_disk(root: pathlib.Path, size: int) -> bool:
    root.mkdir(parents=True, exist_ok=True)
    return size < shutil.disk_usage(root).free * DISK_SHARE


def _created(path: pathlib.Path, shape: tuple[int, ...]) -> Array:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)


@contextlib.contextmanager
def _whole_folder(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Gives a temporary folder that is renamed to `folder` when the block ends without an error."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f"{_WRITING}*"):
        if not _alive(left.name.removeprefix(_WRITING).partition("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    writing = folder.parent / f"{_WRITING}{os.getpid()}-{folder.name}"
    shutil.rmtree(writing, ignore_errors=True)
    writing.mkdir()
    try:
        yield writing
        for path in writing.iterdir():
            with open(path, "rb+") as file:
                os.fsync(file.fileno())
        shutil.rmtree(folder, ignore_errors=True)
        try:
            os.replace(writing, folder)
        except OSError as error:
            # Another process may have put the same pictures there at this moment.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    finally:
        shutil.rmtree(writing, ignore_errors=True)


def _alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _write_index(path: pathlib.Path, digests: tuple[str, ...], problems: dict[int, str]) -> None:
    rows = sorted(problems)
    index = {
        "digests": np.array(digests or [""], "S64"),
        "count": np.int64(len(digests)),
        "rows": np.array(rows, np.int64),
        "messages": np.array([problems[row] for row in rows], "U"),
    }
    write_arrays(path, index)


def _read_index(path: pathlib.Path) -> tuple[tuple[str, ...], dict[int, str]]:
    with np.load(path, allow_pickle=False) as index:
        digests = tuple(digest.decode("ascii") for digest in index["digests"][: int(index["count"])])
        return digests, {int(row): str(text) for row, text in zip(index["rows"], index["messages"], strict=True)}
