#!/usr/bin/env python3
"""Asks a real httpd with mod_jk and writes its answers into the tables beside this file.

    measure.py heads.txt bodies.txt sequences.txt

Every case is sent as raw bytes twice: to a path that mod_jk forwards to a container in miniature
(the `httpd` line says what that container received, or the status the client got) and to a served
file (the `files` line: only statuses and whether the connection stayed open). Everything runs on
loopback ports 21200 to 21202 below a temporary directory.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HTTPD = os.environ.get("HTTPD", "/usr/sbin/apache2")
MODULES = os.environ.get("HTTPD_MODULES", "/usr/lib/apache2/modules")
FILES, MOUNT, AJP = 21200, 21201, 21202
QUIET = 0.35  # seconds without a byte after which nothing more is expected

CONFIG = """
ServerRoot "{dir}"
PidFile "{dir}/httpd.pid"
DefaultRuntimeDir "{dir}"
ServerName files.test
Listen 127.0.0.1:{files}
Listen 127.0.0.1:{mount}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule jk_module {modules}/mod_jk.so
ErrorLog "{dir}/error.log"
LogLevel debug
LogFormat "%>s %X \\"%r\\"" short
CustomLog "{dir}/access.log" short
DocumentRoot "{dir}/htdocs"
StartServers 1
Timeout 20
JkWorkersFile "{dir}/workers.properties"
JkShmFile "{dir}/jk.shm"
JkLogFile "{dir}/jk.log"
JkLogLevel error
JkOptions +ForwardURICompatUnparsed
<Directory "{dir}/htdocs">
  Require all granted
</Directory>
<VirtualHost 127.0.0.1:{mount}>
  ServerName mount.test
  JkMount /* w
</VirtualHost>
{extra}
"""

CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
METHODS = """OPTIONS GET HEAD POST PUT DELETE TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK ACL
REPORT VERSION-CONTROL CHECKIN CHECKOUT UNCHECKOUT SEARCH MKWORKSPACE UPDATE LABEL MERGE
BASELINE-CONTROL MKACTIVITY""".split()
HEADERS = """accept accept-charset accept-encoding accept-language authorization connection
content-type content-length cookie cookie2 host pragma referer user-agent""".split()


def unescape(text):
    """`\\r \\n \\t \\0 \\\\ \\xHH`, and `\\{a*12}` for a run."""
    text = re.sub(r"\\\{(.+?)\*(\d+)\}", lambda m: m[1] * int(m[2]), text)
    out = bytearray()
    i = 0
    while i < len(text):
        if text[i] != "\\":
            out += text[i].encode()
            i += 1
        elif text[i + 1] == "x":
            out.append(int(text[i + 2 : i + 4], 16))
            i += 4
        else:
            out.append({"r": 13, "n": 10, "t": 9, "0": 0, "\\": 92}[text[i + 1]])
            i += 2
    return bytes(out)


def escape(data):
    out = ""
    for b in data:
        if b in (9, 10, 13, 0, 92):
            out += {9: "\\t", 10: "\\n", 13: "\\r", 0: "\\0", 92: "\\\\"}[b]
        elif 32 <= b < 127:
            out += chr(b)
        else:
            out += f"\\x{b:02x}"
    return re.sub(r"([0-9A-Za-z ])\1{39,}", lambda m: f"\\{{{m[1]}*{len(m[0])}}}", out)


class Container:
    """Answers every forwarded request with 200 and remembers what it was asked."""

    def __init__(self):
        self.seen = []
        self.listener = socket.create_server(("127.0.0.1", AJP))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            conn, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def serve(self, conn):
        stream = conn.makefile("rb")
        try:
            while (packet := read_packet(stream)) is not None:
                if packet and packet[0] == 2:
                    self.answer(conn, stream, packet)
        except OSError:
            pass

    def answer(self, conn, stream, packet):
        request = parse_forward(packet)
        self.seen.append(request)
        fields = {name.lower(): value for name, value in request["fields"]}
        length = int(fields[b"content-length"]) if b"content-length" in fields else None
        request["ended"] = False
        while length is None or len(request["content"]) < length:
            if length is None or request["content"]:
                conn.sendall(b"AB\0\x03\x06\x1f\xf8")
            data = read_packet(stream)
            if data is None:
                return
            if len(data) < 2 or not (n := int.from_bytes(data[:2])):
                break
            request["content"] += data[2 : 2 + n]
        request["ended"] = True
        head = b"\x04\0\xc8\0\x02OK\0\0\x01\xa0\x03\0\x012\0"
        chunk = b"\x03\0\x02ok\0"
        for message in (head, chunk, b"\x05\x01"):
            conn.sendall(b"AB" + len(message).to_bytes(2) + message)


def read_packet(stream):
    head = stream.read(4)
    if len(head) < 4:
        return None
    return stream.read(int.from_bytes(head[2:]))


def parse_forward(packet):
    at = 2

    def integer():
        nonlocal at
        at += 2
        return int.from_bytes(packet[at - 2 : at])

    def string():
        nonlocal at
        n = integer()
        if n == 0xFFFF:
            return b""
        at += n + 1
        return packet[at - n - 1 : at - 1]

    protocol, uri, _, _, server = (string() for _ in range(5))
    port = integer()
    at += 1
    fields = []
    for _ in range(integer()):
        code = int.from_bytes(packet[at : at + 2])
        if code >> 8 == 0xA0:
            at += 2
            name = HEADERS[(code & 0xFF) - 1].encode()
        else:
            name = string()
        fields.append((name, string()))
    method = METHODS[packet[1] - 1].encode() if packet[1] != 0xFF else None
    query = None
    while packet[at] != 0xFF:
        code, at = packet[at], at + 1
        if code == 11:
            integer()
        elif code == 10:
            string(), string()
        else:
            value = string()
            query = value if code == 5 else query
            method = value if code == 13 else method
    return dict(method=method, uri=uri, query=query, protocol=protocol, server=server, port=port,
                fields=fields, content=b"")


def exchange(port, data):
    """All bytes that come back, and whether the server closed."""
    conn = socket.create_connection(("127.0.0.1", port))
    conn.settimeout(QUIET)
    received = b""
    try:
        conn.sendall(data)
        while piece := conn.recv(65536):
            received += piece
        return received, True
    except TimeoutError:
        return received, False
    except OSError:
        return received, True
    finally:
        conn.close()


def statuses(received, data):
    """The final statuses in order; bodies are skipped by their length or to the close."""
    found = []
    heads = [m == b"HEAD" for m in re.findall(rb"(?:^|\n)([A-Za-z]+) [^\n]* HTTP/", data)]
    while match := re.match(rb"HTTP/1\.1 (\d+)[^\n]*\n((?:.+\r\n)*)\r\n", received):
        received = received[match.end() :]
        if match[1] == b"100":
            found.append("100")
            continue
        is_head = heads[len(found)] if len(found) < len(heads) else False
        found.append(match[1].decode())
        length = re.search(rb"(?mi)^content-length: (\d+)", match[2])
        if is_head or match[1] in (b"204", b"304"):
            continue
        if length:
            received = received[int(length[1]) :]
        elif re.search(rb"(?mi)^transfer-encoding: chunked", match[2]):
            received = received[received.index(b"0\r\n\r\n") + 5 :]
        else:
            received = b""
    return found + (["raw"] if received else [])


def describe(request, found):
    """The request as the container saw it, in the words of the tables."""
    fields = request["fields"]
    names = [name.lower() for name, _ in fields]
    # mod_jk appends a lower-case `content-length: 0` where there is no content.
    if fields and fields[-1] == (b"content-length", b"0"):
        fields = fields[:-1]
        names.pop()
    framing = "none"
    if b"content-length" in names:
        framing = "length=" + escape(fields[names.index(b"content-length")][1])
    elif b"transfer-encoding" in names:
        framing = "chunked"
    if found.startswith("100"):
        framing += " continue"
    host = escape(request["server"])
    shown = " | ".join(escape(n.lower() + b": " + v) for n, v in fields)
    return (f"{escape(request['method'])} {escape(request['uri'])} "
            f"{escape(request['protocol'])} {framing} host={host}:{request['port']} | {shown}")


def outcome_mount(container, data):
    container.seen.clear()
    received, closed = exchange(MOUNT, data)
    found = statuses(received, data)
    ending = "close" if closed else "keep"
    if not found and not closed and not container.seen:
        return "partial"
    return " ".join(found), ending, list(container.seen)


def head_answer(container, data):
    answer = outcome_mount(container, data)
    if answer == "partial":
        return answer
    found, ending, seen = answer
    if seen and found in ("200", "100 200"):
        return f"{ending} {describe(seen[0], found)}"
    return f"{found} {ending}"


def body_answer(container, data):
    answer = outcome_mount(container, data)
    if answer == "partial" or answer[:2] == ("", "keep"):
        return "partial"
    found, _, seen = answer
    if found == "200" and seen and seen[0]["ended"]:
        return f"whole {escape(seen[0]['content'])}".rstrip()
    # mod_jk has its own words for a client that breaks off; the file shows httpd's.
    return files_answer(data)


def sequence_answer(container, data):
    answer = outcome_mount(container, data)
    if answer == "partial":
        return answer
    found, ending, seen = answer
    return f"{found} {ending} ".lstrip() + " ".join(
        escape(r["method"] + b" " + r["uri"] + b" " + str(len(r["content"])).encode())
        for r in seen if r["ended"])


def files_answer(data):
    received, closed = exchange(FILES, data)
    found = " ".join(statuses(received, data)) or ("nothing" if closed else "partial")
    return f"{found} {'close' if closed else 'keep'}"


def measure(path, container, answer):
    lines = open(path).read().split("\n")
    out = []
    data = None
    for line in lines:
        key, _, rest = line.partition(" ")
        if key in ("httpd", "files"):
            continue
        out.append(line)
        if key == "send":
            data = unescape(rest)
            if os.path.basename(path) == "bodies.txt":
                data = CHUNKED + data
        elif key == "body":
            data += unescape(rest)
        elif key == "want":
            out.append("httpd " + answer(container, data).rstrip())
            out.append("files " + files_answer(data))
    with open(path, "w") as file:
        file.write("\n".join(out))


def main():
    answers = {"heads": head_answer, "bodies": body_answer, "sequences": sequence_answer}
    home = tempfile.mkdtemp(prefix="measure-http-")
    os.makedirs(home + "/htdocs")
    open(home + "/htdocs/index.html", "w").write("ok\n")
    open(home + "/workers.properties", "w").write(
        f"worker.list=w\nworker.w.type=ajp13\nworker.w.host=127.0.0.1\nworker.w.port={AJP}\nworker.w.max_packet_size=65536\n")
    open(home + "/httpd.conf", "w").write(CONFIG.format(
        dir=home, modules=MODULES, files=FILES, mount=MOUNT, extra=os.environ.get("EXTRA", "")))
    container = Container()
    server = subprocess.Popen([HTTPD, "-X", "-f", home + "/httpd.conf"])
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", MOUNT)).close()
                break
            except OSError:
                time.sleep(0.05)
        for path in sys.argv[1:]:
            kind = os.path.basename(path).split(".")[0]
            measure(path, container, answers[kind])
    finally:
        server.terminate()
        server.wait()
        if os.environ.get("KEEP"):
            print(home)
        else:
            shutil.rmtree(home)


if __name__ == "__main__":
    main()
