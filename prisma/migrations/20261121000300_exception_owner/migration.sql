-- Who looks after an exception. Exceptions are derived, so they are named by what they say.
CREATE TABLE exception_owner (
  kind     text NOT NULL,
  subject  text NOT NULL,
  owner    text NOT NULL CHECK (owner <> ''),
  set_at   timestamptz NOT NULL,
  PRIMARY KEY (kind, subject)
);
