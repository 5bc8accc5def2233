"""Reads the stamp of a `test:` picture (docs/stamp.md). The C++ side is src/media/stamp.cpp, the page's web/js/stamp.js."""

from binascii import crc_hqx
from typing import NamedTuple

COLUMNS, BITS, MARK, CONTRAST_MIN = 64, 128, 0xB6, 40


class Stamp(NamedTuple):
    frame: int
    drawn_us: int  # since 1970, UTC
    camera: int  # camera_hash of its name


def camera_hash(name):
    """FNV-1a, folded to eight bits."""
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    value ^= value >> 16
    return (value ^ value >> 8) & 0xFF


def block_mean(luma, width, stride, bit):
    row, column = divmod(bit, COLUMNS)
    left, top = width * (4 * column + 1) // 256, width * (9 + 20 * row) // 1280
    right, bottom = max(left + 1, width * (4 * column + 3) // 256), max(top + 1, width * (19 + 20 * row) // 1280)
    return sum(sum(luma[y * stride + left:y * stride + right]) for y in range(top, bottom)) / ((bottom - top) * (right - left))


def read_stamp(luma, width, height, stride):
    """None where there is none, or a damaged one."""
    if height < 11 * width // 320:
        return None
    means = [block_mean(luma, width, stride, bit) for bit in range(BITS)]
    light, dark = ([mean for bit, mean in enumerate(means[:8]) if MARK >> 7 - bit & 1 == white] for white in (1, 0))
    light, dark = sum(light) / len(light), sum(dark) / len(dark)
    if light - dark < CONTRAST_MIN:
        return None
    payload = sum((mean > (light + dark) / 2) << BITS - 1 - bit for bit, mean in enumerate(means)).to_bytes(BITS // 8, "big")
    if payload[0] != MARK or crc_hqx(payload[1:14], 0xFFFF) != int.from_bytes(payload[14:], "big"):
        return None
    return Stamp(int.from_bytes(payload[1:5], "big"), int.from_bytes(payload[5:13], "big", signed=True), payload[13])
