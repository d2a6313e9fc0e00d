"""``bnn-designer train`` on a real disk that becomes full while it trains."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import create_engine, text

from bnn_designer.design import Design
from bnn_designer.runs.store import Store
from bnn_designer.training.events import StepWindow
from tests.small_disk import fill, make_room, small_disk

ROOT = Path(__file__).parents[2]


def test_a_disk_that_fills_up_in_mid_run_is_named_without_a_traceback(
    tmp_path: Path, synthetic_data: Path, small_design: Design
) -> None:
    design = tmp_path / "design.json"
    design.write_text(small_design.to_json())
    with small_disk(tmp_path / "disk", size_kib=4096) as disk:
        options = ("--epochs", "1000", "--subset", "100", "--batch-size", "10", "--validation-subset", "10")
        command = [sys.executable, "-m", "bnn_designer.cli", "train", str(design), *options, "--engine", "float"]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "BNN_HOME": str(disk),
            "BNN_DATA_DIR": str(synthetic_data),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
            process = subprocess.Popen([*command, "--json"], stdout=out, stderr=err, env=environment, cwd=tmp_path)
        try:
            store = Store(home=disk)
            while not any(isinstance(one.event, StepWindow) for run in store.runs() for one in store.events(run.id)):
                assert process.poll() is None, (tmp_path / "err").read_text()
                time.sleep(0.05)
            fill(disk)
            assert process.wait(timeout=120) == 2
        finally:
            process.kill()
            process.wait()
        said = (tmp_path / "err").read_text()
        assert "Traceback" not in said
        assert "Error: " in said
        assert "is full" in said or "No space left on device" in said
        make_room(disk)
        (run,) = store.runs()
        numbers = [one.id for one in store.events(run.id)]
        assert numbers == sorted(numbers)
        engine = create_engine(store.url)
        with engine.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        engine.dispose()
        store.close()
