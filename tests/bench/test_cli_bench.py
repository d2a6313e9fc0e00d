"""``bnn-designer bench`` as a user has it: tiny real runs, their JSON, exit statuses. No test looks at how fast."""

from __future__ import annotations

import io
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from bnn_designer.bench import BENCHMARKS, BenchError, native, run, step_memory
from bnn_designer.bench.cases import train
from bnn_designer.bench.machine import processor_name
from bnn_designer.bench.request import processors
from bnn_designer.bench.rows import Missing, Row, Sample, Target
from bnn_designer.bench.targets import openvino_target
from bnn_designer.cli.main import main
from bnn_designer.cli.tables.bench import print_report
from bnn_designer.kernels.toolchain import machine_sets
from tests.cli.another import JOB, another_measures
from tests.cli.test_cli import PROGRAM, refused
from tests.cli.test_cli import run as program

pytestmark = pytest.mark.usefixtures("own_cache")

ROOT = Path(__file__).parents[2]
NO_PEERS = {"BNN_LCE_PYTHON": "", "BNN_BNNLAB_PYTHON": "", "BNN_OPENVINO_PYTHON": ""}


def measured(*arguments: str) -> dict[str, Any]:
    """The JSON of a run that succeeds, its form checked."""
    result = program("bench", *arguments, "--json", **NO_PEERS)
    assert result.returncode == 0, result.stderr
    data: dict[str, Any] = json.loads(result.stdout)
    assert set(data) == {"schema", "benchmark", "machine", "rounds", "rows", "summaries"}
    said = {"date", "processor", "architecture", "processors", "load_1min", "python", "tensorflow", "isa"}
    assert said <= set(data["machine"])
    for row in data["rows"]:
        check_row(row, data["rounds"])
    return data


def check_row(row: dict[str, Any], rounds: int) -> None:
    assert set(row) >= {"what", "threads", "ours", "peer", "ratio", "median_ratio", "target", "met"}
    unit = "mib" if "memory" in row["what"] else "ms"
    if row["peer"] is None:
        assert 0 < row["ours"]["min_ms"] <= row["ours"]["median_ms"]
        assert row["met"] == (row["ours"]["min_ms"] <= row["target"]["at_most_ms"])
        return
    for side in ("ours", "peer"):
        if "missing" in row[side]:
            assert "not set" in row[side]["missing"]
            assert row["ratio"] is row["met"] is None
            return
        assert 0 < row[side][f"min_{unit}"] <= row[side][f"median_{unit}"]
        assert row[side]["rounds"] == rounds or "peak" in row[side]["name"]
    ours, peer = row["ours"][f"min_{unit}"], row["peer"][f"min_{unit}"]
    assert row["ratio"] == pytest.approx(peer / ours if unit == "ms" else ours / peer)


def test_gemm_beside_the_peak_and_a_missing_peer() -> None:
    data = measured("gemm", "--rounds", "2", "--only", "128x1152x128")
    counts = sorted({1, processors()})  # one thread and all
    assert [row["threads"] for row in data["rows"]] == [count for count in counts for _ in range(2)]
    for peak, lab in zip(data["rows"][::2], data["rows"][1::2], strict=True):
        assert peak["what"] == "gemm 128x1152x128"
        assert peak["target"] == {"at_least": 6}
        assert "bnn-lab==1.0.0" in lab["peer"]["missing"]


def test_conv_from_floats_and_from_bits() -> None:
    rows = measured("conv", "--rounds", "1", "--threads", "1", "--only", "512@7x7 batch 1,")["rows"]
    assert [row["what"].split(", ", 1)[1] for row in rows] == [
        "weights float",
        "weights kept",
        "weights packed",
        *["packed in and out, op"] * 2,
        *["packed in and out, kernel"] * 2,
    ]
    assert [row["target"]["at_least"] for row in rows] == [4, 4, 4, 8, 6, 8, 6]


def test_float_convolutions_beside_onednn() -> None:
    (row,) = measured("float-conv", "--rounds", "1", "--threads", "1", "--only", "1x1 /1, 256 to 512")["rows"]
    assert row["what"] == "float conv 1x1 /1, 256 to 512 at 7x7"
    assert row["ours"]["name"].startswith("own loop")
    assert row["peer"]["name"].startswith("oneDNN")


def test_a_chain_without_openvino_is_held_to_what_the_kernels_are_held_to() -> None:
    data = measured("conv", "--rounds", "1", "--threads", "1", "--only", "512@8x8 batch 1, chain of six")
    rows = data["rows"]
    assert [row["peer"]["name"] for row in rows] == ["OpenVINO 2026.4.1"] * 3
    assert "openvino==2026.4.1" in rows[0]["peer"]["missing"]
    assert [row["group"].split()[-1] for row in rows] == ["binary", "int8", "float"]
    targets = [openvino_target(data["machine"]["isa"], way, 1) for way in ("binary", "int8", "float")]
    assert [row["target"] for row in rows] == [target and {"at_least": target.value} for target in targets]


def test_a_model_without_lce_and_openvino() -> None:
    rows = measured("model", "--rounds", "1", "--threads", "1", "--only", "model bi-real-cifar")["rows"]
    names = ["LCE 0.16.0"] * 3 + ["OpenVINO 2026.4.1"] * 2 + ["Keras, engine float"]
    assert [row["peer"]["name"] for row in rows] == names
    assert "larq-compute-engine==0.16.0" in rows[0]["peer"]["missing"]
    assert "openvino==2026.4.1" in rows[3]["peer"]["missing"]
    assert "float convolutions by " in rows[0]["note"]


@pytest.mark.slow
def test_a_training_step_and_its_memory() -> None:
    only = f"{train.NARROW} batch 50, {train.DEFAULT}"
    data = measured("train", "--rounds", "1", "--threads", "all", "--only", only)
    rows, isa = data["rows"], data["machine"]["isa"]
    step = f"train {only}"
    assert [row["what"] for row in rows] == [
        f"{step}, fixed order of sums",
        f"peak memory of a step of {only}",
        f"{step}, any order of sums",
    ]
    assert [row["threads"] for row in rows] == [processors()] * 3
    assert rows[1]["target"] == {"at_most": 0.6}
    assert [row["target"] for row in rows[::2]] == [{"at_least": 1}] * 2
    # Exact gradients, as ten epochs of all images have them where nobody chose.
    assert [row["ours"]["name"] for row in rows[::2]] == [f"engine xnor {isa}, float gradients"] * 2
    # The process that measures a peak, of a smaller batch: the larger one needs more.
    command = [sys.executable, "-m", step_memory.MODULE, train.NARROW, "4", train.DEFAULT]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300, cwd=ROOT)
    assert 0 < json.loads(done.stdout.splitlines()[-1]) < rows[1]["ours"]["min_mib"]


def test_a_report_for_people_goes_to_standard_output_and_progress_to_standard_error() -> None:
    result = program("bench", "gemm", "--rounds", "1", "--only", "128x1152x128", **NO_PEERS)
    assert result.returncode == 0
    assert "gemm 128x1152x128" in result.stdout
    assert "bnn-lab 1.0.0: not available: BNN_BNNLAB_PYTHON is not set." in result.stdout
    assert "gemm 128x1152x128, 1 threads, against bnn-lab 1.0.0: not available" in result.stderr


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_a_text_that_no_row_holds_is_refused(benchmark: str) -> None:
    result = program("bench", benchmark, "--only", "no such row", "--threads", "1", **NO_PEERS)
    refused(result, f"bench {benchmark}", "no such row", "--only")


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_a_list_has_the_rows_that_hold_a_text_and_measures_nothing(
    benchmark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_messages", pytest.fail)
    everything = CliRunner().invoke(main, ["bench", benchmark, "--list"]).output.splitlines()
    assert len(set(everything)) == len(everything) > 2
    text = everything[1][3:20]
    some = CliRunner().invoke(main, ["bench", benchmark, "--list", "--only", text]).output.splitlines()
    assert some == [line for line in everything if text in line]


def test_rows_are_known_without_tensorflow_and_no_process_is_started() -> None:
    """In a process of its own: this one has TensorFlow. With its default threads, which are those of two processes."""
    code = (
        "import sys, subprocess\n"
        "from bnn_designer.bench import BENCHMARKS, BenchError, run\n"
        "subprocess.Popen = None\n"
        "for name in BENCHMARKS:\n"
        "    assert run.plan(name)\n"
        "    try:\n"
        "        run.plan(name, only='no such row')\n"
        "    except BenchError as error:\n"
        "        print(error)\n"
        "print('tensorflow' in sys.modules)"
    )
    *refusals, tensorflow = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.splitlines()
    assert [line.split(":")[0] for line in refusals] == [f"bench {name}" for name in BENCHMARKS]
    assert tensorflow == "False"


def test_kernels_that_are_named_run_and_the_peak_stays_that_of_the_widest_registers() -> None:
    data = measured("gemm", "--rounds", "1", "--threads", "1", "--kernels", "portable", "--only", "128x1152x128")
    assert data["machine"]["isa"] == "portable"
    peak = data["rows"][0]
    assert (peak["ours"]["name"], peak["peer"]["name"]) == ("bnn-designer portable", f"FMA peak {native.widest_isa()}")
    assert native.widest_isa() != "portable" or len(machine_sets()) == 1


def test_somebody_else_who_measures_is_waited_for_or_refused() -> None:
    """As `time` does; but a row that is not there is said at once, and a list waits for nobody."""
    command = ("bench", "cost", "--rounds", "1", "--only", "cost of 101")
    pipe = subprocess.PIPE
    with another_measures():
        busy = f"bench cost in a terminal: another measurement is running on this machine: {JOB}, since"
        refused(program(*command, "--no-wait"), busy)
        refused(program("bench", "cost", "--only", "no such row"), "no such row")
        assert program(*command, "--list").stdout == "cost of 101 layers\n"
        waiting = subprocess.Popen([*PROGRAM, *command, "--json"], stdout=pipe, stderr=pipe, text=True, cwd=ROOT)
        assert waiting.stderr is not None
        said = waiting.stderr.readline()
        assert said.startswith(f"bench cost in a terminal: waiting for another measurement on this machine: {JOB}")
        assert waiting.poll() is None
    out, _ = waiting.communicate(timeout=100)
    assert json.loads(out)["rows"][0]["what"] == "cost of 101 layers"


def test_bad_options_are_refused() -> None:
    refused(program("bench", "conv", "--threads", "none"), "--threads", "'none'")
    refused(program("bench", "conv", "--kernels", "sse9"), "--kernels", "'sse9'", "portable")
    refused(program("bench", "gemm", BNN_KERNELS="sse9"), "BNN_KERNELS", "sse9")
    assert program("bench", "gemm", "--rounds", "0").returncode == 2
    assert program("bench", "nothing").returncode == 2


def test_a_measuring_process_that_dies_is_an_error_with_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "WORKER", "bnn_designer.bench.no_such_module")
    with pytest.raises(BenchError, match=r"ended with status 1\. It said: .*no_such_module"):
        run.run(run.plan("gemm"))


def test_a_report_shows_both_times_the_ratio_the_target_and_what_is_missing() -> None:
    machine = {
        "processor": "a core",
        "architecture": "x86_64",
        "processors": 2,
        "load_1min": 0.5,
        "isa": "avx2",
        "tensorflow": "2.21",
        "date": "d",
    }
    ours, peer = Sample.of("ours", [1.0, 2.0]), Sample.of("peer", [7.0, 16.0])
    rows = (
        Row("conv a", 1, ours, peer, Target(6), "conv, weights float", "9 GMAC/s"),
        Row("conv b", 1, ours, Missing("LCE", "how to get it")),
    )
    console = Console(file=io.StringIO(), width=200)
    print_report(run.Report("conv", machine, None, rows), console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    line = next(line for line in text.splitlines() if "conv a" in line)
    cells = [cell.strip() for cell in line.split("  ") if cell.strip()]
    ratios = [f"{7.0 / 1.0:.2f}", f"{11.5 / 1.5:.2f}"]
    assert cells == [
        "conv a",
        "1",
        "ours 1.00 (1.50) ms",
        "peer 7.00 (11.5) ms",
        *ratios,
        ">= 6",
        "yes",
        "2",
        "9 GMAC/s",
    ]
    assert "LCE: not available: how to get it" in text
    assert "geometric mean of" in text
    assert "The targets were set" not in text
    print_report(run.Report("conv", machine | {"architecture": "aarch64", "isa": "neon"}, None, rows), console)
    assert "kernels neon" in console.file.getvalue()  # type: ignore[attr-defined]
    assert "On aarch64 this project claims no figure" in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_processor_is_named_with_its_generation(tmp_path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text("processor: 0\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n\nprocessor: 1\n")
    assert processor_name(file) == "AMD EPYC (family 25, model 17)"
    assert processor_name(tmp_path / "nothing")
    file.write_text(
        "processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n"
    )
    assert processor_name(file) == f"{platform.machine()} (implementer 0x41, part 0xd0c)"
