// SPDX-License-Identifier: Apache-2.0
// What only the embedded engine promises: hostile statements and files are refused (W8), the
// disk is asked to keep a write before it is answered (D3), and a failing disk never loses
// an answered one (D4). A layer between SQLite and the file system injects the failures.
#include "store/fixture.h"

#include "db/engine.h"

#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <time.h>

// ---- a file system that fails on demand ------------------------------------------------

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    atomic_int log_syncs; // of write-ahead logs, successful
    atomic_bool fail_log_sync;
    atomic_bool fail_log_write; // as a full disk
    atomic_bool fail_db_sync;
} fault;

struct fault_file {
    sqlite3_file base;
    bool log;
    sqlite3_file *real; // behind this struct
};

static sqlite3_file *
real_of(sqlite3_file *f)
{
    return ((struct fault_file *)(void *)f)->real;
}

static int
f_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int
f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}

static int
f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (((struct fault_file *)(void *)f)->log && atomic_load(&fault.fail_log_write)) {
        return SQLITE_FULL;
    }
    return real_of(f)->pMethods->xWrite(real_of(f), p, n, at);
}

static int
f_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    return real_of(f)->pMethods->xTruncate(real_of(f), n);
}

static int
f_sync(sqlite3_file *f, int flags)
{
    bool log = ((struct fault_file *)(void *)f)->log;
    if (atomic_load(log ? &fault.fail_log_sync : &fault.fail_db_sync)) {
        return SQLITE_IOERR_FSYNC;
    }
    int rc = real_of(f)->pMethods->xSync(real_of(f), flags);
    if (log && rc == SQLITE_OK) {
        atomic_fetch_add(&fault.log_syncs, 1);
    }
    return rc;
}

static int
f_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), n);
}

static int
f_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int
f_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int
f_reserved(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int
f_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int
f_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int
f_device(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int
f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static int
f_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}

static void
f_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int
f_shm_unmap(sqlite3_file *f, int remove_it)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove_it);
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 2,
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_reserved,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_device,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
};

static int
fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct fault_file *f = (struct fault_file *)(void *)file;
    f->real = (sqlite3_file *)(void *)(f + 1);
    f->log = (flags & SQLITE_OPEN_WAL) != 0;
    f->base.pMethods = NULL;
    int rc = fault.real->xOpen(fault.real, name, f->real, flags, out);
    if (rc == SQLITE_OK) {
        f->base.pMethods = &METHODS;
    }
    return rc;
}

static int
install_faults(void **state)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    fault.real = sqlite3_vfs_find(NULL);
    fault.vfs = *fault.real;
    fault.vfs.zName = "fault";
    fault.vfs.szOsFile = (int)sizeof(struct fault_file) + fault.real->szOsFile;
    fault.vfs.xOpen = fault_open;
    return sqlite3_vfs_register(&fault.vfs, 1) == SQLITE_OK ? 0 : -1;
}

// ---- D3, D4 ----------------------------------------------------------------------------

struct asked {
    struct db_job job;
    int before; // log syncs when the work ran
    int after;  // and when it was answered
    enum err result;
    sem_t done;
};

static enum err
work_counts(struct db_tx *tx, void *arg)
{
    struct asked *q = arg;
    q->before = atomic_load(&fault.log_syncs);
    return add_org(tx, "asked");
}

static void
done_counts(enum err e, void *arg)
{
    struct asked *q = arg;
    q->after = atomic_load(&fault.log_syncs);
    q->result = e;
    sem_post(&q->done);
}

static void
disk_is_asked_before_the_answer(void **state)
{
    struct store *s = *state;
    struct asked q = {.job = {.work = work_counts, .done = done_counts}};
    q.job.arg = &q;
    sem_init(&q.done, 0, 0);
    assert_int_equal(db_submit(s->db, &q.job), ERR_OK);
    assert_int_equal(sem_wait(&q.done), 0);
    assert_int_equal(q.result, ERR_OK);
    assert_true(q.after > q.before);
    sem_destroy(&q.done);
}

static void
failed_sync_ends_writing(void **state)
{
    struct store *s = *state;
    assert_int_equal(db_write(s->db, s->a, add_org, "before"), ERR_OK);
    atomic_store(&fault.fail_log_sync, true);
    assert_int_equal(db_write(s->db, s->a, add_org, "lost"), ERR_READ_ONLY);
    atomic_store(&fault.fail_log_sync, false);
    // The disk seems well again, but what it holds is unknown.
    assert_int_equal(db_write(s->db, s->a, add_org, "refused"), ERR_READ_ONLY);
    assert_true(org_exists(s->db, "before")); // reading goes on
    assert_false(org_exists(s->db, "lost"));
    store_reopen(s);
    assert_true(org_exists(s->db, "before"));
    assert_false(org_exists(s->db, "refused"));
    assert_int_equal(db_write(s->db, s->a, add_org, "after"), ERR_OK);
    assert_null(db_check_integrity(s->db, s->a));
}

static void
full_disk_refuses_and_recovers(void **state)
{
    struct store *s = *state;
    assert_int_equal(db_write(s->db, s->a, add_org, "before"), ERR_OK);
    atomic_store(&fault.fail_log_write, true);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(db_write(s->db, s->a, add_org, "no room"), ERR_FULL);
    }
    atomic_store(&fault.fail_log_write, false);
    assert_false(org_exists(s->db, "no room"));
    assert_int_equal(db_write(s->db, s->a, add_org, "room"), ERR_OK);
    store_reopen(s);
    assert_true(org_exists(s->db, "before"));
    assert_true(org_exists(s->db, "room"));
    assert_false(org_exists(s->db, "no room"));
}

static void
failed_checkpoint_ends_writing(void **state)
{
    struct store *s = *state;
    atomic_store(&fault.fail_db_sync, true);
    assert_int_equal(db_write(s->db, s->a, add_org, "kept"), ERR_OK); // the log is well
    enum err e = ERR_OK;
    for (int i = 0; i < 60 && e == ERR_OK; i++) { // idle housekeeping fails
        char name[16];
        snprintf(name, sizeof name, "poll %d", i);
        usleep(i == 0 ? 3000000 : 100000);
        e = db_write(s->db, s->a, add_org, name);
    }
    assert_int_equal(e, ERR_READ_ONLY);
    assert_true(db_is_read_only(s->db));
    atomic_store(&fault.fail_db_sync, false);
    store_reopen(s);
    assert_true(org_exists(s->db, "kept"));
    assert_null(db_check_integrity(s->db, s->a));
}

static off_t
log_size(struct store *s)
{
    struct stat st;
    return stat(arena_printf(s->a, "%s-wal", s->url), &st) == 0 ? st.st_size : 0;
}

static void
log_is_emptied_when_idle(void **state)
{
    struct store *s = *state;
    assert_int_equal(db_write(s->db, s->a, add_org, "x"), ERR_OK);
    assert_int_equal(org_count(s->db), 1); // leaves a snapshot that may be kept for a while
    assert_true(log_size(s) > 0);
    for (int i = 0; i < 100 && log_size(s) > 0; i++) {
        usleep(100000);
    }
    assert_int_equal(log_size(s), 0);
    assert_true(org_exists(s->db, "x"));
}

// ---- W8 --------------------------------------------------------------------------------

static const struct db_stmt HOSTILE[] = {
    {.name = "h.attach", .sql = "ATTACH '/tmp/huiqiao-hostile.db' AS h"},
    {.name = "h.detach", .sql = "DETACH main"},
    {.name = "h.extension", .sql = "SELECT load_extension('/tmp/x.so') AS x", .row = "x:int?"},
    {.name = "h.tokenizer", .sql = "SELECT fts3_tokenizer('simple') AS x", .row = "x:blob?"},
    {.name = "h.pragma", .sql = "PRAGMA foreign_keys = OFF"},
    {.name = "h.pragma_read", .sql = "PRAGMA journal_mode", .row = "journal_mode:text"},
    {.name = "h.pragma_table",
     .sql = "SELECT name FROM pragma_table_info('org')",
     .row = "name:text"},
    {.name = "h.begin", .sql = "BEGIN"},
    {.name = "h.commit", .sql = "COMMIT"},
    {.name = "h.rollback", .sql = "ROLLBACK"},
    {.name = "h.savepoint", .sql = "SAVEPOINT job"},
    {.name = "h.release", .sql = "RELEASE job"},
    {.name = "h.vacuum", .sql = "VACUUM INTO '/tmp/huiqiao-hostile.db'"},
    {.name = "h.create", .sql = "CREATE TABLE evil (id INTEGER)"},
    {.name = "h.temp", .sql = "CREATE TEMP TABLE evil (id INTEGER)"},
    {.name = "h.trigger",
     .sql = "CREATE TRIGGER evil AFTER INSERT ON org BEGIN DELETE FROM org; END"},
    {.name = "h.drop", .sql = "DROP TABLE thing"},
    {.name = "h.alter", .sql = "ALTER TABLE org RENAME TO gone"},
    {.name = "h.schema", .sql = "UPDATE sqlite_schema SET sql = '' WHERE name = 'org'"},
};

static enum err
run_hostile(struct db_tx *tx, void *arg)
{
    add_org(tx, "beside evil");
    db_value_int(tx, arg, DB_NONE, 0);
    return ERR_OK;
}

static void
hostile_statements_are_refused(void **state)
{
    struct store *s = *state;
    for (size_t i = 0; i < sizeof HOSTILE / sizeof *HOSTILE; i++) {
        struct db_stmt *stmt = (struct db_stmt *)(uintptr_t)&HOSTILE[i];
        if (db_write(s->db, s->a, run_hostile, stmt) != ERR_INTERNAL) {
            fail_msg("writer let %s pass", stmt->name);
        }
        struct db_tx *tx = db_read_begin(s->db);
        db_value_int(tx, stmt, DB_NONE, 0);
        if (db_tx_err(tx) != ERR_INTERNAL) {
            fail_msg("reader let %s pass", stmt->name);
        }
        db_read_end(tx);
        assert_int_equal(org_count(s->db), 0);
    }
    assert_int_equal(access("/tmp/huiqiao-hostile.db", F_OK), -1);
    assert_int_equal(db_write(s->db, s->a, add_org, "still well"), ERR_OK);
}

static void
hostile_patches_are_refused(void **state)
{
    static const char *const BAD[] = {"ATTACH '/tmp/huiqiao-hostile.db' AS h;",
                                      "PRAGMA writable_schema = ON;",
                                      "PRAGMA journal_mode = DELETE;",
                                      "SELECT load_extension('x');",
                                      "CREATE VIRTUAL TABLE v USING rtree(id, a, b);",
                                      "UPDATE sqlite_schema SET sql = 'x';",
                                      "SAVEPOINT a;"};
    struct store *s = *state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        const struct db_patch p[] = {STORE_SCHEMA[0], {2, "0002_bad", BAD[i]}};
        const char *why = "";
        if (db_migrate(s->db, p, 2, &why) == ERR_OK) {
            fail_msg("%s passed", BAD[i]);
        }
    }
}

static enum err
feed_words(struct db_tx *tx, void *arg)
{
    static const struct db_stmt ADD = {.name = "test.word_add",
                                       .sql = "INSERT INTO words (rowid, body) VALUES ($1, $2)",
                                       .params = "id:int body:text"};
    static const struct db_stmt DELETE = {.name = "test.word_delete",
                                          .sql = "DELETE FROM words WHERE rowid = $1",
                                          .params = "id:int"};
    for (int64_t i = 1; i <= 300; i++) {
        db_run(tx, &ADD, DB_ARGS(DB_INT(i), DB_TEXT(i % 3 == 0 ? "土地 证" : "用工 难")));
    }
    db_run(tx, &DELETE, DB_ARGS(DB_INT(3)));
    return ERR_OK;
}

// Full-text search works behind the authorizer, its own pragma included.
static void
search_works_when_hardened(void **state)
{
    static const struct db_stmt MATCH = {
        .name = "test.word_match",
        .sql = "SELECT count(*) AS n FROM words WHERE words MATCH $1",
        .params = "q:text",
        .row = "n:int"};
    struct store *s = *state;
    const struct db_patch p[] = {
        STORE_SCHEMA[0], {2, "0002_words", "CREATE VIRTUAL TABLE words USING fts5(body);"}};
    const char *why = "";
    assert_int_equal(db_migrate(s->db, p, 2, &why), ERR_OK);
    assert_int_equal(db_write(s->db, s->a, feed_words, NULL), ERR_OK);
    struct db_tx *tx = db_read_begin(s->db);
    assert_int_equal(db_value_int(tx, &MATCH, DB_ARGS(DB_TEXT("土地")), -1), 99);
    assert_int_equal(db_tx_err(tx), ERR_OK);
    db_read_end(tx);
    assert_int_equal(db_write(s->db, s->a, feed_words, NULL), ERR_CONFLICT); // ids exist
}

// ---- files -----------------------------------------------------------------------------

static void
other_files_are_left_alone(void **state)
{
    struct store *s = *state;
    const char *path = arena_printf(s->a, "%s/other.db", s->dir);
    sqlite3 *h = NULL;
    assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, "CREATE TABLE theirs (x)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(h);
    const char *why = NULL;
    assert_null(db_open(s->a, path, &(struct db_options){.create = true}, &why));
    assert_non_null(strstr(why, "another program"));

    const char *text = arena_printf(s->a, "%s/notes.txt", s->dir);
    FILE *f = fopen(text, "w");
    for (int i = 0; i < 500; i++) {
        fputs("not a database at all\n", f);
    }
    fclose(f);
    assert_null(db_open(s->a, text, &(struct db_options){.create = true}, &why));
    f = fopen(text, "r");
    char line[32];
    assert_non_null(fgets(line, sizeof line, f));
    assert_string_equal(line, "not a database at all\n");
    fclose(f);
}

static void
uri_is_only_a_name(void **state)
{
    struct store *s = *state;
    char here[256];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(s->dir), 0);
    const char *why = "";
    struct db *db =
        db_open(s->a, "file:x.db?mode=memory", &(struct db_options){.create = true}, &why);
    assert_non_null(db);
    db_close(db);
    struct stat st;
    assert_int_equal(stat("file:x.db?mode=memory", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(chdir(here), 0);
}

static void
files_are_private(void **state)
{
    struct store *s = *state;
    assert_int_equal(db_write(s->db, s->a, add_org, "x"), ERR_OK);
    static const char *const SUFFIX[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        struct stat st;
        assert_int_equal(stat(arena_printf(s->a, "%s%s", s->url, SUFFIX[i]), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(disk_is_asked_before_the_answer),
        STORE_TEST(failed_sync_ends_writing),
        STORE_TEST(full_disk_refuses_and_recovers),
        STORE_TEST(failed_checkpoint_ends_writing),
        STORE_TEST(log_is_emptied_when_idle),
        STORE_TEST_FAST(hostile_statements_are_refused),
        STORE_TEST_FAST(hostile_patches_are_refused),
        STORE_TEST_FAST(search_works_when_hardened),
        STORE_TEST_FAST(other_files_are_left_alone),
        STORE_TEST_FAST(uri_is_only_a_name),
        STORE_TEST_FAST(files_are_private),
    };
    return cmocka_run_group_tests_name("store/sqlite", tests, install_faults, NULL);
}
