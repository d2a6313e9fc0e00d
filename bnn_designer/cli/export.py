"""The command that writes a network in the form that another tool, or a microcontroller, takes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bnn_designer.cli.packed import packed_file
from bnn_designer.cli.terminal import console

if TYPE_CHECKING:
    from bnn_designer.export import Material


@click.command()
@click.argument("source", metavar="RUN|PRESET|FILE")
@click.option(
    "--to", "target", metavar="TARGET", required=True, help="The form to write; a name that is none lists all."
)
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
    "--check", type=click.IntRange(1, 1_000_000), metavar="N", help="Run it on N test images, beside the engine."
)
@click.option("--data", metavar="SET|PATH", default="cifar10", show_default=True, help="With --check: whose images.")
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
    data: str,
    as_json: bool,
) -> None:
    """Write a trained network as a program for another tool or a microcontroller, and say what of it runs in bits.

    SOURCE is the id of a run, a packed file, or a preset or design file with --weights for a model that was trained
    from it. Without, the network is untrained: good for memory and time only. With --check the program is compiled
    and run here; exits with 1 where an image gets another class than from the engine.
    """
    from bnn_designer.cli.tables.export import export_data, print_export
    from bnn_designer.export import export_to, proof_of, target_named
    from bnn_designer.files import write_folder

    found = target_named(target)
    material = _material(source, weights, seed, calibration)
    exported = export_to(found, material)
    write_folder(output, exported.written.files, overwrite=force)
    proof = None
    if check is not None:
        from bnn_designer.measuring.images import test_images
        from bnn_designer.training.data import data_name

        images, _ = test_images(data_name(data))
        proof = proof_of(exported, material, images[:check])
    if as_json:
        result: dict[str, Any] = export_data(output, exported)
        click.echo(json.dumps(result | ({"check": proof.to_data()} if proof else {}), indent=2))
    else:
        print_export(output, exported, console())
        if proof:
            click.echo(f"\n{proof}")
    if proof and proof.same_class < proof.images:
        sys.exit(1)


def _material(source: str, weights: Path | None, seed: int, calibration: Path | None) -> Material:
    """What there is of a packed file, a run, or a design with weights or without."""
    from bnn_designer.export import Material
    from bnn_designer.measuring.checkpoint import find_trained

    if (packed := packed_file(source, weights)) is not None:
        return Material.of_packed(packed.network, packed.weights)
    trained = find_trained(source, weights, seed)
    return Material.of_model(trained.design, trained.model, trained.weights, trained.packing_images(calibration))


COMMANDS: tuple[click.Command, ...] = (export,)
