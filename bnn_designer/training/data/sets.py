"""The published data sets, by their names in recipes and commands."""

from __future__ import annotations

from functools import partial

from bnn_designer.training.data import cifar10, mnist
from bnn_designer.training.data.images import Augmentation, Facts
from bnn_designer.training.data.source import RemoteFile, Source
from bnn_designer.training.data.unpack import move_files, unpack_tar

DEFAULT = "cifar10"

CIFAR10 = Source(
    name=DEFAULT,
    facts=cifar10.FACTS,
    train_count=len(cifar10.TRAIN_FILES) * cifar10.RECORDS_PER_FILE,
    test_count=cifar10.RECORDS_PER_FILE,
    augmentation=cifar10.AUGMENTATION,
    folders=(cifar10.FOLDER,),
    telling_file=cifar10.TEST_FILE,
    # As published on https://www.cs.toronto.edu/~kriz/cifar.html; that page gives no stronger checksum.
    remote=(
        RemoteFile(
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            "md5:c32a1d4ab5d03f1284b67883e8d87530",
            170_052_171,
        ),
    ),
    unpack=partial(unpack_tar, folder_in_archive=cifar10.FOLDER, names=cifar10.FILES),
    first_problem=cifar10.first_problem,
    read=cifar10.read_folder,
)

#: The four files of an IDX set, in the order of their checksums and sizes below.
_IDX_FILES = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")


def _idx_set(
    title: str,
    class_names: tuple[str, ...],
    augmentation: Augmentation,
    server: str,
    files: tuple[tuple[str, int], ...],
) -> Source:
    """MNIST, or a set that is laid out as it is.

    Args:
        title: of the set; in small letters it is its name, and without its dash that of torchvision's folder.
        class_names: in their order.
        augmentation: what leaves an image of the set what it is.
        server: address of the folder with the files.
        files: MD5 and size in bytes of each of :data:`_IDX_FILES`, compressed.
    """
    facts = Facts(title, mnist.IMAGE_SHAPE, len(class_names))
    name, folder = title.lower(), title.replace("-", "")
    return Source(
        name=name,
        facts=facts,
        train_count=mnist.TRAIN_COUNT,
        test_count=mnist.TEST_COUNT,
        augmentation=augmentation,
        folders=(name, f"{folder}/raw", folder),
        telling_file=None,
        remote=tuple(
            RemoteFile(f"{server}/{file}-ubyte.gz", f"md5:{md5}", size_bytes)
            for file, (md5, size_bytes) in zip(_IDX_FILES, files, strict=True)
        ),
        unpack=move_files,
        first_problem=mnist.first_problem,
        read=partial(mnist.read_folder, facts=facts, class_names=class_names, augmentation=augmentation),
    )


# The address and the checksums of torchvision (datasets/mnist.py); the set's own page is not served any more.
MNIST = _idx_set(
    "MNIST",
    mnist.MNIST_NAMES,
    mnist.MNIST_AUGMENTATION,
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    (
        ("f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
        ("d53e105ee54ea40749a09fcbcd1e9432", 28_881),
        ("9fb629c4189551a2d022fa330f9573f3", 1_648_877),
        ("ec29112dd5afa0611ce80d1b7f02629c", 4_542),
    ),
)
# Both as published in the README of https://github.com/zalandoresearch/fashion-mnist.
FASHION_MNIST = _idx_set(
    "Fashion-MNIST",
    mnist.FASHION_NAMES,
    mnist.FASHION_AUGMENTATION,
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    (
        ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
        ("25c81989df183df01b3e8a0aad5dffbe", 29_515),
        ("bef4ecab320f06d8554ea6380940ec79", 4_422_102),
        ("bb300cfdad3c16e7a12a480ee83cd310", 5_148),
    ),
)

SETS: dict[str, Source] = {source.name: source for source in (CIFAR10, MNIST, FASHION_MNIST)}
