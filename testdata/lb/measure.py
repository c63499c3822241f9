#!/usr/bin/env python3
"""Plays the scripts beside this file on a real httpd with mod_jk, as far as they can be.

    measure.py [FILE...]

Prints what differs from the scripts and exits with 1 if anything does. Steps that need a hand on
mod_jk's insides (a clock, a full pool, a request held in the middle) make a case impossible to
measure; such cases, and those marked COMPAT, are skipped and counted. Sleeps are compared as the
least time a request took. Connections that a backend refuses cannot be seen, so those tries are
left out of the comparison. Listens on loopback ports 21310 to 21329 below a temporary directory.
"""

import contextlib
import os
import pathlib
import re
import shlex
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HTTPD = os.environ.get("HTTPD", "/usr/sbin/apache2")
MODULES = os.environ.get("HTTPD_MODULES", "/usr/lib/apache2/modules")
PORT, FIRST_BACKEND = 21310, 21311

CONFIG = """
ServerRoot "{dir}"
PidFile "{dir}/httpd.pid"
DefaultRuntimeDir "{dir}"
ServerName test
User daemon
Group daemon
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule setenvif_module {modules}/mod_setenvif.so
LoadModule jk_module {modules}/mod_jk.so
ErrorLog "{dir}/error.log"
LogFormat "%{{JK_LB_FIRST_NAME}}n %{{JK_LB_LAST_NAME}}n" notes
CustomLog "{dir}/access.log" notes
DocumentRoot "{dir}/htdocs"
StartServers 1
LimitRequestFieldSize 16000
SetEnvIf X-Force (.+) JK_ROUTE=$1
SetEnvIf X-TLS 1 HTTPS=on
JkWorkersFile "{dir}/workers.properties"
JkShmFile "{dir}/jk.shm"
JkLogFile "{dir}/jk.log"
JkLogLevel error
JkMount /status status
{mounts}
"""

CHECKS = {"state": "state", "load": "lbvalue", "errors": "errors", "timeouts": "reply_timeouts",
          "sessions": "sessions", "mult": "lbmult", "used": "elected"}
LB_PARAMETERS = {"retries": "vlr", "method": "vlm", "sticky_session": "vls",
                 "sticky_session_force": "vlf", "recover_time": "vlt"}
MEMBER_PARAMETERS = {"activation": "vwa", "lbfactor": "vwf", "route": "vwn", "redirect": "vwr",
                     "domain": "vwc", "distance": "vwd", "busy_limit": "vabl"}
BEHAVIOURS = {"ok", "status", "refuse", "close", "bad-magic", "unknown-message", "hang"}
EXTENSIONS = {"stateless": "stateless=1", "sticky_ignore": "sticky_ignore=1",
              "set_session_cookie": "set_session_cookie=1"}
REPLY_TIMEOUT = 0.2


class Skip(Exception):
    """The case cannot be measured."""


class Differs(Exception):
    """mod_jk does something else."""


def cases(path):
    found, steps = [], False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split(" # ")[0].rstrip()
        if line.startswith("== "):
            found.append({"title": line[3:], "setup": [], "steps": []})
            steps = False
        elif line == "----":
            steps = True
        elif found and line:
            step = (f"{path.name}:{number}", line)
            found[-1]["steps" if steps else "setup"].append(step if steps else line)
    return found


class Backend(threading.Thread):
    """A container that does as it is told and tells what it saw."""

    def __init__(self, name, port, seen):
        super().__init__(daemon=True)
        self.name_, self.port, self.seen = name, port, seen
        self.behaviours, self.listener, self.over = ["ok"], None, False
        self.connections = []
        self.listen()
        self.start()

    def listen(self):
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=16)
        self.listener.settimeout(0.02)

    def behave(self, behaviours):
        self.behaviours = behaviours
        refuse = behaviours[0] == "refuse"
        if refuse and self.listener:
            self.listener, old = None, self.listener
            old.shutdown(socket.SHUT_RDWR)
            old.close()
            for connection in self.connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self.connections.clear()
            time.sleep(0.03)  # until nobody waits for them any more
        elif not refuse and not self.listener:
            self.listen()

    def run(self):
        while not self.over:
            listener = self.listener
            try:
                connection = listener.accept()[0]
            except (OSError, AttributeError):
                time.sleep(0.01)
                continue
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            connection.settimeout(10)
            try:
                while self.exchange(connection):
                    pass
            except OSError:
                pass

    def exchange(self, connection):
        head = receive(connection, 4)
        if len(head) < 4:
            return False
        packet = receive(connection, struct.unpack(">H", head[2:])[0])
        if packet[0] != 2:
            return True
        if packet[1] == 4:  # POST: its body follows at once
            body = receive(connection, 4)
            receive(connection, struct.unpack(">H", body[2:])[0])
        self.seen.append((self.name_, attributes(packet)))
        behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
        word, _, argument = behaviour.partition("/")
        if word == "bad-magic":
            connection.sendall(b"XX\x00\x02\x05\x01")
            receive(connection, 1)
        elif word == "unknown-message":
            connection.sendall(b"AB\x00\x01\x63")
            receive(connection, 1)
        elif word == "hang":
            receive(connection, 1)
        elif word in ("ok", "status"):
            connection.sendall(response(int(argument) if word == "status" else 200))
            return True
        return False


def receive(connection, count):
    data = b""
    while len(data) < count and (more := connection.recv(count - len(data))):
        data += more
    return data


def response(status):
    headers = struct.pack(">BH", 4, status) + b"\x00\x02OK\x00" + struct.pack(">H", 0)
    return b"AB" + struct.pack(">H", len(headers)) + headers + b"AB\x00\x02\x05\x01"


def attributes(packet):
    """The route (attribute 6) and the activation, found by their surroundings."""
    route = re.search(rb"\x06\x00(.)([ -~]+?)\x00(?=[\x07-\x0d\xff])", packet, re.S)
    route = route[2] if route and len(route[2]) == route[1][0] else b"none"
    activation = re.search(rb"JK_LB_ACTIVATION\x00\x00\x03(...)", packet)
    return route.decode(), activation[1].decode() if activation else "none"


class Site:
    """One case under way."""

    def __init__(self, case, directory):
        self.case, self.dir = case, directory
        self.seen, self.members, self.refusing = [], {}, set()
        self.mounts, self.last = {}, None
        self.read_setup()
        self.plan_mounts()
        self.write_config()
        self.backends = {
            name: Backend(name, port, self.seen) for name, port in self.members.items()
        }

    def read_setup(self):
        lines = ["worker.list=lb,status", "worker.lb.type=lb", "worker.status.type=status"]
        hangs = any("is hang" in step for _, step in self.case["steps"])
        for line in self.case["setup"]:
            word, *rest = line.split()
            if word == "maintain":
                raise Skip
            name = rest.pop(0) if word == "member" else "lb"
            settings = dict(pair.split("=", 1) for pair in rest)
            if word == "member":
                self.members[name] = FIRST_BACKEND + len(self.members)
                settings.setdefault("port", self.members[name])
                settings.update(host="127.0.0.1", connection_acquire_timeout=200)
                if hangs:
                    settings["reply_timeout"] = int(REPLY_TIMEOUT * 1000)
            lines += [f"worker.{name}.{key}={value}" for key, value in settings.items()]
        lines.append("worker.lb.balance_workers=" + ",".join(self.members))
        lines.append("worker.list=" + ",".join(self.members))
        (self.dir / "workers.properties").write_text("\n".join(lines) + "\n")

    def plan_mounts(self):
        """Rule extensions belong to rules: each combination gets a prefix of its own."""
        for _, step in self.case["steps"]:
            words = shlex.split(step.split(" -> ")[0])
            if words[0] in ("each", "request", "direct"):
                self.prefix(words)

    def prefix(self, words):
        direct = words[0] == "direct"
        rule = [words[1] if direct else "lb"]
        for word in words[2 if direct else 1:]:
            key, _, value = word.partition("=")
            if key in EXTENSIONS:
                rule.append(EXTENSIONS[key])
            elif key in ("active", "disabled", "stopped", "fail_on_status", "session_cookie"):
                rule.append(f"{key}={value}")
            elif key == "session_path":
                rule.append(f"session_path=;{value}")
        return self.mounts.setdefault(";".join(rule), f"/m{len(self.mounts)}")

    def write_config(self):
        (self.dir / "htdocs").mkdir()
        mounts = "\n".join(f'JkMount {prefix}/* "{rule}"' for rule, prefix in self.mounts.items())
        config = CONFIG.format(dir=self.dir, port=PORT, modules=MODULES, mounts=mounts)
        (self.dir / "httpd.conf").write_text(config)

    def step(self, line):
        action, _, expected = line.partition(" -> ")
        words = shlex.split(action)
        if words[0] == "each":
            for name in expected.split():
                self.request(words, f"{name} 200")
        elif words[0] in ("request", "direct"):
            self.request(words, expected)
        elif words[0] in CHECKS:
            self.check_members(CHECKS[words[0]], words[1:])
        elif words[0] in ("route", "activation"):
            self.same(self.last["seen"][-1][1][words[0] == "activation"], words[1])
        elif words[0] == "cookies":
            self.same(self.last["cookies"], words[1:])
        elif words[0] == "notes":
            self.same((self.dir / "access.log").read_text().split("\n")[self.last["line"]],
                      " ".join(words[1:]))
        elif words[0] == "recover":
            self.same("ok" if self.status(f"cmd=recover&w=lb&sw={words[1]}") else "refused", expected)
        elif words[0] == "reset":
            self.status("cmd=reset&w=lb" + (f"&sw={words[1]}" if words[1:] else ""))
        elif words[0] == "update":
            self.update(*words[1:])
        elif words[1:2] == ["is"]:
            self.behave(words[0], " ".join(words[2:]).split(", "))
        elif words[0] != "preview":
            raise Skip

    def behave(self, name, behaviours):
        if any(word.startswith("ok/") or word.partition("/")[0] not in BEHAVIOURS for word in behaviours):
            raise Skip
        self.refusing -= {name}
        self.refusing |= {name} if behaviours == ["refuse"] else set()
        self.backends[name].behave(behaviours)

    def update(self, name, change):
        key, _, value = change.partition("=")
        if name == "lb":
            self.status(f"cmd=update&w=lb&{LB_PARAMETERS[key]}={value}")
        else:
            self.status(f"cmd=update&w=lb&sw={name}&{MEMBER_PARAMETERS[key]}={value}")

    def request(self, words, expected):
        *tries, status = expected.split()
        if any("(busy)" in word or "(no-slot)" in word for word in tries):
            raise Skip
        method, path, fields = "GET", "/x", []
        for word in words[2 if words[0] == "direct" else 1:]:
            key, _, value = word.partition("=")
            if key == "id":
                fields.append(f"Cookie: JSESSIONID={value}")
            elif key == "cookie":
                fields.append(f"Cookie: {value}")
            elif key == "uri":
                path = value
            elif key == "force":
                fields.append(f"X-Force: {value}")
            elif key == "method":
                method = value
            elif key == "tls":
                fields.append("X-TLS: 1")
            elif key == "too-large":
                fields.append("X-Large: " + "x" * 9000)
        body = "Content-Length: 3\r\n\r\nabc" if method == "POST" else "\r\n"
        self.seen.clear()
        start = time.monotonic()
        answer = ask(f"{method} {self.prefix(words)}{path}", fields, body)
        took = time.monotonic() - start
        self.last = {"seen": list(self.seen), "cookies": answer["cookies"]}
        self.last["line"] = self.lines_of_log() - 1
        wanted = [word for word in tries if "~" not in word and "(" not in word]
        visible = [name for name in wanted if name not in self.refusing]
        self.same([name for name, _ in self.last["seen"]] + [answer["status"]], visible + [status])
        pauses = sum(int(word[1:]) for word in tries if word.startswith("~")) / 1000
        pauses += sum(REPLY_TIMEOUT for name in wanted if self.backends[name].behaviours == ["hang"])
        if took < pauses * 0.99:
            raise Differs(f"took {took:.3f} s, not at least {pauses:.3f} s")

    def lines_of_log(self):
        log = self.dir / "access.log"
        self.count = getattr(self, "count", 0) + 1
        for _ in range(200):
            if log.exists() and log.read_text().count("\n") >= self.count:
                break
            time.sleep(0.005)
        return self.count

    def check_members(self, attribute, expected):
        self.properties()
        for pair in expected:
            name, _, value = pair.partition("=")
            self.same(f"{name}={self.shown[f'worker.{name}.{attribute}']}", f"{name}={value}")

    def properties(self):
        text = ask("GET /status?cmd=show&w=lb&mime=prop&opt=2", [], "\r\n")["body"]
        self.lines_of_log()
        self.shown = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)

    def status(self, query):
        text = ask(f"GET /status?{query}&mime=prop", [], "\r\n")["body"]
        self.lines_of_log()
        return "result.type=OK" in text

    def same(self, got, expected):
        if got != expected:
            raise Differs(f"mod_jk: {got}, script: {expected}")

    def play(self):
        server = subprocess.Popen([HTTPD, "-X", "-f", self.dir / "httpd.conf"])
        try:
            wait_for_port()
            for place, line in self.case["steps"]:
                try:
                    self.step(line)
                except Differs as differs:
                    return f"{place} ({self.case['title']}): {line}\n    {differs}"
            return None
        finally:
            server.terminate()
            server.wait()
            for backend in self.backends.values():
                backend.over = True
                backend.behave(["refuse"])


def ask(request, fields, body):
    with socket.create_connection(("127.0.0.1", PORT), timeout=20) as client:
        head = "".join(f"{field}\r\n" for field in fields)
        client.sendall(f"{request} HTTP/1.0\r\n{head}{body}".encode())
        answer = b""
        while more := client.recv(65536):
            answer += more
    head, _, text = answer.decode("latin-1").partition("\r\n\r\n")
    cookies = re.findall(r"^Set-Cookie: (.*?)\r?$", head, re.M)
    return {"status": head.split()[1], "cookies": cookies, "body": text}


def wait_for_port():
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", PORT)).close()
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("httpd did not start")


def main():
    here = pathlib.Path(__file__).parent
    files = [pathlib.Path(name) for name in sys.argv[1:]] or sorted(here.glob("*.txt"))
    problems, played, skipped = [], 0, []
    for case in (case for path in files for case in cases(path)):
        try:
            if "COMPAT" in case["title"]:
                raise Skip
            with tempfile.TemporaryDirectory() as directory:
                problem = Site(case, pathlib.Path(directory)).play()
            played += 1
            problems += [problem] if problem else []
            if problem:
                print(problem, flush=True)
        except Skip:
            skipped.append(case["title"])
    print(f"{played} cases played, {len(problems)} differ; not measured:")
    print(*(f"    {title}" for title in skipped), sep="\n")
    return bool(problems)


sys.exit(main())
