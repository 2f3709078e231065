"""Atomic replacement: a file that is written anew is the old one or the new one, never half.

The content goes to a temporary file in the same directory, so that the last step is a rename,
which the file system does as a whole. Invariant: after any failure the old file is untouched and
the temporary one is gone, unless the process was killed.
"""

import contextlib
import os
import secrets
import shutil


def replace_file(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path`, through a symbolic link; an existing file keeps its permissions.

    Raises `OSError` that names `path` where that fails, also where it is a device or a pipe.
    """
    given = os.fsdecode(path)
    path = os.path.realpath(os.fsdecode(path))
    exists = os.path.lexists(path)
    if exists and not (os.path.isfile(path) or os.path.isdir(path)):
        raise OSError(f"`{given}` is no ordinary file: choose another path")
    temporary = os.path.join(os.path.dirname(path), f".{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if exists:
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        if isinstance(error, OSError) and error.filename:  # the temporary file's
            raise OSError(error.errno, error.strerror, given) from None
        raise
