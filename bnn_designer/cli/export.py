"""The command that writes a network in the form that another tool, or a microcontroller, takes."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bnn_designer.cli.packed import packed_file
from bnn_designer.cli.terminal import console

if TYPE_CHECKING:
    from bnn_designer.export import Material

_TARGETS_HELP = (
    "c: a C99 program for microcontrollers; html: one page that classifies pictures; "
    "tflite: a Larq Compute Engine file; openvino: a model for OpenVINO; onnx: plain ONNX; qonnx: QONNX, for tools of "
    "FPGAs; keras, larq: programs; weights: arrays; picture, report: to look at."
)


@click.command()
@click.argument("source", metavar="RUN|PRESET|FILE")
@click.option("--to", "target", metavar="TARGET", required=True, help=_TARGETS_HELP)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@click.option("--weights", type=click.Path(path_type=Path), help="With a design: the trained model (.keras).")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of an untrained network's weights.")
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    metavar="IMAGES",
    help="With layers of 8 bits: images of the training set (.npy), for their scales; of a run they are found.",
)
@click.option("--force", is_flag=True, help="Overwrite an earlier export.")
@click.option(
    "--check", type=click.IntRange(1, 1_000_000), metavar="N", help="Run it on N test images, beside the network."
)
@click.option(
    "--data", metavar="SET|PATH", help="Whose images and class names.  [default: the run's own, or cifar10's images]"
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def export(
    source: str,
    target: str,
    output: Path,
    weights: Path | None,
    seed: int,
    calibration: Path | None,
    force: bool,
    check: int | None,
    data: str | None,
    as_json: bool,
) -> None:
    """Write a trained network in the form that another tool takes, and say what of it runs in bits there.

    SOURCE is the id of a run, a packed file, or a preset or design file with --weights for a model that was trained
    from it. Without, the network is untrained: good for memory, time and pictures only. With --check what was written
    is run here by whom it is for; exits with 1 where an image gets another class than from the network itself.
    """
    from bnn_designer.cli.tables.export import export_data, print_export
    from bnn_designer.export import export_to, proof_of, prover_of, target_named
    from bnn_designer.files import write_folder
    from bnn_designer.training.data import DEFAULT

    found = target_named(target)
    # What cannot be checked is refused before anything is written.
    if check is not None:
        prover_of(found)
    material, trained_with = _material(source, weights, seed, calibration, data)
    images = None
    if check is not None:
        from bnn_designer.measuring.images import test_images

        images = test_images(trained_with or DEFAULT)[0][:check]
    exported = export_to(found, material)
    write_folder(output, exported.written.files, overwrite=force)
    proof = None if images is None else proof_of(exported, material, images)
    if as_json:
        result: dict[str, Any] = export_data(output, exported)
        click.echo(json.dumps(result | ({"check": proof.to_data()} if proof else {}), indent=2))
    else:
        print_export(output, exported, console())
        if proof:
            click.echo(f"\n{proof}")
    if proof and proof.same_class < proof.images:
        sys.exit(1)


def _material(
    source: str, weights: Path | None, seed: int, calibration: Path | None, data: str | None
) -> tuple[Material, str | None]:
    """What there is of a packed file, a run, or a design with weights or without; and the data set, if it is known."""
    from bnn_designer.export import Material
    from bnn_designer.export.of_run import curves_of
    from bnn_designer.measuring.checkpoint import find_trained
    from bnn_designer.runs.store import Store
    from bnn_designer.training.data import data_name

    named = None if data is None else data_name(data)
    if (packed := packed_file(source, weights)) is not None:
        return Material.of_packed(packed.network, packed.weights, partial(_class_names, named, "")), named
    trained = find_trained(source, weights, seed)
    names = partial(_class_names, named, trained.data)
    curves = curves_of(Store(), trained.run_id) if trained.run_id else None
    images = trained.packing_images(calibration)
    material = Material.of_model(trained.design, trained.model, trained.weights, images, names, curves)
    return material, named or trained.data


def _class_names(named: str | None, trained_with: str) -> tuple[str, ...]:
    """Of the data set that was named, or else of the one that it was trained with, if that is on this machine."""
    from bnn_designer.export.of_run import class_names
    from bnn_designer.training.data import load

    return load(named).class_names if named is not None else class_names(trained_with)


COMMANDS: tuple[click.Command, ...] = (export,)
