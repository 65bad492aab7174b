"""A service for `npm run trial`: adds one to a number in three ways, and records what it does as the Python
SDK does: microseconds of one clock, and a counter of the request.

Usage: python3 python-service.py URL_OF_RACEWAY. Prints its port.
"""

import asyncio
import json
import os
import random
import secrets
import sys
import threading
import urllib.request
import uuid
from datetime import datetime, timezone

RACEWAY = sys.argv[1]
values = {"locked": 0, "tick": 0, "unlocked": 0}
events = []
LINES = {"locked": 10, "tick": 20, "unlocked": 30}


class Recording:
    def __init__(self):
        self.trace = str(uuid.uuid4())
        self.last = None
        self.counter = 0
        pid = os.getpid()
        self.component = f"trial-python#trial-{pid}"
        self.metadata = {
            "thread_id": f"python-{pid}-{secrets.token_hex(4)}",
            "process_id": pid,
            "service_name": "trial-python",
            "environment": "trial",
            "tags": {"sdk_language": "python"},
            "duration_ns": None,
            "instance_id": f"trial-{pid}",
            "distributed_span_id": secrets.token_hex(8),
            "upstream_span_id": None,
        }

    def add(self, kind, payload):
        self.counter += 1
        event = {
            "id": str(uuid.uuid4()),
            "trace_id": self.trace,
            "parent_id": self.last,
            "timestamp": datetime.now(timezone.utc).isoformat(timespec="microseconds"),
            "kind": {kind: payload},
            "metadata": self.metadata,
            "causality_vector": [[self.component, self.counter]],
            "lock_set": [],
        }
        events.append(event)
        self.last = event["id"]

    def read(self, way):
        value = values[way]
        self.access(way, "Read", None, value)
        return value

    def write(self, way, before, after):
        values[way] = after
        self.access(way, "Write", before, after)

    def access(self, way, kind, before, after):
        self.add(
            "StateChange",
            {
                "variable": f"python.{way}.balance",
                "old_value": before,
                "new_value": after,
                "location": f"/srv/trial/service.py:{LINES[way]}",
                "access_type": kind,
            },
        )


async def pause():
    await asyncio.sleep(random.random() * 0.003)


async def locked(recording, lock):
    held = {"lock_id": "python.lock", "lock_type": "Lock", "location": "/srv/trial/service.py:9"}
    async with lock:
        recording.add("LockAcquire", held)
        value = recording.read("locked")
        await pause()
        recording.write("locked", value, value + 1)
        recording.add("LockRelease", held)


async def tick(recording, _):
    await pause()
    value = recording.read("tick")
    recording.write("tick", value, value + 1)
    await pause()


async def unlocked(recording, _):
    value = recording.read("unlocked")
    await pause()
    recording.write("unlocked", value, value + 1)


WAYS = {"locked": locked, "tick": tick, "unlocked": unlocked}


def flush():
    global events
    sent, events = events, []
    request = urllib.request.Request(
        f"{RACEWAY}/events",
        data=json.dumps({"events": sent}).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:
        return {"status": reply.status, "values": values}


async def handle(reader, writer, lock):
    head = await reader.readuntil(b"\r\n\r\n")
    way = head.split(b" ")[1].decode()[1:]
    if way == "flush":
        body = json.dumps(flush()).encode()
    else:
        recording = Recording()
        recording.add(
            "HttpRequest", {"method": "POST", "url": f"/{way}", "headers": {}, "body": None}
        )
        await WAYS[way](recording, lock)
        response = {"status": 200, "headers": {}, "body": None, "duration_ms": 1}
        recording.add("HttpResponse", response)
        body = b"{}"
    head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()


async def main():
    lock = asyncio.Lock()
    server = await asyncio.start_server(
        lambda reader, writer: handle(reader, writer, lock), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# Ends with whoever started it.
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
asyncio.run(main())
