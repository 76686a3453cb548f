namespace Aim.Host.Embedded;

/// <summary>The tables of the data file: editions, state records, identity, ledger and outbox, so that one transaction can span them.</summary>
internal static class DataSchema
{
    /// <summary>Goes up with every change that a file of before has to be brought to.</summary>
    public const int Version = 3;

    public const string Sql = """
        CREATE TABLE IF NOT EXISTS edition (
            id INTEGER PRIMARY KEY, district TEXT NOT NULL, year INTEGER NOT NULL, version INTEGER NOT NULL, row_count INTEGER NOT NULL, digest BLOB NOT NULL,
            synced_version INTEGER NOT NULL, synced_digest BLOB NOT NULL, parked INTEGER NOT NULL, last_loads TEXT NOT NULL,
            undo_version INTEGER, lease_owner TEXT, lease_until INTEGER, UNIQUE (district, year));

        -- By type first: each upload brings one type, and so writes pages of its own.
        CREATE TABLE IF NOT EXISTS edition_row (
            edition INTEGER NOT NULL, type INTEGER NOT NULL, local_id TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,
            stated_id INTEGER, stated_last TEXT, stated_first TEXT, upload BLOB NOT NULL, line INTEGER NOT NULL, content BLOB NOT NULL,
            PRIMARY KEY (edition, type, local_id, key)) WITHOUT ROWID;

        -- What the newest load replaced or removed; what it added carries its version.
        CREATE TABLE IF NOT EXISTS edition_undo (
            edition INTEGER NOT NULL, type INTEGER NOT NULL, local_id TEXT NOT NULL, key TEXT NOT NULL,
            stated_id INTEGER, stated_last TEXT, stated_first TEXT, upload BLOB NOT NULL, line INTEGER NOT NULL, content BLOB NOT NULL,
            PRIMARY KEY (edition, type, local_id, key)) WITHOUT ROWID;

        -- Every upload that was applied, so that none is applied twice.
        CREATE TABLE IF NOT EXISTS edition_load (
            edition INTEGER NOT NULL, upload BLOB NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (edition, upload)) WITHOUT ROWID;

        -- Students with a row that was written or removed since the last sync began, so that the next one needn't look for them. Of an edition
        -- that was never synced, and isn't being synced, those with a removed row only: all others are new to the state.
        CREATE TABLE IF NOT EXISTS edition_change (
            edition INTEGER NOT NULL, local_id TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (edition, local_id)) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS student_record (
            id INTEGER PRIMARY KEY, year INTEGER NOT NULL, state_id INTEGER NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL,
            actor TEXT NOT NULL, reason TEXT NOT NULL, content BLOB NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS student_record_by_student ON student_record (year, state_id);

        CREATE TABLE IF NOT EXISTS student_history (
            id INTEGER PRIMARY KEY, year INTEGER NOT NULL, state_id INTEGER NOT NULL, version INTEGER NOT NULL, stamp INTEGER NOT NULL,
            actor TEXT NOT NULL, reason TEXT NOT NULL, content BLOB NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS student_history_by_student ON student_history (year, state_id, version);

        CREATE TABLE IF NOT EXISTS student_owner (
            district TEXT NOT NULL, year INTEGER NOT NULL, state_id INTEGER NOT NULL, PRIMARY KEY (district, year, state_id)) WITHOUT ROWID;

        -- The newest event is never pruned: its number is where the next one starts.
        CREATE TABLE IF NOT EXISTS outbox (
            sequence INTEGER PRIMARY KEY, state_id INTEGER NOT NULL, year INTEGER NOT NULL, version INTEGER NOT NULL,
            stamp INTEGER NOT NULL, districts TEXT NOT NULL, sections TEXT NOT NULL);

        CREATE TABLE IF NOT EXISTS clock (id INTEGER PRIMARY KEY CHECK (id = 1), last_stamp INTEGER NOT NULL);
        INSERT OR IGNORE INTO clock VALUES (1, 0);

        CREATE TABLE IF NOT EXISTS person (
            state_id INTEGER PRIMARY KEY, last_name TEXT, first_name TEXT, middle_name TEXT, suffix TEXT, birth_date INTEGER, gender TEXT,
            merged_into INTEGER, identity_key BLOB);
        CREATE INDEX IF NOT EXISTS person_by_identity ON person (identity_key) WHERE identity_key IS NOT NULL;

        -- Where to look for somebody who may be the same child; see BlockingKeys.
        CREATE TABLE IF NOT EXISTS person_block (
            key INTEGER NOT NULL, state_id INTEGER NOT NULL, PRIMARY KEY (key, state_id)) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS identity_link (
            district TEXT NOT NULL, local_id TEXT NOT NULL, state_id INTEGER NOT NULL, PRIMARY KEY (district, local_id)) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS ledger (
            subject TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, etag INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (subject, kind, id)) WITHOUT ROWID;
        """;

    /// <summary>Brings a file of an older version to this one.</summary>
    public static void Upgrade(SqliteSession session, long from)
    {
        // Version 2: keys to look for children by, and names without their accents in the identity key.
        if (from == 1) SqliteIdentityIndex.WriteKeysAnew(session);
        // Version 3: all students with a change are listed, where those with a removed row were.
        session.ExecuteScript("""
            INSERT OR REPLACE INTO edition_change SELECT edition, local_id, version FROM edition_removal;
            DROP TABLE edition_removal;
            INSERT OR REPLACE INTO edition_change
                SELECT edition, local_id, MAX(version) FROM (
                    SELECT edition, local_id, version FROM edition_change
                    UNION ALL SELECT edition.id, local_id, edition_row.version FROM edition JOIN edition_row ON edition_row.edition = edition.id WHERE edition_row.version > synced_version AND synced_version > 0)
                GROUP BY edition, local_id;
            """);
    }
}
