#!/usr/bin/env python3
"""Makes first-slice.tar.gz: a backup by the first slice, and what its server answered before.

    make.py BINARY

BINARY is `ringback` as it was built at commit 5f5d974 (target/debug/ringback there). The story
`upgrade` reads the archive with the present binary. It is made once: a later binary cannot make
it again. Keys that nothing was sealed with are destroyed before the backup, because random bytes
do not pack.
"""

import base64
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).parent
# The one that every story starts with.
FIRST_KEY = "rb_" + base64.urlsafe_b64encode(
    bytes(n * 7 + 3 & 0xFF for n in range(32))
).decode().rstrip("=")
KEEPER = "keeper@example.org"
FORGOTTEN = "forgotten@example.org"
KEY_BYTES = 32
SLOTS = 4096
# More than the story seals.
SLOTS_KEPT = 64


class Client:
    def __init__(self, base, secret):
        self.base, self.secret = base, secret

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method)
        request.add_header("Authorization", "Bearer " + self.secret)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request) as answer:
                text = answer.read()
        except urllib.error.HTTPError as problem:
            raise SystemExit(f"{method} {path}: {problem.read().decode()}")
        return json.loads(text) if text else None

    def get(self, path):
        return self.ask("GET", path)

    def put(self, path, body):
        return self.ask("PUT", path, body)

    def post(self, path, body):
        return self.ask("POST", path, body)


class Server:
    """A server of the old binary; its address is in a file while it is ready."""

    def __init__(self, binary, home):
        self.data = home / "data"
        self.env = dict(
            os.environ,
            RINGBACK_FIRST_KEY=FIRST_KEY,
            RINGBACK_STORAGE__BALLAST_MIB="0",
            RINGBACK_JOURNAL__SNAPSHOT_RECORDS="40",
            RINGBACK_JOURNAL__SNAPSHOT_EVERY_S="1",
        )
        self.binary = binary
        self.process = subprocess.Popen(
            [binary, "serve", "--end-with-parent", "--data", self.data, "--listen", "127.0.0.1:0"],
            env=self.env,
            stdout=open(home / "server.log", "w"),
            stderr=subprocess.STDOUT,
        )
        address = self.data / "address"
        until(address.exists, "the server is ready")
        self.base = "http://" + address.read_text().strip()

    def kill(self):
        """Without a last snapshot, so that the journal goes on after the newest."""
        self.process.kill()
        self.process.wait(60)

    def run(self, *arguments):
        subprocess.run([self.binary, *arguments], env=self.env, check=True)


def until(holds, what):
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.01)
    raise SystemExit("this never came true: " + what)


def found(admin):
    """The centre: queues, people, keys. Gives the secret of each key."""
    settings = {"open_keys": ["matter"], "offer_ttl_ms": 60_000, "cool_down_ms": 150}
    admin.put("/v1/settings", settings)
    admin.put("/v1/queues/inbox", {})
    admin.put("/v1/virtual-queues/english", {})
    secrets = {}
    for name, skill in [("anna", 3), ("ben", 1)]:
        body = {"skills": {"English": skill}, "capacity": {"chat": 3, "email": 2}}
        admin.put(f"/v1/agents/{name}", body)
        key = {"name": f"desk-{name}", "role": "agent", "agent": name}
        secrets[name] = admin.post("/v1/keys", key)["secret"]
    secrets["crm"] = admin.post("/v1/keys", {"name": "crm", "role": "integrator"})["secret"]
    secrets["gone"] = admin.post("/v1/keys", {"name": "gone", "role": "auditor"})["secret"]
    admin.ask("DELETE", "/v1/keys/gone")
    return secrets


def submit(crm, number, contact, route):
    body = {
        "queue": "inbox",
        "medium": ["chat", "email"][number % 2],
        "contact": contact,
        "user_data": {"name": f"secret name {number}", "matter": f"matter {number}"},
    }
    if route:
        body["route"] = {"virtual_queue": "english", "target": "English>=2"}
    return crm.post("/v1/interactions", body)["interaction"]


def take(anna):
    """The next offer, accepted."""
    until(lambda: anna.get("/v1/agents/me")["offers"], "an offer")
    offer = anna.get("/v1/agents/me")["offers"][0]
    anna.post(f"/v1/offers/{offer['id']}/accept", {})
    return offer["interaction"]


def live(admin, secrets):
    """One completed, one withdrawn, one of a person who was erased, one handled, some waiting."""
    crm, anna = Client(admin.base, secrets["crm"]), Client(admin.base, secrets["anna"])
    story = {"erased": submit(crm, 1, FORGOTTEN, False)}
    story["completed"] = submit(crm, 2, KEEPER, True)
    anna.post("/v1/agents/me/login", {})
    anna.post("/v1/agents/me/ready", {})
    assert take(anna) == story["completed"]
    anna.post(f"/v1/interactions/{story['completed']}/complete", {"reason": "solved"})
    story["withdrawn"] = submit(crm, 3, KEEPER, False)
    stop = {"cause": "cancelled", "reason": "duplicate"}
    crm.post(f"/v1/interactions/{story['withdrawn']}/stop", stop)
    admin.post("/v1/contacts/erase", {"contact": FORGOTTEN})
    story["handled"] = submit(crm, 4, KEEPER, True)
    assert take(anna) == story["handled"]
    story["waiting"] = [submit(crm, number, KEEPER, number % 2 == 0) for number in range(5, 11)]
    return story


def picture(admin, story, secrets):
    """What the old server shows of it."""
    shown = {}
    ids = [story["erased"], story["completed"], story["withdrawn"], story["handled"]]
    for name in ids + story["waiting"]:
        path = f"/v1/interactions/{name}"
        shown[name] = {
            "view": admin.get(path),
            "history": admin.get(path + "/history?limit=1000"),
            "segments": admin.get(path + "/segments"),
        }
    by_contact = "/v1/interactions?contact=" + urllib.parse.quote(KEEPER)
    return {
        "story": story,
        "secrets": secrets,
        "shown": shown,
        "of_keeper": admin.get(by_contact),
        "keys": admin.get("/v1/keys"),
        "agent": admin.get("/v1/agents/anna"),
    }


def destroy_unused(keys):
    db = sqlite3.connect(keys)
    for number, page in db.execute("SELECT id, keys FROM key_page").fetchall():
        kept = len(page) - KEY_BYTES * (SLOTS - SLOTS_KEPT)
        page = page[:kept] + bytes(len(page) - kept)
        db.execute("UPDATE key_page SET keys = ? WHERE id = ?", (page, number))
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def main(binary):
    home = pathlib.Path(tempfile.mkdtemp(prefix="first-slice-"))
    server = Server(binary, home)
    admin = Client(server.base, FIRST_KEY)
    secrets = found(admin)
    story = live(admin, secrets)
    snapshots = server.data / "snapshots"
    for number in range(1000):
        admin.put("/v1/queues/inbox", {})
        if any(snapshots.glob("*.snap")):
            break
        time.sleep(0.02)
    newest = admin.put("/v1/queues/later", {})["sequence"]
    admin.get(f"/v1/interactions?at_least={newest}")
    expected = picture(admin, story, secrets)
    server.kill()
    destroy_unused(server.data / "keys" / "keys.db")
    data, keys = home / "backup" / "data", home / "backup" / "keys"
    data.parent.mkdir()
    server.run("backup", "--data", server.data, "--to", data, "--keys-to", keys)
    text = json.dumps(expected, indent=1, sort_keys=True)
    (home / "backup" / "expected.json").write_text(text)
    with tarfile.open(HERE / "first-slice.tar.gz", "w:gz") as archive:
        archive.add(home / "backup", arcname="first-slice")
    shutil.rmtree(home)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
