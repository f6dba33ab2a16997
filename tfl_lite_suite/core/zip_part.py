"""One part of an archive that may be damaged or hostile."""

import struct
import zipfile
import zlib


def read(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Returns what a part holds, and takes no more memory than that, whatever the archive claims.

    Args:
        archive: The archive.
        name: The part's name in it.
        most: Greatest number of bytes to return.

    Raises:
        KeyError: If there is no such part.
        zipfile.BadZipFile: If it is damaged, larger, or packed otherwise than stored or deflated.
    """
    entry = archive.getinfo(name)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Others may ask for gigabytes to unpack a few bytes.
        raise zipfile.BadZipFile(f"'{name}' is packed in a way that is not read")
    if entry.file_size > most:
        raise zipfile.BadZipFile(f"'{name}' would unpack to {entry.file_size:,} bytes, at most {most:,} are read")
    blocks = []
    try:
        with archive.open(entry) as part:
            # A file object would allocate at once what the archive claims.
            while block := part.read(1 << 20):
                blocks.append(block)
    except zipfile.BadZipFile:
        raise
    except (EOFError, zlib.error, struct.error, ValueError, RuntimeError, NotImplementedError) as error:
        raise zipfile.BadZipFile(f"'{name}' is damaged: {str(error) or 'it ends early'}") from error
    return b"".join(blocks)
