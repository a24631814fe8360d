"""vectors.py FOLDER: reads every vector's MessagePack with the reader of the examples, and holds it against its JSON."""
import base64
import json
import sys
from pathlib import Path

sys.path.insert(0, "examples/python")
import messagepack


def differs(shown, packed, at):
    """Where and how the two forms of one value are not what docs/protocol.md says of them; None if they are."""
    if isinstance(packed, dict) and isinstance(shown, dict):
        if packed.keys() != shown.keys():
            return f"{at}: {sorted(packed.keys() ^ shown.keys())} are in one only"
        return next(filter(None, (differs(shown[key], packed[key], f"{at}.{key}") for key in packed)), None)
    if isinstance(packed, list) and isinstance(shown, list):
        if len(packed) != len(shown):
            return f"{at}: {len(packed)} and {len(shown)} items"
        return next(filter(None, (differs(*pair, f"{at}[]") for pair in zip(shown, packed))), None)
    if isinstance(packed, bytes) and isinstance(shown, str):
        same = shown in (packed.hex(), base64.b64encode(packed).decode())
    elif type(packed) is int and isinstance(shown, str):
        same = shown == str(packed)
    else:
        same = type(packed) is type(shown) and packed == shown
    return None if same else f"{at}: {shown!r} and {packed!r}"


checked = 0
for path in sorted(Path(sys.argv[1]).glob("*.json")):
    for vector in json.loads(path.read_text(encoding="utf-8")):
        packed = messagepack.read(bytes.fromhex(vector["msgpack"]))
        if difference := differs(vector["json"], packed, f"{path.name}, {vector['name']}"):
            print(difference)
        checked += 1
print(f"checked {checked}")
