"""Latency on this machine: a file of measured networks in the user's cache, and the model fitted to it.

``bnn-designer calibrate`` times presets with the project's inference engine and calls :func:`store_calibration`; until
then the state is ``not calibrated``.
"""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from bnn_designer.cost.latency.model import Estimate, LatencyModel, NoLatency, Sample, Work
from bnn_designer.files import write_text
from bnn_designer.folders import cache_dir

THIS_MACHINE = "this machine"
NOT_MEASURED = "nothing has been measured here yet; run `bnn-designer calibrate`, which takes about two minutes"
_SCHEMA = 1


@dataclass(frozen=True)
class Calibration:
    """Networks that were timed on one machine.

    Attributes:
        machine: the processor, as :func:`machine_name` gives it.
        engine: what ran them, with its version.
        samples: at least two, one thread, one image.
    """

    machine: str
    engine: str
    samples: tuple[Sample, ...]


def calibration_path() -> Path:
    """The file: in ``BNN_CACHE_DIR``, else in the user's cache folder."""
    return cache_dir() / "latency.json"


def machine_name() -> str:
    """The processor's name, so that a cache that two machines share is not taken for the other's."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def store_calibration(engine: str, samples: tuple[Sample, ...]) -> Calibration:
    """Keeps a measurement, in the place of an older one.

    Raises:
        ValueError: fewer than 2 samples, or a latency that is not positive.
        BnnDesignerError: the file cannot be written.
    """
    LatencyModel.fit(samples)  # refuses samples that cannot be used before they are stored
    found = Calibration(machine_name(), engine, samples)
    path = calibration_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps({"schema": _SCHEMA} | asdict(found), indent=2), overwrite=True)
    return found


def load_calibration() -> Calibration | NoLatency:
    """The stored measurement of this machine, or why there is none."""
    path = calibration_path()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return NoLatency(THIS_MACHINE, "not calibrated", NOT_MEASURED)
    except (OSError, ValueError) as error:
        return _unusable(path, f"cannot be read ({error})")
    try:
        if data["schema"] != _SCHEMA:
            return _unusable(path, f"has schema {data['schema']} and this version reads {_SCHEMA}")
        samples = tuple(Sample(one["name"], Work(**one["work"]), float(one["ms"])) for one in data["samples"])
        LatencyModel.fit(samples)
        found = Calibration(str(data["machine"]), str(data["engine"]), samples)
    except (KeyError, TypeError, ValueError) as error:
        return _unusable(path, f"does not hold a calibration ({error})")
    if found.machine != machine_name():
        return _unusable(path, f"was measured on {found.machine}")
    return found


def this_machine(amount: Work) -> Estimate | NoLatency:
    """What a program takes here, from the stored measurement."""
    found = load_calibration()
    if isinstance(found, NoLatency):
        return found
    return LatencyModel.fit(found.samples).estimate(THIS_MACHINE, f"measured here with {found.engine}", amount)


def _unusable(path: Path, why: str) -> NoLatency:
    return NoLatency(THIS_MACHINE, "not calibrated", f"{path} {why}; run `bnn-designer calibrate` to measure again")
