"""The tables of the store."""

from __future__ import annotations

VERSION = 2
"""Raised with every change of the tables. A file of another version is refused, not migrated."""

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE workers (id TEXT PRIMARY KEY, pid INTEGER NOT NULL, seen_at INTEGER NOT NULL);
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    created_seq INTEGER NOT NULL,
    task TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    queued_at INTEGER,
    started_at INTEGER,
    delay_until INTEGER,
    expires_at INTEGER,
    expired_at INTEGER,
    completed_at INTEGER,
    retry_at INTEGER,
    ttl TEXT,
    is_test INTEGER NOT NULL,
    usage_ms INTEGER NOT NULL,
    payload TEXT,
    payload_type TEXT NOT NULL,
    metadata TEXT,
    output TEXT,
    output_type TEXT NOT NULL,
    error TEXT,
    tags TEXT,
    streams TEXT NOT NULL,
    streams_version TEXT NOT NULL,
    batch_id TEXT,
    batch_index INTEGER,
    idempotency_key TEXT,
    idempotency_expires_at INTEGER,
    max_attempts INTEGER NOT NULL,
    max_duration REAL,
    attempt INTEGER NOT NULL,
    worker_id TEXT
);
CREATE INDEX runs_by_seq ON runs (seq);
CREATE INDEX runs_by_creation ON runs (created_at);
CREATE INDEX runs_by_status ON runs (status, task);
CREATE INDEX runs_by_idempotency_key ON runs (task, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX runs_by_batch ON runs (batch_id, batch_index) WHERE batch_id IS NOT NULL;
CREATE TABLE deleted_runs (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    topics TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX deleted_runs_by_seq ON deleted_runs (seq);
CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    run_count INTEGER NOT NULL,
    sealed INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    idempotency_key TEXT UNIQUE
);
CREATE TABLE stream_entries (
    run_id TEXT NOT NULL,
    stream TEXT NOT NULL,
    ms INTEGER NOT NULL,
    n INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    text TEXT NOT NULL,
    client_id TEXT,
    last_index INTEGER,
    PRIMARY KEY (run_id, stream, ms, n)
) WITHOUT ROWID;
CREATE INDEX stream_entries_by_seq ON stream_entries (seq);
CREATE TABLE stream_records (
    run_id TEXT NOT NULL,
    stream TEXT NOT NULL,
    seq_num INTEGER NOT NULL,
    ms INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    headers TEXT,
    client_id TEXT,
    client_index INTEGER,
    PRIMARY KEY (run_id, stream, seq_num)
) WITHOUT ROWID;
CREATE INDEX stream_records_by_seq ON stream_records (seq);
CREATE TABLE packets (
    path TEXT PRIMARY KEY,
    data BLOB NOT NULL,
    data_type TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE request_keys (
    key TEXT PRIMARY KEY,
    made TEXT NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX request_keys_by_time ON request_keys (at);
CREATE TABLE waitpoints (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    timeout_at INTEGER,
    completed_at INTEGER,
    output TEXT,
    output_type TEXT NOT NULL,
    tags TEXT NOT NULL,
    idempotency_key TEXT,
    idempotency_expires_at INTEGER
) WITHOUT ROWID;
CREATE INDEX waitpoints_by_seq ON waitpoints (seq);
CREATE INDEX waitpoints_by_creation ON waitpoints (created_at);
CREATE TABLE used_tokens (hash TEXT PRIMARY KEY) WITHOUT ROWID;
"""
