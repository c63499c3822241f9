#!/usr/bin/env python3
"""Asks a real httpd with mod_jk where each path of the tables beside this file goes.

    measure.py [FILE...]

Prints what differs from the tables and exits with 1 if anything does. The workers lead nowhere; which
one was chosen is read from the access log. Listens on loopback port 21300 below a temporary
directory.
"""

import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

HTTPD = os.environ.get("HTTPD", "/usr/sbin/apache2")
MODULES = os.environ.get("HTTPD_MODULES", "/usr/lib/apache2/modules")
PORT = 21300

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
LoadModule jk_module {modules}/mod_jk.so
ErrorLog "{dir}/error.log"
LogFormat "%>s %{{JK_WORKER_NAME}}n" worker
CustomLog "{dir}/access.log" worker
DocumentRoot "{dir}/htdocs"
StartServers 1
LimitRequestLine 16000
JkWorkersFile "{dir}/workers.properties"
JkShmFile "{dir}/jk.shm"
JkLogFile "{dir}/jk.log"
JkLogLevel error
JkMountFile "{dir}/rules"
{extra}
"""


def cases(path):
    found, case, rules = [], None, True
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("== "):
            case, rules = {"title": line[3:], "rules": [], "paths": []}, True
            found.append(case)
        elif line == "----":
            rules = False
        elif case and rules and line:
            case["rules"].append(line)
        elif case and " -> " in line:
            case["paths"].append((f"{path.name}:{number}", *line.rsplit(" -> ", 1)))
    return found


def run(case, directory):
    (directory / "htdocs").mkdir()
    rules, workers, extra = [], [], []
    for line in case["rules"]:
        if line.startswith("Jk"):
            extra.append(line)
        elif line.startswith("worker."):
            workers.append(line)
        elif line == "reject unsafe":
            extra.append("JkOptions +RejectUnsafeURI")
        else:
            rules.append(line)
    names = ["w", "w1", "w2", "w3", "w4", "w5", "lb"]
    workers.append("worker.list=" + ",".join(names))
    workers += [f"worker.{name}.retries=1\nworker.{name}.port=1" for name in names]
    (directory / "rules").write_text("\n".join(rules) + "\n")
    (directory / "workers.properties").write_text("\n".join(workers) + "\n")
    config = CONFIG.format(dir=directory, port=PORT, modules=MODULES, extra="\n".join(extra))
    (directory / "httpd.conf").write_text(config)
    server = subprocess.Popen([HTTPD, "-X", "-f", directory / "httpd.conf"])
    try:
        wait_for_port()
        return [problem for path in case["paths"] if (problem := check(path, directory))]
    finally:
        server.terminate()
        server.wait()


def wait_for_port():
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", PORT)).close()
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("httpd did not start")


def check(expectation, directory):
    place, path, expected = expectation
    if not path.startswith("/") and not path.startswith("path:"):
        return None  # no client can send it
    length = re.fullmatch(r"path:(\d+)", path)
    path = "/" + "x" * (int(length[1]) - 1) if length else path
    log = directory / "access.log"
    before = log.stat().st_size if log.exists() else 0
    with socket.create_connection(("127.0.0.1", PORT), timeout=10) as client:
        target = urllib.parse.quote(path, safe="/;?*=" if "?" not in path else "/;*=")
        client.sendall(f"GET {target} HTTP/1.0\r\n\r\n".encode())
        while client.recv(4096):
            pass
    for _ in range(100):
        line = log.read_text()[before:]
        if line.endswith("\n"):
            break
        time.sleep(0.01)
    status, worker = line.split()
    got = "400" if status == "400" else "none" if worker == "-" else worker
    return None if got == expected else f"{place}: {path[:60]} -> {got}, not {expected}"


def main():
    here = pathlib.Path(__file__).parent
    files = [pathlib.Path(name) for name in sys.argv[1:]] or sorted(here.glob("*.txt"))
    problems, count = [], 0
    for path in files:
        for case in cases(path):
            count += len(case["paths"])
            with tempfile.TemporaryDirectory() as directory:
                problems += run(case, pathlib.Path(directory))
    print(*problems, f"{count} paths, {len(problems)} differ", sep="\n")
    return bool(problems)


sys.exit(main())
