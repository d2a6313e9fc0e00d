"""The published data sets, by their names in recipes and commands."""

from __future__ import annotations

from functools import partial

from bnn_designer.training.data import cifar10, mnist
from bnn_designer.training.data.images import Facts
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

_MNIST_SERVER = "https://ossci-datasets.s3.amazonaws.com/mnist"
_MNIST_FACTS = Facts("MNIST", mnist.IMAGE_SHAPE, len(mnist.MNIST_NAMES))
MNIST = Source(
    name="mnist",
    facts=_MNIST_FACTS,
    train_count=mnist.TRAIN_COUNT,
    test_count=mnist.TEST_COUNT,
    augmentation=mnist.MNIST_AUGMENTATION,
    folders=("mnist", "MNIST/raw", "MNIST"),
    telling_file=None,
    # The address and the checksums of torchvision (datasets/mnist.py); the set's own page is not served any more.
    remote=(
        RemoteFile(f"{_MNIST_SERVER}/train-images-idx3-ubyte.gz", "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
        RemoteFile(f"{_MNIST_SERVER}/train-labels-idx1-ubyte.gz", "md5:d53e105ee54ea40749a09fcbcd1e9432", 28_881),
        RemoteFile(f"{_MNIST_SERVER}/t10k-images-idx3-ubyte.gz", "md5:9fb629c4189551a2d022fa330f9573f3", 1_648_877),
        RemoteFile(f"{_MNIST_SERVER}/t10k-labels-idx1-ubyte.gz", "md5:ec29112dd5afa0611ce80d1b7f02629c", 4_542),
    ),
    unpack=move_files,
    first_problem=mnist.first_problem,
    read=partial(
        mnist.read_folder,
        facts=_MNIST_FACTS,
        class_names=mnist.MNIST_NAMES,
        augmentation=mnist.MNIST_AUGMENTATION,
    ),
)

_FASHION_SERVER = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
_FASHION_FACTS = Facts("Fashion-MNIST", mnist.IMAGE_SHAPE, len(mnist.FASHION_NAMES))
FASHION_MNIST = Source(
    name="fashion-mnist",
    facts=_FASHION_FACTS,
    train_count=mnist.TRAIN_COUNT,
    test_count=mnist.TEST_COUNT,
    augmentation=mnist.FASHION_AUGMENTATION,
    folders=("fashion-mnist", "FashionMNIST/raw", "FashionMNIST"),
    telling_file=None,
    # Both as published in the README of https://github.com/zalandoresearch/fashion-mnist.
    remote=(
        RemoteFile(f"{_FASHION_SERVER}/train-images-idx3-ubyte.gz", "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
        RemoteFile(f"{_FASHION_SERVER}/train-labels-idx1-ubyte.gz", "md5:25c81989df183df01b3e8a0aad5dffbe", 29_515),
        RemoteFile(f"{_FASHION_SERVER}/t10k-images-idx3-ubyte.gz", "md5:bef4ecab320f06d8554ea6380940ec79", 4_422_102),
        RemoteFile(f"{_FASHION_SERVER}/t10k-labels-idx1-ubyte.gz", "md5:bb300cfdad3c16e7a12a480ee83cd310", 5_148),
    ),
    unpack=move_files,
    first_problem=mnist.first_problem,
    read=partial(
        mnist.read_folder,
        facts=_FASHION_FACTS,
        class_names=mnist.FASHION_NAMES,
        augmentation=mnist.FASHION_AUGMENTATION,
    ),
)

SETS: dict[str, Source] = {source.name: source for source in (CIFAR10, MNIST, FASHION_MNIST)}
