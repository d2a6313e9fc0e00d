"""The file of a run's state: what comes back is what was kept, and damage is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from bnn_designer.training.checkpoint import (
    MAGIC,
    Checkpoint,
    Identity,
    Position,
    check_is_of,
    from_bytes,
    load,
    previous_path,
    save,
    to_bytes,
)
from bnn_designer.training.events import EpochEnd
from bnn_designer.training.failures import CheckpointError, CheckpointNotWritten, FolderGone
from bnn_designer.training.keeping import Keeper

IDENTITY = Identity(
    design_sha256="d1",
    recipe={"seed": 3, "learning_rate": 0.003, "subset": None},
    layers={"conv": "xnor, gradients int8"},
    data_sha256="a1",
    threads=2,
    versions={"bnn-designer": "0.1.0"},
)


def checkpoint(step: int = 7) -> Checkpoint:
    end = EpochEnd(epoch=1, loss=0.1 + 0.2, accuracy=1 / 3, val_loss=1e-300, val_accuracy=0.5, seconds=9.0)
    position = Position(epoch=2, step=step, loss_sum=1 / 7, window_loss_sum=2 / 7, window_steps=3, epochs=[end])
    return Checkpoint(IDENTITY, position, {"model/conv/0/kernel": np.arange(6, dtype=np.float32).reshape(2, 3)})


def same(one: Checkpoint, other: Checkpoint) -> bool:
    arrays = one.arrays.keys() == other.arrays.keys() and all(
        one.arrays[name].dtype == other.arrays[name].dtype
        and one.arrays[name].shape == other.arrays[name].shape
        and one.arrays[name].tobytes() == other.arrays[name].tobytes()
        for name in one.arrays
    )
    return arrays and (one.identity, one.position) == (other.identity, other.position)


floats = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=50)
@given(
    arrays=st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}(/[a-z0-9_.]{1,8}){1,3}", fullmatch=True),
        npst.arrays(
            st.sampled_from([np.float32, np.int64, np.uint32, np.bool_]), npst.array_shapes(min_dims=0, min_side=0)
        ),
        max_size=4,
    ),
    sums=st.tuples(floats, floats, floats, floats),
)
def test_every_array_and_every_number_comes_back_to_the_bit(
    arrays: dict[str, np.ndarray], sums: tuple[float, ...]
) -> None:
    loss_sum, hits, window_loss_sum, window_hits = sums
    position = Position(loss_sum=loss_sum, hits=hits, window_loss_sum=window_loss_sum, window_hits=window_hits)
    kept = Checkpoint(IDENTITY, position, arrays)
    assert same(from_bytes(to_bytes(kept)), kept)


def test_the_one_before_is_kept_and_read_where_the_newest_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "run" / "state.npz"
    assert load(path) is None
    with pytest.raises(FolderGone, match=r"run: the run's folder was deleted or moved away"):
        save(path, checkpoint(step=1))
    assert not path.parent.exists()
    path.parent.mkdir()
    save(path, checkpoint(step=1))
    assert not previous_path(path).exists()
    save(path, checkpoint(step=2))
    save(path, checkpoint(step=3))
    found = load(path)
    assert found is not None
    assert (found.position.step, found.fallback) == (3, None)
    assert sorted(file.name for file in path.parent.iterdir()) == ["state.npz", "state.npz.previous"]

    path.write_bytes(path.read_bytes()[:-1])
    found = load(path)
    assert found is not None
    assert found.position.step == 2
    assert "cut off" in str(found.fallback)

    path.unlink()
    found = load(path)
    assert found is not None
    assert (found.position.step, found.fallback) == (2, None)

    previous_path(path).write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"state.npz.previous: the file is cut off.*Retry it"):
        load(path)


@given(st.data())
def test_whatever_is_changed_or_cut_off_is_told(data: st.DataObject) -> None:
    whole = to_bytes(checkpoint())
    if data.draw(st.booleans()):
        damaged = whole[: data.draw(st.integers(0, len(whole) - 1))]
    else:
        at, flip = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
        damaged = whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]
    with pytest.raises(CheckpointError, match=r"cut off|damaged"):
        from_bytes(damaged)


def test_a_right_checksum_over_something_else_is_told() -> None:
    from hashlib import sha256

    for body in (b"", b"no archive at all"):
        with pytest.raises(CheckpointError, match="cannot be read"):
            from_bytes(body + MAGIC + sha256(body).digest())


def test_pickled_objects_are_never_read() -> None:
    import io
    from hashlib import sha256

    buffer = io.BytesIO()
    np.savez(buffer, header=np.array([{"a": 1}], dtype=object))
    body = buffer.getvalue()
    with pytest.raises(CheckpointError, match="allow_pickle=False"):
        from_bytes(body + MAGIC + sha256(body).digest())


def test_a_folder_that_was_deleted_is_not_made_again_for_a_model(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "run", IDENTITY, None, None, None, 1.0)  # type: ignore[arg-type]
    with pytest.raises(FolderGone, match=r"run: the run's folder was deleted or moved away"):
        keeper.save_model(is_best=True)
    assert not (tmp_path / "run").exists()


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointNotWritten, match=r"state.npz: the checkpoint cannot be written.*BNN_HOME"):
        save(tmp_path / "file" / "state.npz", checkpoint())


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"design_sha256": "other"}, "the design"),
        ({"data_sha256": "other"}, "the data"),
        ({"recipe": IDENTITY.recipe | {"seed": 4}}, "seed 3 there, 4 here"),
        ({"layers": {"conv": "float, gradients multiplied"}}, "layer conv xnor, gradients int8 there"),
        ({"threads": 8}, "threads 2 there, 8 here"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(changes: dict[str, object], word: str) -> None:
    with pytest.raises(CheckpointError, match=word):
        check_is_of(checkpoint(), IDENTITY.model_copy(update=changes))


def test_versions_and_settings_that_only_one_program_knows_are_no_difference() -> None:
    other = IDENTITY.model_copy(update={"versions": {}, "recipe": IDENTITY.recipe | {"smoothing": 0.1}})
    check_is_of(checkpoint(), other)
    check_is_of(Checkpoint(other, Position(), {}), IDENTITY)
