import shutil
import subprocess
import zipfile

import pytest
import tool_modules

COMPILER = shutil.which("cc") or shutil.which("gcc")


@pytest.fixture(scope="module")
def page_sizes():
    return tool_modules.load("android/page_sizes")


@pytest.mark.skipif(not COMPILER, reason="no C compiler is installed")
def test_libraries_are_read_as_the_linker_wrote_them(page_sizes, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.apk", "w") as apk:
        for abi, name, page in (("arm64-v8a", "a", 16384), ("arm64-v8a", "b", 4096), ("x86_64", "a", 65536)):
            made = tmp_path / f"lib{name}{page}.so"
            flags = ["-shared", "-nostdlib", f"-Wl,-z,max-page-size={page}", "-o", str(made), "-x", "c", "/dev/null"]
            subprocess.run([COMPILER, *flags], check=True)
            apk.write(made, f"lib/{abi}/lib{name}.so")
    found = page_sizes.alignments(str(tmp_path / "x.apk"))
    assert found == {"arm64-v8a": {"liba.so": 16384, "libb.so": 4096}, "x86_64": {"liba.so": 65536}}


def test_sentences_are_true(page_sizes):
    assert "NOT ready" in page_sizes.sentence("arm64-v8a", {"a.so": 16384, "b.so": 4096})
    assert "b.so 4 KB" in page_sizes.sentence("arm64-v8a", {"a.so": 16384, "b.so": 4096})
    assert page_sizes.sentence("x86_64", {"a.so": 16384}).endswith("ready for 16 KB pages")
    assert "32 bits" in page_sizes.sentence("armeabi-v7a", {"a.so": 4096})


def test_what_is_no_library_is_refused(page_sizes):
    with pytest.raises(ValueError, match="ELF"):
        page_sizes.alignment(b"nothing at all")
