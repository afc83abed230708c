#!/usr/bin/env python3
"""A second reader of the sync protocol, written from docs/protocol.md alone, that verifies the test vectors beside it.

Nothing but Python's standard library; Ed25519 is written out below from RFC 8032. Slow, and meant to be read.
Exit code 0: everything holds.
"""

import hashlib
import json
import pathlib
import sys
import uuid

HERE = pathlib.Path(__file__).resolve().parent
FRAME_BYTES, HELLO_BYTES, ENTRY_BYTES, CHANGE_BYTES = 4 << 20, 64 << 10, 267_264, 256 << 10
checks = 0


class Refused(Exception):
    """Bytes that a reader must not take; the code is the first argument."""


def need(condition, code, what=""):
    if not condition:
        raise Refused(code, what)


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        sys.exit(f"does not hold: {what}")


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# ---- Ed25519 (RFC 8032), strict -------------------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a, b):
    """Points as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, d - c, d + c, t + s
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    sum_, power = (0, 1, 1, 0), point
    while number:
        if number & 1:
            sum_ = add(sum_, power)
        power, number = add(power, power), number >> 1
    return sum_


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point_of(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def bytes_of(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
NEUTRAL = (0, 1, 1, 0)


def secret_half(secret):
    wide = hashlib.sha512(secret).digest()
    number = int.from_bytes(wide[:32], "little")
    return (number & (1 << 254) - 8) | 1 << 254, wide[32:]


def public(secret):
    return bytes_of(times(secret_half(secret)[0], BASE))


def challenge_number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


def in_context(context, message):
    return len(context).to_bytes(8, "big") + context + message


def sign(secret, context, message):
    number, rest = secret_half(secret)
    message = in_context(context, message)
    once = challenge_number(rest, message)
    r = bytes_of(times(once, BASE))
    s = (once + challenge_number(r, public(secret), message) * number) % L
    return r + s.to_bytes(32, "little")


def verify(key, context, message, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r, s = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or same(times(8, a), NEUTRAL) or same(times(8, r), NEUTRAL):
        return False
    number = challenge_number(signature[:32], key, in_context(context, message))
    return same(times(s, BASE), add(r, times(number, a)))


# ---- CBOR -----------------------------------------------------------------------------------------------------------

def encode(value):
    def head(major, number):
        if number < 24:
            return bytes([major << 5 | number])
        for more, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
            if number < 1 << 8 * size:
                return bytes([major << 5 | more]) + number.to_bytes(size, "big")
        raise ValueError(number)

    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        data = value.encode()
        return head(3, len(data)) + data
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(map(encode, value))
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(encode(k) + encode(value[k]) for k in sorted(value))
    raise TypeError(value)


class Reader:
    """Reads values one after the other. Anything but the kinds that the text names can only be skipped."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        need(count <= len(self.data) - self.at, "malformed", "cut off")
        self.at += count
        return self.data[self.at - count:self.at]

    def head(self):
        first = self.take(1)[0]
        major, more = first >> 5, first & 31
        need(more < 28, "malformed", "an indefinite length")
        return major, more if more < 24 else int.from_bytes(self.take(1 << more - 24), "big"), more

    def value(self, depth=0):
        need(depth < 32, "malformed", "too deep")
        major, number, more = self.head()
        if major == 0:
            return number
        if major == 1:
            return -1 - number
        if major == 2:
            return self.take(number)
        if major == 3:
            try:
                return self.take(number).decode()
            except UnicodeDecodeError:
                raise Refused("malformed", "not UTF-8")
        if major == 4:
            # Each element takes a byte at least, so nothing is made on the word of a length.
            need(number <= len(self.data) - self.at, "malformed", "more promised than there is")
            return [self.value(depth + 1) for _ in range(number)]
        if major == 5:
            pairs = []
            need(number <= len(self.data) - self.at, "malformed", "more promised than there is")
            for _ in range(number):
                name = self.value(depth + 1)
                pairs.append((name, self.value(depth + 1)))
            return Pairs(pairs)
        if major == 7 and more == 22:
            return None
        return Other(major, number, self.value(depth + 1) if major == 6 else None)


class Pairs(list):
    """A map in the order in which it was written."""


class Other:
    """A value of a kind that this version has no use for."""

    def __init__(self, *what):
        self.what = what


def decode(data):
    reader = Reader(data)
    value = reader.value()
    need(reader.at == len(data), "malformed", "bytes behind the end")
    return value


def array(value, count, more=False):
    need(type(value) is list and (len(value) >= count if more else len(value) == count), "malformed", "another array")
    return value[:count]


def octets(value, count):
    need(type(value) is bytes and len(value) == count, "malformed", f"not {count} bytes")
    return value


def number(value, first=0):
    need(type(value) is int and first <= value < 1 << 64, "malformed", "another number")
    return value


def text(value, limit=None):
    need(type(value) is str, "malformed", "no text")
    return value


# ---- names ----------------------------------------------------------------------------------------------------------

CLASSES = ["standing", "duty", "personnel"]
SPACE = uuid.UUID("5ab47c1e-0d6b-5f0a-9c51-d07b001c2024")


def is_month(value):
    parts = value.split("-")
    digits = all(part.isascii() and part.isdigit() for part in parts)
    return [len(part) for part in parts] == [4, 2] and digits and int(parts[0]) >= 1000 and 1 <= int(parts[1]) <= 12


def volume(value):
    """A volume as what it is sorted by; its text is `name_of` that."""
    site, *rest = text(value).split("/")
    letters = set("abcdefghijklmnopqrstuvwxyz0123456789-")
    need(1 <= len(site) <= 32 and set(site) <= letters, "malformed", "no site")
    if rest == ["standing"]:
        return site, 0, ""
    need(len(rest) == 2 and rest[0] in CLASSES[1:] and is_month(rest[1]), "malformed", "no volume")
    return site, CLASSES.index(rest[0]), rest[1]


def name_of(place):
    return "/".join(part for part in (place[0], CLASSES[place[1]], place[2]) if part)


def home(site, record):
    """The volume that a record's id names, None where there is none."""
    place = int.from_bytes(record[:2], "big")
    kind, months = place >> 12, place & 0xfff
    if kind == 0 and months == 0:
        return site, 0, ""
    if kind in (1, 2) and months > 0:
        return site, kind, f"{1970 + (months - 1) // 12:04}-{(months - 1) % 12 + 1:02}"
    return None


def kind_bytes(kind):
    return uuid.uuid5(SPACE, kind).bytes[:2]


def device_record(site, key):
    name = uuid.uuid5(SPACE, "\x1f".join(["device", site, key.hex()])).bytes
    return uuid.UUID(bytes=b"\0\0" + kind_bytes("device") + name[4:])


def fact_id(device, at_ms, random):
    start = bytearray(max(at_ms, 0).to_bytes(8, "big")[2:] + random)
    start[6], start[8] = start[6] & 0x0f | 0x80, start[8] & 0x3f | 0x80
    return uuid.UUID(bytes=bytes(start) + sha256(device, bytes(start))[:6])


# ---- the log --------------------------------------------------------------------------------------------------------

class Opening:
    def __init__(self, value):
        name, device, nonce = array(value, 3)
        self.volume, self.device, self.nonce = volume(name), octets(device, 32), octets(nonce, 16)
        self.genesis = sha256(b"dutybook/writer/1", name.encode(), device, nonce)
        self.writer = self.genesis[:16]

    def plain(self):
        return [name_of(self.volume), self.device, self.nonce]


def position(value):
    seq, digest = array(value, 2)
    return number(seq), octets(digest, 32)


class Head:
    def __init__(self, value):
        version, opening, at, signature = array(value, 4)
        need(version == 1, "newer_version")
        self.opening, (self.seq, self.hash), self.signature = Opening(opening), position(at), octets(signature, 64)

    def message(self):
        return encode([1, self.opening.plain(), [self.seq, self.hash]])

    def verifies(self):
        return self.seq > 0 and verify(self.opening.device, b"dutybook/head/1", self.message(), self.signature)

    def encoded(self):
        return encode([1, self.opening.plain(), [self.seq, self.hash], self.signature])


def read_head(data):
    need(len(data) <= 512, "malformed")
    head = Head(decode(data))
    need(head.encoded() == data, "malformed", "not canonical")
    return head


class Entry:
    def __init__(self, data):
        need(len(data) <= ENTRY_BYTES, "bad_encoding", "too long")
        try:
            value = decode(data)
            need(type(value) is list and value and type(value[0]) is int, "malformed")
            need(value[0] <= 1, "newer_version")
            version, name, writer, seq, prev, witness, author, recorded, doc, change = array(value, 10)
            wall_ms, boot, monotonic_ms = array(recorded, 3)
            need(type(wall_ms) is int and -(1 << 63) <= wall_ms < 1 << 63, "malformed")
            need(type(change) is bytes, "malformed")
            self.volume, self.writer, self.seq = volume(name), octets(writer, 16), number(seq)
            self.prev, self.witness = octets(prev, 32), witness if witness is None else octets(witness, 32)
            self.author, self.doc, self.change = octets(author, 16), octets(doc, 16), change
            self.recorded = (wall_ms, octets(boot, 16), number(monotonic_ms))
            need(version == 1 and encode(value) == data, "malformed", "not canonical")
        except Refused as refused:
            raise Refused("newer_version" if refused.args[0] == "newer_version" else "bad_encoding", *refused.args[1:])
        need(self.seq > 0, "bad_seq")
        self.data, self.hash = data, sha256(data)

    def carried(self):
        """What stands in the place of the change: opening, entry, signature."""
        version, opening, inner, signature = array(decode(self.change), 4)
        need(version == 1 and encode(decode(self.change)) == self.change, "unproven")
        opening, inner = Opening(opening), Entry(inner)
        need(opening.writer == inner.writer and opening.volume == inner.volume == self.volume, "unproven")
        need((inner.doc, inner.author, inner.recorded) == (self.doc, self.author, self.recorded), "unproven")
        return opening, inner, signature


def read_frontier(pairs):
    need(type(pairs) is Pairs, "malformed", "no map")
    frontier, last = {}, b""
    for writer, at in pairs:
        need(octets(writer, 16) > last, "malformed", "out of order")
        frontier[writer], last = position(at), writer
        need(frontier[writer][0] > 0, "malformed", "number 0")
    return frontier


def encode_frontier(frontier):
    return encode({writer: list(at) for writer, at in frontier.items()})


def book_digest(book):
    parts = [encode(name_of(place)) + sha256(encode_frontier(book[place])) for place in sorted(book) if book[place]]
    return sha256(b"dutybook/book/1", *parts)


# ---- changes --------------------------------------------------------------------------------------------------------

class Bits(Reader):
    """LEB128 in its shortest form."""

    def need_all(self):
        need(self.at == len(self.data), "change_damaged")

    def left(self):
        return len(self.data) - self.at

    def take(self, count):
        need(count <= self.left(), "change_damaged", "cut off")
        return super().take(count)

    def raw(self):
        value, shift, last = 0, 0, 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7f) << shift
            shift += 7
            if not byte & 0x80:
                return value, shift, byte, last
            need(shift < 70, "change_malformed")
            last = byte

    def uleb(self):
        value, shift, byte, _ = self.raw()
        need(value < 1 << 64 and (byte or shift == 7), "change_malformed", "a number")
        return value

    def sleb(self):
        value, shift, byte, last = self.raw()
        if byte & 0x40:
            value -= 1 << shift
        only_sign = byte == 0 and not last & 0x40 or byte == 0x7f and last & 0x40
        need(-(1 << 63) <= value < 1 << 63 and not (shift > 7 and only_sign), "change_malformed", "a number")
        return value

    def sized(self):
        return self.take(self.uleb())


COLUMNS = [0x01, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73, 0x94, 0xa5]


def runs(data, read, limit, code="change_malformed"):
    """(value or None, how often) of a run-length column, at most `limit` rows of it."""
    bits, rows = Bits(data), 0
    while bits.left():
        n = bits.sleb()
        count = abs(n) if n else bits.uleb()
        need(count > 0, "change_malformed")
        rows += count
        need(rows <= limit, code)
        if n > 0:
            yield read(bits), n
        elif n < 0:
            for _ in range(-n):
                yield read(bits), 1
        else:
            yield None, count


def inspect(data):
    """What a receiver holds a change to before it stores it."""
    need(len(data) <= CHANGE_BYTES, "change_too_large")
    bits = Bits(data)
    need(data[:4] == b"\x85\x6f\x4a\x83", "change_malformed")
    checksum = (bits.take(4), bits.take(4))[1]
    chunk_type = bits.take(1)[0]
    need(chunk_type == 1, "change_compressed")
    need(bits.uleb() == bits.left(), "change_damaged")
    digest = sha256(data[8:])
    need(digest[:4] == checksum, "change_damaged")
    count = bits.uleb()
    need(count <= 1000, "change_malformed")
    deps = [bits.take(32) for _ in range(count)]
    need(len(set(deps)) == count, "change_malformed")
    actor, seq, start_op = bits.sized(), bits.uleb(), bits.uleb()
    need(0 < len(actor) <= 64 and 0 < seq < 1 << 32 and start_op > 0, "change_malformed")
    bits.sleb()
    bits.sized().decode()
    count = bits.uleb()
    need(count <= 1000, "change_malformed")
    others = [bits.sized() for _ in range(count)]
    need(others == sorted(set(others)) and actor not in others, "change_malformed")
    lengths, last = [], -1
    for _ in range(bits.uleb()):
        specification, length = bits.uleb(), bits.uleb()
        need(not specification & 8, "change_compressed")
        need(specification in COLUMNS and specification > last and length > 0, "change_malformed")
        lengths.append((specification, length))
        last = specification
    columns = {specification: bits.take(length) for specification, length in lengths}
    bits.need_all()
    ops = 0
    for action, count in runs(columns.get(0x42, b""), Bits.uleb, 5000, "change_too_many_ops"):
        need(action is not None and action <= 7, "change_malformed")
        ops += count
    need(start_op + ops < 1 << 32, "change_malformed")
    values = 0
    for meta, count in runs(columns.get(0x56, b""), Bits.uleb, ops):
        need(meta is not None, "change_malformed")
        values += (meta >> 4) * count
    need(values == len(columns.get(0x57, b"")), "change_malformed")
    predecessors = sum(n * count for n, count in runs(columns.get(0x70, b""), Bits.uleb, ops))
    need(predecessors <= 10_000, "change_too_many_ops")
    names = sum(len(name) * count for spec in (0x15, 0xa5) for name, count in
                runs(columns.get(spec, b""), Bits.sized, ops) if name is not None)
    need(names <= 4 << 20, "change_too_many_ops")
    return digest, deps, ops, seq, start_op


# ---- messages -------------------------------------------------------------------------------------------------------

def read_scope(value):
    classes, since, also = array(value, 3, more=True)
    need(since is None or is_month(text(since)), "malformed")
    need(type(also) is list, "malformed")
    known = []
    for name in also:
        try:
            known.append(volume(name))
        except Refused:
            pass
    return number(classes) & 7, since, sorted(set(known))


def in_scope(scope, place):
    classes, since, also = scope
    return bool(classes & 1 << place[1]) and (not place[2] or since is None or place[2] >= since or place in also)


def read_held(value):
    need(type(value) is list, "malformed")
    pairs = [array(pair, 2, more=True) for pair in value]
    return {volume(name): read_frontier(frontier) for name, frontier in pairs}


def read_message(data, limit=FRAME_BYTES):
    """The type's name and its content; None where the type is not known."""
    need(len(data) <= limit, "frame-too-large")
    reader = Reader(data)
    major, count, _ = reader.head()
    need(major == 4 and count > 0, "malformed")
    kind = number(reader.value())
    if kind > 5:
        return None
    if kind == 0 and count > 1:
        need(reader.value() == 1, "wrong-protocol")
    value = decode(data)
    if kind == 0:
        _, _, site, device, nonce, proof, scope, book = array(value, 8, more=True)
        return "hello", (text(site), octets(device, 32), octets(nonce, 32), octets(proof, 64), read_scope(scope),
                         octets(book, 32))
    if kind == 1:
        _, device, proof, scope, volumes = array(value, 5, more=True)
        held = None if volumes is None else read_held(volumes)
        return "welcome", (octets(device, 32), octets(proof, 64), read_scope(scope), held)
    if kind == 2:
        return "frontiers", read_held(array(value, 2, more=True)[1])
    if kind == 3:
        parts = {}
        listed = array(value, 2, more=True)[1]
        need(type(listed) is list, "malformed")
        for part in listed:
            name, heads, entries = array(part, 3, more=True)
            need(volume(name) not in parts and type(heads) is list and type(entries) is list, "malformed")
            need(all(type(entry) is bytes for entry in entries), "malformed")
            parts[volume(name)] = [Head(head) for head in heads], entries
        need(sum(len(entries) for _, entries in parts.values()) <= 32_768, "malformed")
        need(sum(len(heads) for heads, _ in parts.values()) <= 2_048, "malformed")
        return "entries", parts
    if kind == 4:
        _, through, held, refused = array(value, 4, more=True)
        need(type(refused) is list, "malformed")
        refusals = [array(refusal, 5, more=True) for refusal in refused]
        for name, writer, seq, code, words in refusals:
            volume(name), octets(writer, 16), number(seq), text(code), text(words)
        return "ack", (number(through), read_held(held), refusals)
    code, words = array(value, 3, more=True)[1:]
    return "goodbye", (text(code), text(words))


# ---- a replica ------------------------------------------------------------------------------------------------------

class Replica:
    """Holds what was admitted, by the rules under "What a receiver does with an entry"."""

    def __init__(self, site, devices, refuses=()):
        self.site, self.devices, self.refuses = site, devices, refuses
        self.book, self.entries = {}, {}

    def admit(self, place, heads, entries):
        """Takes whole signed commits. Answers who was refused, as (writer, seq)."""
        frontier, refused = self.book.setdefault(place, {}), []
        by_hash = {}
        for data in entries:
            entry = Entry(data)
            need(entry.volume == place, "wrong_volume")
            by_hash[entry.hash] = entry
        for head in heads:
            writer = head.opening.writer
            need(head.verifies(), "bad_signature")
            need(head.opening.device in self.devices and head.opening.volume == place, "unknown_device")
            held, held_hash = frontier.get(writer, (0, head.opening.genesis))
            chain, at = [], head.hash
            while at != held_hash:
                entry = by_hash.get(at)
                need(entry is not None and entry.writer == writer, "gap")
                chain.append(entry)
                at = entry.prev
            chain.reverse()
            numbers = [entry.seq for entry in chain]
            need(numbers == list(range(held + 1, head.seq + 1)), "broken_chain")
            poison = [entry.seq for entry in chain if str(uuid.UUID(bytes=entry.doc)) in self.refuses]
            for entry in chain:
                need(home(self.site, entry.doc) == place, "misplaced")
                inspect(entry.change)
            if poison:
                refused.append((writer, poison[0]))
                continue
            frontier[writer] = (head.seq, head.hash)
            for entry in chain:
                self.entries[entry.hash] = entry
        return refused


# ---- checking the vectors -------------------------------------------------------------------------------------------

def load(name):
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def refused(what, read, code=None):
    try:
        read()
    except Refused as refusal:
        check(code is None or refusal.args[0] == code, f"{what}: {refusal.args} where {code} was expected")
    else:
        check(False, f"{what} was taken")


def check_log():
    log = load("log.json")
    for pair in log["keys"]:
        check(public(bytes.fromhex(pair["secret"])).hex() == pair["public"], "a public key")
    example = log["signature"]
    key, message = bytes.fromhex(example["key"]), bytes.fromhex(example["message"])
    context, signature = example["context"].encode(), bytes.fromhex(example["signature"])
    check(in_context(context, message).hex() == example["signed"], "what is signed")
    check(verify(key, context, message, signature), "a signature")
    check(sign(bytes.fromhex(log["keys"][0]["secret"]), context, message) == signature, "signing")
    check(not verify(key, b"another", message, signature), "a signature is worth nothing in another context")
    check(not verify(bytes([1]) + bytes(31), context, message, signature), "a key of small order")
    for vector in log["openings"]:
        opening = Opening([vector["volume"], bytes.fromhex(vector["device"]), bytes.fromhex(vector["nonce"])])
        check([opening.genesis.hex(), opening.writer.hex()] == [vector["genesis"], vector["writer"]], "an opening")
    for vector in log["changes"]:
        digest, deps, ops, seq, start_op = inspect(bytes.fromhex(vector["change"]))
        check([digest.hex(), [dep.hex() for dep in deps], ops, seq, start_op] ==
              [vector[name] for name in ("hash", "deps", "ops", "seq", "start_op")], "a change")
    for vector in log["entries"]:
        entry = Entry(bytes.fromhex(vector["entry"]))
        found = dict(
            hash=entry.hash.hex(), volume=name_of(entry.volume), writer=entry.writer.hex(), seq=entry.seq,
            prev=entry.prev.hex(), witness=entry.witness and entry.witness.hex(),
            author=str(uuid.UUID(bytes=entry.author)), wall_ms=entry.recorded[0], boot=entry.recorded[1].hex(),
            monotonic_ms=entry.recorded[2], doc=str(uuid.UUID(bytes=entry.doc)), change=entry.change.hex())
        for name, value in found.items():
            check(value == vector[name], f"{vector['what']}: {name}")
        built = encode([1, vector["volume"], bytes.fromhex(vector["writer"]), vector["seq"],
                        bytes.fromhex(vector["prev"]), entry.witness, entry.author,
                        list(entry.recorded), entry.doc, entry.change])
        check(built.hex() == vector["entry"], f"{vector['what']}: written from its parts")
    first, second, handed_on = (Entry(bytes.fromhex(vector["entry"])) for vector in log["entries"])
    check(first.prev.hex() == log["openings"][0]["genesis"] and second.prev == first.hash, "the chain")
    check(inspect(second.change)[1] == [inspect(first.change)[0]], "the second change builds on the first")
    opening, inner, signature = handed_on.carried()
    vector = log["carried"]
    check([handed_on.change.hex(), inner.data.hex(), signature.hex()] ==
          [vector["carried"], vector["entry"], vector["signature"]], "what is carried")
    check(inner.hash == second.hash, "the inner entry is the second")
    signed = encode([1, opening.plain(), [inner.seq, inner.hash]])
    check(verify(opening.device, b"dutybook/head/1", signed, signature), "the inner device's signature")
    for vector in log["heads"]:
        head = read_head(bytes.fromhex(vector["head"]))
        check(head.message().hex() == vector["message"], "a head's message")
        check(in_context(b"dutybook/head/1", head.message()).hex() == vector["signed"], "what a head signs")
        check(head.verifies() and head.signature.hex() == vector["signature"], "a head's signature")
        check([name_of(head.opening.volume), head.opening.device.hex(), head.opening.nonce.hex(),
               head.opening.genesis.hex(), head.opening.writer.hex(), head.seq, head.hash.hex()] ==
              [vector[name] for name in ("volume", "device", "nonce", "genesis", "writer", "seq", "hash")], "a head")
    check(log["heads"][0]["hash"] == second.hash.hex() and log["heads"][1]["hash"] == handed_on.hash.hex(),
          "heads end at entries")
    for vector in log["frontiers"]:
        data = bytes.fromhex(vector["frontier"])
        frontier = read_frontier(decode(data))
        check(encode_frontier(frontier) == data and sha256(data).hex() == vector["digest"], "a frontier's digest")
        check([[w.hex(), at[0], at[1].hex()] for w, at in frontier.items()] == vector["writers"], "a frontier")
    for vector in log["books"]:
        book = {volume(name): read_frontier(decode(bytes.fromhex(data))) for name, data in vector["volumes"]}
        check(book_digest(book).hex() == vector["digest"], "a book's digest")
    for vector in log["records"]:
        place = home("demo", uuid.UUID(vector["record"]).bytes)
        check(place is not None and name_of(place) == vector["volume"], "a record's home")
    check(uuid.UUID(bytes=first.doc).bytes[2:4] == kind_bytes("work_order"), "a record's kind")
    for vector in log["facts"]:
        fact = uuid.UUID(vector["fact"])
        made = fact_id(bytes.fromhex(vector["device"]), vector["at_ms"], fact.bytes[6:10])
        check(made == fact, "a fact's name is its device's to give")
    check(fact_id(bytes(32), 0, fact.bytes[6:10]) != fact, "and no other's")


def check_conversation(name):
    recorded = load(name)
    site, challenge = recorded["site"], bytes.fromhex(recorded["challenge"])
    sides, keys = {}, {}
    for side in ("dialling", "answering"):
        key = bytes.fromhex(recorded[side]["public"])
        check(public(bytes.fromhex(recorded[side]["secret"])) == key, "a key")
        keys[side] = key
    for side in keys:
        sides[side] = Replica(site, set(keys.values()), recorded[side]["refuses"])
        hold(sides[side], recorded[side]["log"])
        check_held(sides[side], recorded[side]["before"], f"{name}: {side} before")
    other = {"dialling": "answering", "answering": "dialling"}
    hello, known, state, sent, acked = None, {}, "hello", dict.fromkeys(keys, 0), dict.fromkeys(keys, 0)
    receipts = {side: [] for side in keys}
    for at, frame in enumerate(recorded["frames"]):
        side, data = frame["from"], bytes.fromhex(frame["frame"])
        mine, theirs = sides[side], sides[other[side]]
        later = recorded["dialling"]["later"]
        if later["log"] and later["after_frames"] == at:
            hold(sides["dialling"], later["log"])
        kind, said = read_message(data, HELLO_BYTES if at == 0 else FRAME_BYTES)
        check(kind == frame["message"], f"{name}: frame {at} is a {frame['message']}")
        if kind == "hello":
            check(at == 0 and side == "dialling", "hello comes first")
            there, device, nonce, proof, scope, digest = hello = said
            check(there == site and device == keys[side], "who says hello")
            check(verify(device, b"dutybook/hello/1", challenge + keys["answering"], proof), "hello's proof")
            check(digest == book_digest({p: f for p, f in mine.book.items() if in_scope(scope, p)}), "hello's book")
        elif kind == "welcome":
            check(at == 1 and side == "answering", "welcome comes second")
            device, proof, narrowed, held = said
            message = hello[2] + keys["dialling"] + challenge
            check(device == keys[side] and verify(device, b"dutybook/welcome/1", message, proof), "welcome's proof")
            check(narrowed[0] & ~hello[4][0] == 0, "the scope is narrowed")
            here = {p: f for p, f in mine.book.items() if f and in_scope(narrowed, p)}
            equal = book_digest(here) == hello[5]
            check((held is None) == equal, "equal books are not told")
            check(held is None or {p: f for p, f in held.items() if f} == here, "what the answering side holds")
            known[side] = here
            known["dialling"] = dict(here) if equal else None
        elif kind == "frontiers":
            check(known["dialling"] is None and side == "dialling", "frontiers answer a welcome that tells volumes")
            known["dialling"] = {**known["answering"], **said}
            known["dialling"] = {p: f for p, f in known["dialling"].items() if f}
            check(known["dialling"] == {p: f for p, f in mine.book.items() if f}, "what the dialling side holds")
        elif kind == "entries":
            sent[side] += 1
            place_heads, no = {}, []
            for place, (heads, entries) in said.items():
                check(len({head.opening.writer for head in heads}) == len(heads), "one head per writer")
                for entry in map(Entry, entries):
                    check(entry.hash in mine.entries, "only what the sender holds")
                    check(known[other[side]].get(place, {}).get(entry.writer, (0,))[0] < entry.seq, "only what lacks")
                before = dict(theirs.book.get(place, {}))
                no += [(place, writer, seq) for writer, seq in theirs.admit(place, heads, entries)]
                place_heads[place] = {head.opening.writer for head in heads}
            receipts[side].append((place_heads, no))
        elif kind == "ack":
            through, held, refusals = said
            sender = other[side]
            check(acked[sender] <= through <= sent[sender], "an ack for what was sent")
            expected, no = {}, []
            for writers, refused_ in receipts[sender][acked[sender]:through]:
                for place, named in writers.items():
                    now = mine.book.get(place, {})
                    expected.setdefault(place, {}).update({w: now[w] for w in named if w in now})
                no += refused_
            check(held == expected, "an ack tells what is held now")
            check([(volume(n), w, s) for n, w, s, _, _ in refusals] == no, "and what was refused")
            acked[sender] = through
        else:
            check(at == len(recorded["frames"]) - 1, "goodbye is the last word")
            check(said[0] == "shutting-down" and said[1], "a goodbye has a reason")
    check(acked == sent, f"{name}: everything was acknowledged")
    for side in sides:
        check_held(sides[side], recorded[side]["after"], f"{name}: {side} after")


def hold(replica, log):
    """Puts a log as it is kept, in arrival order, into a replica; it was admitted when it came."""
    waiting = {}
    refuses, replica.refuses = replica.refuses, ()
    for entry, head in log:
        data = bytes.fromhex(entry)
        waiting.setdefault(Entry(data).writer, []).append(data)
        if head is not None:
            head = read_head(bytes.fromhex(head))
            replica.admit(head.opening.volume, [head], waiting.pop(head.opening.writer))
    check(not waiting, "a log ends with a head for every writer")
    replica.refuses = refuses


def check_held(replica, vector, what):
    book = {volume(name): read_frontier(decode(bytes.fromhex(data))) for name, data in vector["frontiers"]}
    check({place: frontier for place, frontier in replica.book.items() if frontier} == book, what)
    check(book_digest(book).hex() == vector["book"], f"{what}: digest")


def read_bundle(data):
    magic = b"dutybook bundle 1\n"
    need(data[:18] == magic, "no bundle")
    at, head, frames, entries, batches = 18, None, 0, 0, []
    while True:
        need(len(data) - at >= 36, "cut off")
        length, digest = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 36]
        frame = data[at + 36:at + 36 + length]
        need(length <= FRAME_BYTES and len(frame) == length and sha256(frame) == digest, "damaged")
        at += 36 + length
        value = decode(frame)
        if head is None:
            kind, site, device, label, written_ms, held = array(value, 6, more=True)
            need(kind == 64, "damaged")
            head = text(site), octets(device, 32), text(label), written_ms, read_held(held)
        elif value[0] == 65:
            need(value[1:3] == [frames, entries], "damaged")
            return head, frames, entries, batches
        else:
            message = read_message(frame)
            if message is not None:
                need(message[0] == "entries", "damaged")
                frames += 1
                entries += sum(len(part[1]) for part in message[1].values())
                batches.append(message[1])


def check_bundle():
    vector = load("bundle.json")
    for name in ("bundle", "with_an_unknown_frame"):
        data = bytes.fromhex(vector[name])
        (site, device, label, written_ms, held), frames, entries, batches = read_bundle(data)
        check([site, device.hex(), label, written_ms, frames, entries] ==
              [vector[n] for n in ("site", "device", "label", "written_ms", "frames", "entries")], "a bundle's words")
        replica = Replica(site, {device})
        for batch in batches:
            for place, (heads, listed) in batch.items():
                check(replica.admit(place, heads, listed) == [], "all of it is taken")
        check_held(replica, vector["held"], "a bundle")
        check({p: f for p, f in held.items() if f} == {p: f for p, f in replica.book.items() if f}, "as it says")
        for cut in range(0, len(data), 97):
            refused("a bundle that is cut off", lambda: read_bundle(data[:cut]))


def check_enrolment():
    vector = load("enrolment.json")
    asking, answer = vector["request"], vector["answer"]
    letters = "".join(c for c in asking["token"] if c.isascii() and c.isalnum()).upper()
    check(sha256(b"dutybook/token/1", letters.encode()).hex() == vector["token_hash"], "a token's hash")
    key = bytes.fromhex(asking["device_key"])
    check(str(device_record(answer["site"], key)) == answer["device_id"], "a device's record")
    check(len(bytes.fromhex(answer["server_key"])) == 32, "the server's key")
    check(answer["role"] in ("tablet", "desk", "admin") and answer["prefix"], "a role and a prefix")
    check(set(vector["refused"]["answer"]) == {"code", "message"}, "a refusal")


def check_refused():
    vectors = load("refused.json")
    for vector in vectors["entries"]:
        refused(f"entry: {vector['what']}", lambda: Entry(bytes.fromhex(vector["bytes"])))
    for vector in vectors["heads"]:
        def head():
            need(read_head(bytes.fromhex(vector["bytes"])).verifies(), "bad_signature")
        refused(f"head: {vector['what']}", head)
    for vector in vectors["frontiers"]:
        refused(f"frontier: {vector['what']}", lambda: read_frontier(decode(bytes.fromhex(vector["bytes"]))))
    for vector in vectors["changes"]:
        refused(f"change: {vector['what']}", lambda: inspect(bytes.fromhex(vector["bytes"])), vector["code"])
    for vector in vectors["frames"]:
        def frame():
            message = read_message(bytes.fromhex(vector["bytes"]), HELLO_BYTES)
            need(message is None or message[0] in ("hello", "goodbye"), "malformed", "before the hello")
        refused(f"frame: {vector['what']}", frame, vector["code"])
    for vector in vectors["skipped"]:
        message = read_message(bytes.fromhex(vector["bytes"]), HELLO_BYTES)
        check(message is None or message[1][0] == "moved-away", f"skipped: {vector['what']}")


if __name__ == "__main__":
    check_log()
    check_conversation("conversation.json")
    check_conversation("reconnect.json")
    check_bundle()
    check_enrolment()
    check_refused()
    print(f"{checks} checks, all hold")
