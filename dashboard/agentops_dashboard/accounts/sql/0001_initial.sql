-- id is what the store keeps sessions under; it never changes. archived_ns: nothing more is written to it.
CREATE TABLE project (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_ns INTEGER NOT NULL,
  archived_ns INTEGER
) WITHOUT ROWID;

CREATE TABLE user (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  password_hash TEXT NOT NULL,
  is_admin INTEGER NOT NULL DEFAULT 0,
  created_ns INTEGER NOT NULL,
  seen_ns INTEGER
);

-- role: viewer or editor. An admin needs no row: every project is theirs.
CREATE TABLE member (
  user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  project TEXT NOT NULL REFERENCES project (id),
  role TEXT NOT NULL,
  PRIMARY KEY (user_id, project)
) WITHOUT ROWID;

-- Who is signed in. Only the SHA-256 of the cookie is here.
CREATE TABLE login (
  secret_hash BLOB PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  project TEXT,
  created_ns INTEGER NOT NULL,
  seen_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX login_user ON login (user_id);

-- Only the SHA-256 of a key is here; prefix is its readable beginning. scopes: words with spaces between.
CREATE TABLE api_key (
  id INTEGER PRIMARY KEY,
  secret_hash BLOB NOT NULL UNIQUE,
  prefix TEXT NOT NULL,
  name TEXT NOT NULL,
  project TEXT NOT NULL REFERENCES project (id),
  scopes TEXT NOT NULL,
  created_ns INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  expires_ns INTEGER,
  revoked_ns INTEGER,
  used_ns INTEGER
);
CREATE INDEX api_key_project ON api_key (project);

-- Who did what, when, to what. Rows are added, never changed.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  actor TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  project TEXT,
  target TEXT NOT NULL
);
CREATE INDEX audit_time ON audit (time_ns);

INSERT INTO project (id, name, created_ns) VALUES ('default', 'Default', CAST(strftime('%s', 'now') AS INTEGER) * 1000000000);
