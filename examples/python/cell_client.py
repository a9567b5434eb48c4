"""A client of a cell in plain Python: the frames of cell_model::frame and MessagePack, by hand.

    with Cell("/run/user/1000/cell/ledger.sock", "Ledger") as ledger:
        account = ledger.call("open", owner="ada")
        for entry in ledger.stream("entries", account=account):
            print(entry)

Nothing but the standard library. One call at a time; a service's own errors are values, as its schema
has them: {"Ok": ..} and {"Err": ..}.
"""

import socket
import struct

HEADER = struct.Struct("<IBBBBQQII")
HELLO, REQUEST, RESPONSE, FAULT, ITEM, END, CREDIT = 0, 1, 3, 4, 5, 6, 8
MORE, REST = 1, 4
MESSAGE_PACK = 2
FRAME_PAYLOAD = 256 << 10
WINDOW = 32


class Fault(Exception):
    """A call that has no answer, with its code."""

    def __init__(self, code, text):
        super().__init__(f"fault {code}: {text}")
        self.code, self.text = code, text


def method_number(name):
    """32 bits of FNV-1a."""
    number = 0x811C9DC5
    for byte in name.encode():
        number = (number ^ byte) * 0x01000193 & 0xFFFFFFFF
    return number


class Cell:
    """A connection to one service of a cell."""

    def __init__(self, path, service, timeout=5.0):
        self.timeout, self.last = timeout, 0
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout + 1)
        self.socket.connect(path)
        name = service.encode()
        hello = b"CELL" + struct.pack("<HHII32sB", 1, 1 << MESSAGE_PACK, 0, 0, bytes(32), len(name)) + name
        self._send(HELLO, 0, 0, 0, hello)
        kind, _, code, payload = self._frame()[:4]
        if kind == FAULT:
            raise Fault(code, payload.decode())
        if kind != HELLO or payload[:4] != b"CELL":
            raise Fault(4, "this is no cell")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def call(self, method, **arguments):
        """The value of a call."""
        number = self._request(method, arguments)
        kind, payload = self._answer(number)
        if kind != RESPONSE:
            raise Fault(4, "a stream where a value should be")
        return unpack(payload)

    def stream(self, method, **arguments):
        """The items of a stream, as they come."""
        number, used = self._request(method, arguments), 0
        while True:
            kind, payload = self._answer(number)
            if kind == END:
                return
            yield unpack(payload)
            used += 1
            if used == WINDOW // 2:
                self._send(CREDIT, number, 0, used, b"")
                used = 0

    def _request(self, method, arguments):
        self.last += 1
        deadline = int(self.timeout * 1_000_000)
        self._send(REQUEST, self.last, deadline, method_number(method), pack(arguments))
        return self.last

    def _answer(self, number):
        """The next message of a call, put together from its frames."""
        whole = b""
        while True:
            kind, found, argument, payload, flags = self._frame()
            if found not in (0, number):
                continue
            if kind == FAULT:
                raise Fault(argument, payload.decode())
            if kind in (RESPONSE, ITEM, END):
                whole += payload
                if not flags & MORE:
                    return kind, whole

    def _send(self, kind, number, deadline, argument, payload):
        pieces = [payload[at : at + FRAME_PAYLOAD] for at in range(0, len(payload), FRAME_PAYLOAD)] or [b""]
        form = MESSAGE_PACK if kind == REQUEST else 0
        for index, piece in enumerate(pieces):
            flags = (MORE if index + 1 < len(pieces) else 0) | (REST if index else 0)
            header = HEADER.pack(len(piece), kind, 0, form, flags, number, deadline, index or argument, 0)
            self.socket.sendall(header + piece)

    def _frame(self):
        length, kind, _, _, flags, number, _, argument, _ = HEADER.unpack(self._read(HEADER.size))
        return kind, number, argument, self._read(length), flags

    def _read(self, length):
        found = b""
        while len(found) < length:
            piece = self.socket.recv(length - len(found))
            if not piece:
                raise Fault(16, "the cell hung up")
            found += piece
        return found


def pack(value):
    """A value as MessagePack."""
    if value is None:
        return b"\xc0"
    if value is True or value is False:
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        if 0 <= value < 128:
            return struct.pack("B", value)
        return struct.pack(">BQ", 0xCF, value) if value >= 0 else struct.pack(">Bq", 0xD3, value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xCB, value)
    if isinstance(value, str):
        text = value.encode()
        return struct.pack(">BI", 0xDB, len(text)) + text
    if isinstance(value, bytes):
        return struct.pack(">BI", 0xC6, len(value)) + value
    if isinstance(value, dict):
        parts = b"".join(pack(key) + pack(inside) for key, inside in value.items())
        return struct.pack(">BI", 0xDF, len(value)) + parts
    return struct.pack(">BI", 0xDD, len(value)) + b"".join(map(pack, value))


def unpack(data):
    """A value from MessagePack, all of it."""
    value, at = _unpack(data, 0)
    if at != len(data):
        raise ValueError("something follows")
    return value


_FIXED = {
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}
_LENGTHS = {
    0xC4: (">B", bytes), 0xC5: (">H", bytes), 0xC6: (">I", bytes),
    0xD9: (">B", str), 0xDA: (">H", str), 0xDB: (">I", str),
    0xDC: (">H", list), 0xDD: (">I", list), 0xDE: (">H", dict), 0xDF: (">I", dict),
}


def _unpack(data, at):
    tag, at = data[at], at + 1
    if tag < 0x80 or tag >= 0xE0:
        return (tag if tag < 0x80 else tag - 0x100), at
    if tag in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[tag], at
    if tag in _FIXED:
        form = _FIXED[tag]
        return struct.unpack_from(form, data, at)[0], at + struct.calcsize(form)
    if tag < 0x90:
        count, sort = tag & 15, dict
    elif tag < 0xA0:
        count, sort = tag & 15, list
    elif tag < 0xC0:
        count, sort = tag & 31, str
    else:
        form, sort = _LENGTHS[tag]
        count, at = struct.unpack_from(form, data, at)[0], at + struct.calcsize(form)
    if sort in (str, bytes):
        part = data[at : at + count]
        return (part.decode() if sort is str else bytes(part)), at + count
    items = []
    for _ in range(count * (2 if sort is dict else 1)):
        item, at = _unpack(data, at)
        items.append(item)
    return (dict(zip(items[::2], items[1::2])) if sort is dict else items), at
