"""BLAKE3 in its plain mode, written for reading: the hash of Linework's logs and blobs.

After the paper "BLAKE3: one function, fast everywhere". A fast one is `pip install blake3`; this one needs nothing and
does about half a megabyte a second.
"""

WORD = 0xFFFFFFFF
START = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
# Where each word of a block goes before the next of the seven rounds.
PERMUTED = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
# Which four words of the state are mixed together: first the columns, then the diagonals.
MIXED = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
BLOCK, CHUNK = 64, 1024


def schedule():
    """Which words of the block go into each of the 56 mixings: seven rounds of eight pairs."""
    order = tuple(range(16))
    for _ in range(7):
        for place, (a, b, c, d) in enumerate(MIXED):
            yield a, b, c, d, order[2 * place], order[2 * place + 1]
        order = tuple(order[at] for at in PERMUTED)


MIXINGS = tuple(schedule())


def compress(chaining, words, counter, length, flags):
    """The one function: 8 words of chaining value and 16 of a block become 8 words."""
    s = [*chaining, *START[:4], counter & WORD, counter >> 32, length, flags]
    for a, b, c, d, first, second in MIXINGS:
        x, y, z, w = s[a], s[b], s[c], s[d]
        x = (x + y + words[first]) & WORD
        w ^= x
        w = (w >> 16 | w << 16) & WORD
        z = (z + w) & WORD
        y ^= z
        y = (y >> 12 | y << 20) & WORD
        x = (x + y + words[second]) & WORD
        w ^= x
        w = (w >> 8 | w << 24) & WORD
        z = (z + w) & WORD
        y ^= z
        y = (y >> 7 | y << 25) & WORD
        s[a], s[b], s[c], s[d] = x, y, z, w
    return [s[at] ^ s[at + 8] for at in range(8)]


def words_of(block):
    block = block.ljust(BLOCK, b"\0")
    return [int.from_bytes(block[at:at + 4], "little") for at in range(0, BLOCK, 4)]


def of_chunk(chunk, counter, root):
    """The chaining value of one chunk, of up to 1,024 bytes."""
    chaining = START
    blocks = [chunk[at:at + BLOCK] for at in range(0, len(chunk), BLOCK)] or [b""]
    for number, block in enumerate(blocks):
        flags = CHUNK_START if number == 0 else 0
        if number == len(blocks) - 1:
            flags |= CHUNK_END | root
        chaining = compress(chaining, words_of(block), counter, len(block), flags)
    return chaining


def of_tree(data, first_chunk, root):
    """Chunks are the leaves of a tree whose left side is always full: the largest power of two below the whole."""
    if len(data) <= CHUNK:
        return of_chunk(data, first_chunk, root)
    chunks_left = 1 << ((len(data) - 1) // CHUNK).bit_length() - 1
    left = of_tree(data[:chunks_left * CHUNK], first_chunk, 0)
    right = of_tree(data[chunks_left * CHUNK:], first_chunk + chunks_left, 0)
    return compress(START, left + right, 0, BLOCK, PARENT | root)


def blake3(data):
    """The 32 bytes of the hash of `data`."""
    return b"".join(word.to_bytes(4, "little") for word in of_tree(bytes(data), 0, ROOT))
