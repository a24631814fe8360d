#!/usr/bin/env python3
"""Joins a shared drawing, draws a spiral in it while everybody watches, and leaves: the protocol in one visit.

    pip install websockets
    python3 spiral.py 'linework://127.0.0.1:4848/plan#SECRET'

It speaks the JSON subprotocol of docs/protocol.md. Whoever has the drawing open sees the pointer move and the line grow.
"""

import argparse
import json
import math
import secrets
import sys
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SUBPROTOCOL = "linework.v1.json"
VERSION = 1
# Every drawing has these two from the start: layer `0` and model space.
LAYER_0, MODEL_SPACE = "1", "2"
# Room between two places in the draw order, so that things can be put between.
ORDER_STEP = 1 << 16


class Refused(Exception):
    """The room said no: to a request, or to the whole visit."""


class Visit:
    """One session in a drawing. Ids, seqs, tokens and request numbers are strings in JSON: they may pass 2^53."""

    def __init__(self, socket, drawing, secret, name):
        self.socket, self.asked = socket, 0
        self.say({"hello": {
            "version": VERSION,
            # A program that comes again would keep this number: it names the installation.
            "client": secrets.token_hex(16),
            "name": name,
            "drawing": drawing,
            "secret": secret,
        }})
        kind, welcome = self.hear()
        if kind != "welcome":
            raise Refused(f"a {kind} came instead of a welcome")
        self.session = welcome["session"]
        self.title = welcome["title"]
        # The last entry that we know of. What we ask for, we ask for as one who has seen everything up to there.
        self.seen = welcome["position"]["seq"]
        # Ids for what we make: nobody else gets them.
        self.ids = iter([int(run["first"]) + more for run in welcome["ids"] for more in range(run["len"])])
        # Now the drawing comes, in pieces of base 64. One who wants to know what is in it joins them and unpacks them;
        # one who only draws may let them pass.
        while welcome["snapshot"]:
            kind, piece = self.hear()
            if kind == "snapshot" and piece["piece"] + 1 == piece["pieces"]:
                break

    def say(self, message):
        self.socket.send(json.dumps(message))

    def hear(self):
        """The next message: its kind and its fields."""
        message = json.loads(self.socket.recv())
        # A message without fields is its kind alone.
        kind, fields = (message, {}) if isinstance(message, str) else next(iter(message.items()))
        if kind == "bye":
            raise Refused(fields["why"])
        if kind == "entries":
            # What happened, our own acts among it. Whoever keeps the drawing applies the ops here.
            self.seen = fields[-1]["seq"]
        return kind, fields

    def ask(self, request):
        """Asks, and waits until it is stored; the seq of the entry that it became, or None if it was so already."""
        self.asked += 1
        # We wait for each answer, so all requests before this one are settled: that is what `floor` says.
        self.say({"ask": {"client_seq": str(self.asked), "floor": str(self.asked - 1), "request": request}})
        while True:
            kind, fields = self.hear()
            if kind == "answer" and fields["client_seq"] == str(self.asked):
                answer = fields["answer"]
                if answer == "nothing":
                    return None
                if "stored" in answer:
                    return answer["stored"]["seq"]
                raise Refused(f"{json.dumps(request)[:100]}: {json.dumps(answer['refused'])}")

    def edit(self, op, under=()):
        """Changes the drawing, holding what `op` touches under these tokens."""
        return self.ask({"edit": {"op": op, "seen": self.seen, "under": list(under)}})

    def show(self, x, y):
        """Where our pointer is: told to the others, and forgotten."""
        self.say({"presence": {"cursor": {"x": x, "y": y}, "tool": "SPIRAL"}})

    def leave(self):
        """Ends the session and all its locks at once; the server closes the connection."""
        self.say("leave")
        try:
            while True:
                self.hear()
        except (ConnectionClosed, Refused):
            pass  # the last word is a bye


def spiral(center, pitch, turns, steps):
    """Points of a spiral from the inside out."""
    for step in range(steps + 1):
        angle = 2 * math.pi * turns * step / steps
        radius = pitch * angle / (2 * math.pi)
        yield center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle)


def polyline(entity, points):
    """A record with all its fields; docs/records.md has every kind."""
    corner = lambda x, y: {"at": {"x": x, "y": y, "z": 0.0}, "bulge": 0.0, "start_width": 0.0, "end_width": 0.0}
    return {"Entity": {
        "id": entity,
        "handle": None,
        "source": None,
        "owner": MODEL_SPACE,
        "order": str(int(entity) * ORDER_STEP),
        "style": {"layer": LAYER_0, "color": {"Index": 1}, "linetype": "ByLayer", "linetype_scale": 1.0,
                  "lineweight": "ByLayer", "visible": True},
        "shape": {"Polyline": {"form": "Light", "vertices": [corner(*point) for point in points], "closed": False,
                               "extrusion": {"x": 0.0, "y": 0.0, "z": 1.0}}},
    }}


def draw(visit, center, pitch, turns):
    """Draws the first stretch of a spiral, takes hold of it, and draws on to its end. The record's id."""
    points = list(spiral(center, pitch, turns, steps=24 * turns))
    entity = str(next(visit.ids))
    grown = 24
    # What is new is its author's from the start, under the entry that made it ...
    visit.edit({"New": [polyline(entity, points[:grown])]})
    # ... until they let it go.
    visit.ask({"unlock": {"ids": [entity]}})
    # Now it is like any other record: whoever wants to change it asks for a lock. The grant's seq is the token.
    token = visit.ask({"lock": {"ids": [entity]}})
    while grown < len(points):
        grown = min(grown + 24, len(points))
        visit.show(*points[grown - 1])
        visit.edit({"Change": [polyline(entity, points[:grown])]}, under=[token])
    visit.ask({"unlock": {"ids": [entity]}})
    return entity


def main():
    parser = argparse.ArgumentParser(description="Draws a spiral in a shared drawing.")
    parser.add_argument("address", help="linework://HOST:PORT/DRAWING#SECRET")
    parser.add_argument("--name", default="Spiral")
    parser.add_argument("--center", type=float, nargs=2, default=(0.0, 0.0), metavar=("X", "Y"))
    parser.add_argument("--pitch", type=float, default=10.0, help="drawing units from turn to turn")
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    try:
        at = urlsplit(arguments.address)
        if at.scheme != "linework" or not at.fragment:
            raise ValueError("an address looks like linework://HOST:PORT/DRAWING#SECRET")
        # The library answers the server's pings; while it does, the server takes us to be there.
        with connect(f"ws://{at.netloc}/ws", subprotocols=[SUBPROTOCOL]) as socket:
            visit = Visit(socket, at.path.lstrip("/"), at.fragment, arguments.name)
            entity = draw(visit, arguments.center, arguments.pitch, arguments.turns)
            visit.leave()
    except (Refused, ValueError, OSError, ConnectionClosed) as error:
        print(f"spiral: {error}", file=sys.stderr)
        return 1
    print(f"drew record {entity} in {visit.title!r} as session {visit.session}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
