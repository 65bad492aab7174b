"""A shop that sells what it has, or more. FIXED=1 sells what it has."""

import os
import sqlite3

from flask import Flask, jsonify, request

from raceway_client import begin_request, track


def create_app(database):
    app = Flask(__name__)
    reserve = reserve_in_one_step if os.environ.get("FIXED") == "1" else reserve_after_a_look

    @app.before_request
    def trace():
        begin_request(request.method, request.path)

    @app.post("/items/<item>/orders")
    def order(item):
        connection = sqlite3.connect(database, timeout=10, isolation_level=None)
        try:
            left = reserve(connection, item)
        finally:
            connection.close()
        return jsonify(left=left), (409 if left is None else 201)

    return app


def reserve_after_a_look(connection, item):
    """The race: two orders may see the same stock."""
    variable = f"db:items.{item}.stock"
    (stock,) = connection.execute("SELECT stock FROM items WHERE id = ?", (item,)).fetchone()
    track("Read", variable, stock)
    if stock < 1:
        return None
    connection.execute("UPDATE items SET stock = ? WHERE id = ?", (stock - 1, item))
    track("Write", variable, stock - 1)
    return stock - 1


def reserve_in_one_step(connection, item):
    """The fix: the database looks and writes in one step."""
    row = connection.execute(
        "UPDATE items SET stock = stock - 1 WHERE id = ? AND stock > 0 RETURNING stock", (item,)
    ).fetchone()
    if row is None:
        return None
    track("AtomicRMW", f"db:items.{item}.stock", row[0])
    return row[0]
