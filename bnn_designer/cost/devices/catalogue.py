"""The catalogue of devices: what their makers' datasheets say about memory and clock.

Only figures that a datasheet gives; what it leaves open is None, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB, GIB = 1024, 1024**2, 1024**3


@dataclass(frozen=True)
class Device:
    """A board, computer or phone.

    Attributes:
        name: as people call it.
        chip: the processor's name.
        core: the processor's core or cores.
        clock_mhz: the highest clock; None where the maker gives none.
        flash_bytes: memory that holds programs and weights; None where there is none, or it is not known.
        ram_bytes: all memory for data, as the datasheet gives it; of models with more or less, the least.
        ram_block_bytes: the largest part of it in one piece; None where it is not known.
        storage: what holds files in the place of flash, such as a card of any size; "" for a microcontroller.
        source: the datasheet, in words.
        note: what one should know about the figures.
    """

    name: str
    chip: str
    core: str
    clock_mhz: int | None
    flash_bytes: int | None
    ram_bytes: int | None
    ram_block_bytes: int | None
    storage: str
    source: str
    note: str = ""

    @property
    def arena_limit_bytes(self) -> int | None:
        """What an arena can have at most: the largest piece; where that is unknown all RAM, which is too much."""
        return self.ram_block_bytes if self.ram_block_bytes is not None else self.ram_bytes


_CARD = "a card of any size"
_ST = "STMicroelectronics datasheet"


def _micro(
    name: str,
    chip: str,
    core: str,
    clock_mhz: int,
    flash: int | None,
    ram: int,
    block: int | None,
    source: str,
    note: str = "",
) -> Device:
    return Device(name, chip, core, clock_mhz, flash, ram, block, "", source, note)


def _computer(
    name: str, chip: str, core: str, clock_mhz: int | None, ram: int, storage: str, source: str, note: str = ""
) -> Device:
    return Device(name, chip, core, clock_mhz, None, ram, ram, storage, source, note)


#: By a name for the command line, the smallest RAM first.
DEVICES: dict[str, Device] = {
    "stm32l475-iot": _micro(
        "B-L475E-IOT01A",
        "STM32L475VG",
        "Cortex-M4",
        80,
        1 * MIB,
        128 * KIB,
        96 * KIB,
        f"{_ST} STM32L475xx",
        "RAM is SRAM1 of 96 KiB and SRAM2 of 32 KiB, not contiguous.",
    ),
    "max78000fthr": _micro(
        "MAX78000FTHR",
        "MAX78000",
        "Cortex-M4",
        100,
        512 * KIB,
        128 * KIB,
        None,
        "Analog Devices datasheet MAX78000",
        "Without the accelerator, which runs other networks, and its memory.",
    ),
    "stm32f407-disco": _micro(
        "STM32F4DISCOVERY",
        "STM32F407VG",
        "Cortex-M4",
        168,
        1 * MIB,
        192 * KIB,
        128 * KIB,
        f"{_ST} STM32F407xx",
        "RAM is 128 KiB and 64 KiB of core-coupled memory, not contiguous.",
    ),
    "nano-33-ble-sense": _micro(
        "Arduino Nano 33 BLE Sense",
        "nRF52840",
        "Cortex-M4",
        64,
        1 * MIB,
        256 * KIB,
        256 * KIB,
        "Nordic Semiconductor product specification nRF52840",
    ),
    "raspberry-pi-pico": _micro(
        "Raspberry Pi Pico",
        "RP2040",
        "2 x Cortex-M0+",
        133,
        2 * MIB,
        264 * KIB,
        264 * KIB,
        "Raspberry Pi datasheets RP2040 and Pico",
        "Flash is a chip on the board.",
    ),
    "stm32f746-disco": _micro(
        "STM32F746G-DISCO",
        "STM32F746NG",
        "Cortex-M7",
        216,
        1 * MIB,
        320 * KIB,
        320 * KIB,
        f"{_ST} STM32F746xx",
        "Without the SDRAM and the serial flash on the board.",
    ),
    "sparkfun-edge": _micro(
        "SparkFun Edge",
        "Apollo3 Blue",
        "Cortex-M4",
        96,
        1 * MIB,
        384 * KIB,
        None,
        "Ambiq datasheet Apollo3 Blue",
        "48 MHz, and 96 MHz in bursts.",
    ),
    "gap8": _micro(
        "GAP8",
        "GAP8",
        "1 + 8 x RISC-V",
        250,
        None,
        512 * KIB,
        512 * KIB,
        "GreenWaves Technologies, comparison of GAP8 and GAP9",
        "RAM is L2; L1 is for tiles. The chip has no flash; boards differ. The cluster's clock is 175 MHz.",
    ),
    "esp32-s3": _micro(
        "ESP32-S3",
        "ESP32-S3",
        "2 x Xtensa LX7",
        240,
        None,
        512 * KIB,
        None,
        "Espressif datasheet ESP32-S3",
        "Flash is a part of the module; modules differ.",
    ),
    "esp32": _micro(
        "ESP32-WROOM-32E",
        "ESP32",
        "2 x Xtensa LX6",
        240,
        4 * MIB,
        520 * KIB,
        None,
        "Espressif datasheets ESP32 and ESP32-WROOM-32E",
        "The module with the least flash.",
    ),
    "raspberry-pi-pico-2": _micro(
        "Raspberry Pi Pico 2",
        "RP2350",
        "2 x Cortex-M33",
        150,
        4 * MIB,
        520 * KIB,
        520 * KIB,
        "Raspberry Pi datasheets RP2350 and Pico 2",
        "Flash is a chip on the board.",
    ),
    "stm32h743-nucleo": _micro(
        "NUCLEO-H743ZI2",
        "STM32H743ZI",
        "Cortex-M7",
        480,
        2 * MIB,
        1 * MIB,
        512 * KIB,
        f"{_ST} STM32H743xI",
        "RAM is in several memories; the largest is AXI SRAM.",
    ),
    "stm32h747-disco": _micro(
        "STM32H747I-DISCO",
        "STM32H747XI",
        "Cortex-M7 + Cortex-M4",
        480,
        2 * MIB,
        1 * MIB,
        512 * KIB,
        f"{_ST} STM32H747xI",
        "RAM is in several memories; the largest is AXI SRAM. Without the SDRAM on the board.",
    ),
    "raspberry-pi-zero": _computer(
        "Raspberry Pi Zero", "BCM2835", "ARM1176JZF-S", 1000, 512 * MIB, _CARD, "Raspberry Pi product page Zero"
    ),
    "raspberry-pi-3b": _computer(
        "Raspberry Pi 3B", "BCM2837", "4 x Cortex-A53", 1200, 1 * GIB, _CARD, "Raspberry Pi product page 3 Model B"
    ),
    "raspberry-pi-4b": _computer(
        "Raspberry Pi 4B",
        "BCM2711",
        "4 x Cortex-A72",
        1500,
        1 * GIB,
        _CARD,
        "Raspberry Pi datasheet 4 Model B",
        "The model with the least RAM.",
    ),
    "pixel-1": _computer(
        "Pixel 1",
        "Snapdragon 821",
        "4 x Kryo",
        2150,
        4 * GIB,
        "32 or 128 GB of storage",
        "Google tech specs Pixel",
        "Two of the cores reach this clock.",
    ),
    "apple-m1": _computer(
        "Apple M1",
        "M1",
        "4 + 4 Apple cores",
        None,
        8 * GIB,
        "256 GB of storage or more",
        "Apple technical specifications Mac mini (M1, 2020)",
        "The model with the least RAM. Apple gives no clock.",
    ),
}
