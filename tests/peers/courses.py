"""courses.py URL COURSES: goes through each course with the library `websockets`, and says how it went."""
import json
import sys

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

DEADLINE = 20


def kind_of(message):
    """What a message is called, in either encoding."""
    if isinstance(message, str):
        message = json.loads(message)
        return message if isinstance(message, str) else next(iter(message))
    start = 1 if message[0] == 0x81 else 0
    return message[start + 1:start + 1 + (message[start] & 0x1F)].decode()


def hear_end(socket):
    """The code that the connection is closed with, and the last words."""
    why = ""
    try:
        while True:
            message = socket.recv(timeout=DEADLINE)
            if kind_of(message) == "bye":
                why = json.loads(message)["bye"]["why"]
    except ConnectionClosed as closed:
        return (closed.rcvd.code if closed.rcvd else 1006), why


def go(socket, step, *of):
    if step == "say":
        socket.send(of[0])
    elif step == "fragments":
        socket.send(iter(of[0]))
    elif step == "binary":
        socket.send(bytes.fromhex(of[0]))
    elif step == "ping":
        assert socket.ping(of[0]).wait(DEADLINE), "no pong came"
    elif step == "hear":
        while kind_of(message := socket.recv(timeout=DEADLINE)) != of[0]:
            assert kind_of(message) != "bye", message
    elif step == "close":
        socket.close(of[0])
        assert (socket.close_code, socket.protocol.close_rcvd.code) == (of[0], of[0]), socket.protocol.close_rcvd
    elif step == "closed":
        code, why = hear_end(socket)
        assert code == of[0] and of[1] in why, f"{code} {why}"
    else:
        raise ValueError(step)


for course in json.load(open(sys.argv[2], encoding="utf-8")):
    try:
        with connect(sys.argv[1], subprotocols=[course["subprotocol"]]) as socket:
            assert socket.subprotocol == course["subprotocol"]
            assert not socket.protocol.extensions, "the server compresses"
            for step in course["steps"]:
                go(socket, *step)
        print(f"{course['name']}: ok")
    except Exception as error:
        print(f"{course['name']}: {type(error).__name__} {error}")
