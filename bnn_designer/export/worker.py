"""The worker process that exports a run or a design; the process that starts it has taken the machine for it.

python -m bnn_designer.export.worker TARGET run|design ID
"""

from __future__ import annotations

import io
import re
import sys
import time
import zipfile
from collections.abc import Mapping

from bnn_designer.errors import BnnDesignerError
from bnn_designer.export.job import Kept, archive_path, export_job, write_kept
from bnn_designer.export.of_source import check_images, material_of
from bnn_designer.export.source import Source, source_of, tidy
from bnn_designer.export.table import export_to, proof_of, target_named
from bnn_designer.files import write_bytes
from bnn_designer.measuring.carrying_out import Say, carry_out
from bnn_designer.runs.store import Store

#: Why files have no proof while it is being made, and for good if that is cancelled or killed.
UNFINISHED = "the check did not come to its end. Export it again for its number."


def main(arguments: list[str]) -> int:
    """Carries out the job; see :func:`carry_out`."""
    name, kind, key = arguments
    store = Store()
    source = source_of(store, kind, key)
    return carry_out(export_job(store, source, name), lambda say: export_source(store, source, name, say))


def export_source(store: Store, source: Source, name: str, say: Say) -> str:
    """Writes the archive of the files at a target, runs them there if that can be done, and keeps what it showed.

    Raises:
        BnnDesignerError: the target refuses the network, or nothing can be written.
    """
    target = target_named(name)
    say("Reading the trained network" if source.kind == "run" else "Making the network", 0.05)
    material = material_of(store, source, of_weights=target.of_weights)
    say("Writing its files", 0.3)
    exported = export_to(target, material)
    write_bytes(archive_path(source, name), archive(exported.written.files, source.id, name), overwrite=True)
    kept = Kept(
        exported_at=time.time(),
        files={file: len(data) for file, data in exported.written.files.items()},
        memory_bytes=exported.written.memory_bytes,
        notes=exported.written.notes,
        not_run=UNFINISHED if target.prove is not None else "",
    )
    write_kept(source, name, kept)
    if target.prove is not None:
        try:
            images, what = check_images(store, source, material)
            say(f"Running it on {len(images)} {what}", 0.6)
            proof = proof_of(exported, material, images)
            same = proof.same_class == proof.images
            found: dict[str, object] = {"proof": str(proof), "images": what, "all_same": same, "not_run": ""}
        except BnnDesignerError as error:
            print(error)
            found = {"not_run": str(error)}
        write_kept(source, name, kept.model_copy(update=found))
    if source.kind == "design":
        tidy(store, source)
    return ""


def archive(files: Mapping[str, bytes], key: str, target: str) -> bytes:
    """The files as a zip archive with one folder; the same files give the same bytes."""
    folder = re.sub(r"[^a-z0-9]+", "-", f"{target}-{key}")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
