"""python3 -m unittest: what most suites look at; it is right with the race and without."""

import os
import sqlite3
import tempfile
import threading
import unittest
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from werkzeug.serving import make_server

import raceway_client
from shop import create_app


class Orders(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        database = os.path.join(folder.name, "shop.db")
        connection = sqlite3.connect(database)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE items (id TEXT PRIMARY KEY, stock INTEGER NOT NULL)")
        connection.execute("INSERT INTO items VALUES ('mug', 100)")
        connection.commit()
        connection.close()
        self.server = make_server("127.0.0.1", 0, create_app(database), threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(raceway_client.flush)
        self.addCleanup(self.server.shutdown)

    def test_orders_that_the_stock_covers_are_taken(self):
        url = f"http://127.0.0.1:{self.server.server_port}/items/mug/orders"

        def order(_):
            with urllib.request.urlopen(urllib.request.Request(url, method="POST")) as answer:
                return answer.status

        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(order, range(40)))
        self.assertEqual(statuses, [201] * 40)


if __name__ == "__main__":
    unittest.main()
