"""The worker process that exports a run; the process that starts it has taken the machine for it.

python -m bnn_designer.export.worker TARGET RUN_ID
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
from bnn_designer.export.material import Material
from bnn_designer.export.of_run import material_of_run
from bnn_designer.export.proof import Proof
from bnn_designer.export.table import Exported, export_to, proof_of, target_named
from bnn_designer.files import write_bytes
from bnn_designer.measuring.carrying_out import Say, carry_out
from bnn_designer.measuring.images import test_images
from bnn_designer.quiet import import_tensorflow_quietly
from bnn_designer.runs.store import Store

#: Images that are run in the receiver and beside it.
CHECK_IMAGES = 250


def main(arguments: list[str]) -> int:
    """Carries out the job; see :func:`carry_out`."""
    name, run_id = arguments
    store = Store()
    return carry_out(export_job(store, run_id, name), lambda say: export_run(store, run_id, name, say))


def export_run(store: Store, run_id: str, name: str, say: Say) -> str:
    """Writes the archive of a run's files at a target, runs them there if that can be done, and keeps what it showed.

    Raises:
        BnnDesignerError: the target refuses the network, or nothing can be written.
    """
    target = target_named(name)
    say("Reading the trained network", 0.05)
    import_tensorflow_quietly()
    material = material_of_run(store, run_id)
    say("Writing its files", 0.3)
    exported = export_to(target, material)
    write_bytes(archive_path(store, run_id, name), archive(exported.written.files, run_id, name), overwrite=True)
    kept = Kept(
        exported_at=time.time(),
        files={file: len(data) for file, data in exported.written.files.items()},
        memory_bytes=exported.written.memory_bytes,
        notes=exported.written.notes,
    )
    if target.prove is not None:
        say(f"Running it on {CHECK_IMAGES} test images", 0.6)
        found = _proof(store, run_id, exported, material)
        if isinstance(found, Proof):
            kept = kept.model_copy(update={"proof": str(found), "all_same": found.same_class == found.images})
        else:
            kept = kept.model_copy(update={"not_run": found})
    write_kept(store, run_id, name, kept)
    return ""


def _proof(store: Store, run_id: str, exported: Exported, material: Material) -> Proof | str:
    """What running it shows, on images of the set that the run trained on; or why it cannot be run."""
    try:
        images, _ = test_images(store.run(run_id).recipe.data)
        return proof_of(exported, material, images[:CHECK_IMAGES])
    except BnnDesignerError as error:
        print(error)
        return str(error)


def archive(files: Mapping[str, bytes], run_id: str, target: str) -> bytes:
    """The files as a zip archive with one folder; the same files give the same bytes."""
    folder = re.sub(r"[^a-z0-9]+", "-", f"{target}-{run_id}")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
