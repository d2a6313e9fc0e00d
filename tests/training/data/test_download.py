"""The download, from a real HTTP server on this machine: right, wrong, cut off, and refused."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bnn_designer.training.data import describe_data, load
from bnn_designer.training.data.cifar10 import FILE_BYTES, FILES, FOLDER
from bnn_designer.training.data.download import download
from bnn_designer.training.data.images import DataError, Loading
from bnn_designer.training.data.sets import SETS
from bnn_designer.training.data.source import RemoteFile, Source


def archive_of(folder: Path, leave_out: str | None = None) -> bytes:
    """The gzipped tar archive of the folder as the data set's page offers it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        for name in FILES:
            if name != leave_out:
                tar.add(folder / name, arcname=f"{FOLDER}/{name}")
    return buffer.getvalue()


def md5(content: bytes) -> str:
    return "md5:" + hashlib.md5(content).hexdigest()


def offered(url: str, content: bytes | None = None, checksum: str | None = None) -> Source:
    """CIFAR-10 as a server at another address offers it."""
    size_bytes = 0 if content is None else len(content)
    remote = RemoteFile(url, checksum or md5(content or b""), size_bytes)
    return replace(SETS["cifar10"], remote=(remote,))


class Mirror:
    """Serves one archive under /whole, and the first half of it, promising all, under /cut."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path not in ("/whole", "/cut"):
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(mirror.content)))
                self.end_headers()
                count = len(mirror.content) // (2 if self.path == "/cut" else 1)
                with contextlib.suppress(ConnectionError):  # a client that cancels
                    self.wfile.write(mirror.content[:count])

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture(scope="module")
def mirror(synthetic_data: Path) -> Iterator[Mirror]:
    mirror = Mirror(archive_of(synthetic_data))
    thread = threading.Thread(target=mirror.server.serve_forever)
    thread.start()
    yield mirror
    mirror.server.shutdown()
    thread.join()
    mirror.server.server_close()


def test_a_download_puts_the_whole_data_set_in_place(mirror: Mirror, tmp_path: Path, synthetic_data: Path) -> None:
    seen: list[tuple[int, int]] = []
    target = download(
        offered(f"{mirror.address}/whole", mirror.content),
        tmp_path / "cache",
        progress=lambda loading: seen.append((loading.done, loading.total)),
    )
    assert target == tmp_path / "cache" / FOLDER
    assert (load(target).test_labels == load(synthetic_data).test_labels).all()
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (len(mirror.content), len(mirror.content))
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [FOLDER]


def test_load_downloads_into_the_cache_when_asked(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BNN_DATA_DIR", raising=False)
    monkeypatch.setenv("BNN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setitem(SETS, "cifar10", offered(f"{mirror.address}/whole", mirror.content))
    assert load(download=True).test_images.shape == (10_000, 32, 32, 3)
    assert describe_data().path == tmp_path / "cache" / FOLDER


@pytest.mark.parametrize(
    ("path", "checksum", "rule"),
    [
        ("/whole", "md5:" + "0" * 32, "not the published file"),
        ("/cut", None, "the download failed"),
        ("/absent", None, "the download failed.*404"),
    ],
)
def test_a_bad_download_leaves_nothing(
    mirror: Mirror, tmp_path: Path, path: str, checksum: str | None, rule: str
) -> None:
    with pytest.raises(DataError, match=rule) as caught:
        download(offered(mirror.address + path, mirror.content, checksum), tmp_path)
    assert caught.value.path == mirror.address + path
    assert "Check the network" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_no_server_at_all(tmp_path: Path) -> None:
    # port 9 (discard) of this machine: nobody listens there
    with pytest.raises(DataError, match="the download failed"):
        download(offered("http://127.0.0.1:9/x"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_archives_that_pass_the_checksum_and_are_wrong_all_the_same(
    mirror: Mirror, tmp_path: Path, synthetic_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = io.BytesIO()
    with tarfile.open(fileobj=short, mode="w:gz", compresslevel=1) as tar:
        for name in FILES:
            member = tarfile.TarInfo(f"{FOLDER}/{name}")
            member.size = 5
            tar.addfile(member, io.BytesIO(b"12345"))
    link = io.BytesIO()
    with tarfile.open(fileobj=link, mode="w:gz") as tar:
        member = tarfile.TarInfo(f"{FOLDER}/data_batch_1.bin")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    for content, rule in [
        (b"this is no archive", "cannot be unpacked"),
        (archive_of(synthetic_data, leave_out="test_batch.bin"), "lacks a file.*test_batch.bin"),
        (short.getvalue(), rf"data_batch_1.bin in what it offers is damaged: the file has 5 bytes.*{FILE_BYTES:,}"),
        (link.getvalue(), "lacks a file|not a plain file"),
    ]:
        monkeypatch.setattr(mirror, "content", content)
        with pytest.raises(DataError, match=rule):
            download(offered(f"{mirror.address}/whole", content), tmp_path)
        assert list(tmp_path.iterdir()) == []


def test_a_cancelled_download_leaves_nothing(mirror: Mirror, tmp_path: Path) -> None:
    def cancel(_loading: Loading) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(offered(f"{mirror.address}/whole", mirror.content), tmp_path, progress=cancel)
    assert list(tmp_path.iterdir()) == []


def test_the_slower_of_two_downloads_keeps_the_first_ones_data(mirror: Mirror, tmp_path: Path, data_copy: Path) -> None:
    marker = data_copy / "marker"
    marker.touch()
    assert download(offered(f"{mirror.address}/whole", mirror.content), data_copy.parent) == data_copy
    assert marker.exists()


def test_a_place_that_cannot_be_written_to(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"cannot be written.*BNN_CACHE_DIR"):
        download(offered(f"{mirror.address}/whole", mirror.content), tmp_path / "file")
