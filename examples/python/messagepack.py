"""Reads MessagePack, as much of it as Linework writes: a value that is in memory whole becomes Python's own.

Text becomes `str`, bytes become `bytes`, maps become `dict` and arrays become `list`. There are no extension types.
"""

import struct

# What stands behind the first byte: how a number is packed, or how many bytes the length takes.
NUMBERS = {
    0xCA: ">f", 0xCB: ">d",
    0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}
LENGTHS = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}
CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


class Reader:
    """A place in some bytes."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        taken = self.data[self.at:self.at + count]
        if len(taken) < count:
            raise ValueError("the bytes end in the middle of a value")
        self.at += count
        return taken

    def value(self):
        first = self.take(1)[0]
        if first < 0x80:
            return first
        if first < 0x90:
            return self.map(first & 0x0F)
        if first < 0xA0:
            return self.array(first & 0x0F)
        if first < 0xC0:
            return self.text(first & 0x1F)
        if first >= 0xE0:
            return first - 0x100
        if first in CONSTANTS:
            return CONSTANTS[first]
        if first in NUMBERS:
            form = NUMBERS[first]
            return struct.unpack(form, self.take(struct.calcsize(form)))[0]
        if first not in LENGTHS:
            raise ValueError(f"0x{first:02x} begins nothing that Linework writes")
        length = int.from_bytes(self.take(LENGTHS[first]), "big")
        if first <= 0xC6:
            return self.take(length)
        if first <= 0xDB:
            return self.text(length)
        return self.array(length) if first <= 0xDD else self.map(length)

    def text(self, length):
        return self.take(length).decode("utf-8")

    def array(self, length):
        return [self.value() for _ in range(length)]

    def map(self, length):
        return {self.value(): self.value() for _ in range(length)}


def read(data):
    """The one value that `data` is."""
    reader = Reader(data)
    value = reader.value()
    if reader.at != len(data):
        raise ValueError(f"{len(data) - reader.at} bytes are left after the value")
    return value
