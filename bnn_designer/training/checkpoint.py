"""The whole state of a run as one file: whoever has it goes on as if nothing had happened, to the last bit.

A file is a NumPy archive (``.npz``: arrays by name, nothing pickled) with a trailer: 8 bytes that say what it is and 32
of SHA-256 over everything before. The archive's first entry is a header in JSON: where the run is and which run it is.
A new checkpoint is written beside the one before, which stays as ``<name>.previous``; :func:`load` falls back to it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import write_bytes
from bnn_designer.training.events import EpochEnd
from bnn_designer.training.failures import CheckpointError, CheckpointNotWritten, Diverged, is_disk_full
from bnn_designer.training.folder import check_is_there

MAGIC = b"BNNRUN01"
_TRAILER_BYTES = len(MAGIC) + hashlib.sha256().digest_size
_HEADER = "header"

Arrays = Mapping[str, npt.NDArray[Any]]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Position(_Model):
    """Where a run is. Sums are over images: of their losses in nats, and how many were right.

    Attributes:
        epoch: the one at work, from 1; one more than there are once the run is done.
        step: finished steps of it.
        loss_sum, hits: of the epoch's whole windows.
        window_loss_sum, window_hits, window_steps: of the steps since.
        train_s: seconds that the epoch's steps have taken.
        run_s: seconds that the finished epochs took.
        events: how many StepWindow and EpochEnd events were reported.
        epochs: the ends of the finished epochs.
    """

    epoch: int = 1
    step: int = 0
    loss_sum: float = 0.0
    hits: float = 0.0
    window_loss_sum: float = 0.0
    window_hits: float = 0.0
    window_steps: int = 0
    train_s: float = 0.0
    run_s: float = 0.0
    events: int = 0
    epochs: list[EpochEnd] = []


class Identity(_Model):
    """Which run a checkpoint is of: what all of its numbers follow from.

    Attributes:
        design_sha256: of the design's JSON.
        recipe: every hyper-parameter but the epochs, which may be extended.
        layers: of each layer that could be binary, what it runs on, forward and backward.
        data_sha256: of the labels in use, in their order.
        teacher_sha256: of the weights of the teacher, which may have been trained further; None: there is none.
        threads: that TensorFlow splits its sums among.
        versions: of this package, TensorFlow and Keras: others may round otherwise, and are told, not refused.
    """

    design_sha256: str
    recipe: dict[str, Any]
    layers: dict[str, str]
    data_sha256: str
    threads: int
    versions: dict[str, str]
    teacher_sha256: str | None = None

    def differences(self, other: Identity) -> list[str]:
        """What differs in a way that the numbers would follow; a setting that only one of both knows is none."""
        settings = [
            (name.replace("_", " "), value, other.recipe.get(name, value)) for name, value in self.recipe.items()
        ]
        layers = [(f"layer {name}", runs_on, other.layers.get(name)) for name, runs_on in self.layers.items()]
        threads = ("threads", self.threads, other.threads)
        words = [
            f"{name} {there} there, {here} here" for name, there, here in (*settings, *layers, threads) if there != here
        ]
        hashes = {"design_sha256": "the design", "data_sha256": "the data", "teacher_sha256": "the teacher's weights"}
        return [*(word for name, word in hashes.items() if getattr(self, name) != getattr(other, name)), *words]


@dataclass(frozen=True)
class Checkpoint:
    """A run as it was between two steps; ``fallback`` says why the newest file was not the one read."""

    identity: Identity
    position: Position
    arrays: Arrays
    fallback: str | None = field(default=None, compare=False)


def previous_path(path: Path) -> Path:
    """Where the checkpoint before the newest lies."""
    return path.with_name(f"{path.name}.previous")


# ---- between a model and arrays


def _variables(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> Iterator[tuple[str, Any]]:
    """Every variable with a name that is the same in each process: Keras' own paths count what was built before."""
    for layer in model.layers:
        # weights trained or not, moving statistics, and the states of seed generators
        for index, variable in enumerate(layer.variables):
            yield f"model/{layer.name}/{index}/{variable.name}", variable
    for index, variable in enumerate(optimizer.variables):
        yield f"optimizer/{index}", variable


def capture(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> dict[str, npt.NDArray[Any]]:
    """Copies of all variables.

    Raises:
        Diverged: one of them is not finite; such a state is not worth keeping.
    """
    arrays = {name: variable.value.numpy().copy() for name, variable in _variables(model, optimizer)}
    for name, array in arrays.items():
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            raise Diverged(
                f"{name}: a value became NaN or infinite. Lower the learning rate, or put a batch norm after every "
                "binary layer. The checkpoint before it is kept."
            )
    return arrays


def check_is_of(checkpoint: Checkpoint, identity: Identity) -> None:
    """Raises CheckpointError where the checkpoint is of another run, or would go on with other numbers."""
    if found := checkpoint.identity.differences(identity):
        raise CheckpointError(
            f"The checkpoint is of another run: {'; '.join(found)}. Set it as it was there and resume, or retry the "
            "run, which starts it from the beginning."
        )


def restore(arrays: Arrays, model: keras.Model, optimizer: keras.optimizers.Optimizer) -> None:
    """Sets all variables; nothing is changed where the arrays do not fit them. Arrays of other names are left alone.

    Raises:
        CheckpointError: an array is missing, left over, or has another shape or type.
    """
    variables = dict(_variables(model, optimizer))
    arrays = {name: array for name, array in arrays.items() if name.startswith(("model/", "optimizer/"))}
    if odd := sorted(variables.keys() ^ arrays.keys()):
        raise CheckpointError(_misfit(f"{odd[0]} is only in one of both"))
    for name, variable in variables.items():
        found, wanted = arrays[name], variable.value.numpy()
        if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
            raise CheckpointError(
                _misfit(f"{name} is {found.dtype} {found.shape} there, {wanted.dtype} {wanted.shape} here")
            )
    for name, variable in variables.items():
        variable.assign(arrays[name])


def _misfit(rule: str) -> str:
    return f"The checkpoint does not fit the network: {rule}. Retry the run, which starts it from the beginning."


# ---- between arrays and a file


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint in one step, and keeps the one before as :func:`previous_path`.

    Raises:
        FolderGone: there is no such folder; one that was deleted under a run is not made again.
        CheckpointNotWritten: the folder cannot be written to, or the disk is full.
    """
    check_is_there(path.parent)
    try:
        keep_as(path, previous_path(path))
        write_bytes(path, to_bytes(checkpoint), overwrite=True)
    except (OSError, BnnDesignerError) as error:
        mend = "Free some space" if is_disk_full(error) else "Free some space, or set BNN_HOME to another folder"
        raise CheckpointNotWritten(
            f"{path}: the checkpoint cannot be written ({error}). {mend}. The ones before it are as they were."
        ) from error


def keep_as(path: Path, other: Path) -> None:
    """Gives a file a second name, in place of what has that name; nothing where there is no file.

    The file must be one that is replaced, and never written into.

    Raises:
        OSError: the folder cannot be written to.
    """
    second = other.with_name(f".{other.name}.link")
    try:
        second.unlink(missing_ok=True)
        os.link(path, second)
        os.replace(second, other)
    except FileNotFoundError:
        return
    except OSError:
        # a file system without links; the disk's being full shows here too
        shutil.copyfile(path, second)
        os.replace(second, other)


def load(path: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole; None where there is none at all.

    Raises:
        CheckpointError: there are files, and each is damaged.
    """
    problems = []
    for candidate in (path, previous_path(path)):
        try:
            data = candidate.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            problems.append(f"{candidate}: {error.strerror}")
            continue
        try:
            found = from_bytes(data)
        except CheckpointError as error:
            problems.append(f"{candidate}: {error}")
            continue
        return Checkpoint(found.identity, found.position, found.arrays, "; ".join(problems) or None)
    if problems:
        raise CheckpointError(
            f"{'; '.join(problems)}. No other checkpoint of the run is left. Retry it, which starts it from the "
            "beginning."
        )
    return None


def to_bytes(checkpoint: Checkpoint) -> bytes:
    """The file's contents."""
    header = {
        "identity": checkpoint.identity.model_dump(mode="json"),
        "position": checkpoint.position.model_dump(mode="json"),
    }
    # json writes floats so that they come back as they were
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{_HEADER: text, **checkpoint.arrays})
    buffer.seek(0, io.SEEK_END)
    digest = hashlib.sha256(buffer.getbuffer()).digest()
    buffer.write(MAGIC + digest)
    return buffer.getvalue()


def from_bytes(data: bytes) -> Checkpoint:
    """The checkpoint that :func:`to_bytes` wrote.

    Raises:
        CheckpointError: it is cut off, damaged, or no checkpoint.
    """
    body, trailer = memoryview(data)[:-_TRAILER_BYTES], data[-_TRAILER_BYTES:]
    if not trailer.startswith(MAGIC):
        raise CheckpointError("the file is cut off, or no checkpoint of this program")
    if trailer[len(MAGIC) :] != hashlib.sha256(body).digest():
        raise CheckpointError("the file is damaged: its checksum is another")
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(arrays.pop(_HEADER).tobytes())
        return Checkpoint(
            Identity.model_validate(header["identity"]), Position.model_validate(header["position"]), arrays
        )
    # A right checksum over what this program did not write, or another version of it did.
    except (AttributeError, EOFError, KeyError, OSError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"the file cannot be read ({type(error).__name__}: {error})") from error
