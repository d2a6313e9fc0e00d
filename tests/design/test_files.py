"""Design files: what cannot be read is refused with the file's name, before it takes memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bnn_designer.design import Design, load_design
from bnn_designer.design.validation import MAX_BLOCKS
from bnn_designer.errors import DesignError

# Files: what is written, then parts of the message behind the file's name.
BAD_FILES = {
    "empty": (b"", ["this is empty"]),
    "binary": (bytes(range(256)) * 20, ["not text in UTF-8"]),
    "Latin-1": ('{"name": "é"}'.encode("latin-1"), ["not text in UTF-8"]),
    "UTF-16": ('{"name": "a"}'.encode("utf-16"), ["not text in UTF-8"]),
    "no JSON": (b"hello", ["line 1, column 1", "not JSON"]),
    "too large": (b" " * (MAX_BLOCKS * 10_000 + 1), ["too large"]),
    "newer": (b'{"schema_version": 7}', ["schema version 7"]),
}


@pytest.mark.parametrize(("content", "parts"), BAD_FILES.values(), ids=BAD_FILES)
def test_bad_file(tmp_path: Path, content: bytes, parts: list[str]) -> None:
    path = tmp_path / "net.json"
    path.write_bytes(content)
    with pytest.raises(DesignError) as caught:
        load_design(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    for part in parts:
        assert part in message


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{}")
    for path in (tmp_path, tmp_path / "missing.json", tmp_path / "file" / "inside", Path("a\0b"), Path("x" * 5000)):
        with pytest.raises(DesignError, match="cannot be read"):
            load_design(path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text("{}")
    path.chmod(0)
    with pytest.raises(DesignError, match="Permission denied"):
        load_design(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no endless file")
def test_an_endless_file_is_not_read() -> None:
    with pytest.raises(DesignError, match="it is a device, not a file"):
        load_design(Path("/dev/zero"))


def test_a_byte_order_mark_in_a_file_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_bytes(b"\xef\xbb\xbf" + Design(name="from Windows").to_json().encode())
    assert load_design(path).name == "from Windows"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    os.mkfifo(path)
    with pytest.raises(DesignError, match="it is a pipe, not a file"):
        load_design(path)
