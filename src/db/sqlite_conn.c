// SPDX-License-Identifier: Apache-2.0
// The embedded engine's connections: how the library and each connection are set up, and what
// statements may do at all (security.md W8).
#include "db/sqlite.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { APPLICATION_ID = 0x48516462 }; // "HQdb"

// ---- the library -----------------------------------------------------------------------

static void
library_log(void *arg, int rc, const char *msg)
{
    switch (rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
        log_error("sqlite: %s (%d)", msg, rc);
        break;
    case SQLITE_NOTICE:
        log_info("sqlite: %s", msg);
        break;
    default:
        break; // failed statements are reported where they fail
    }
}

void
sq_library_start(void)
{
    // A connection is used by one thread at a time, and counting memory costs a global lock.
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_LOG, library_log, NULL);
    sqlite3_initialize();
}

// ---- what statements may do (W8) -------------------------------------------------------

static bool
function_is_banned(const char *name)
{
    return name != NULL && (sqlite3_stricmp(name, "load_extension") == 0 ||
                            sqlite3_stricmp(name, "fts3_tokenizer") == 0);
}

static int
authorize_patch(int code, const char *a, const char *b)
{
    switch (code) {
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_CREATE_VIEW:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_TRIGGER:
    case SQLITE_DROP_VIEW:
    case SQLITE_ALTER_TABLE:
    case SQLITE_REINDEX:
    case SQLITE_ANALYZE:
        return SQLITE_OK;
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE:
        return b != NULL && sqlite3_stricmp(b, "fts5") == 0 ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_PRAGMA: // ALTER TABLE … ADD COLUMN with a constraint asks for it
        return a != NULL && sqlite3_stricmp(a, "quick_check") == 0 ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

static int
authorize(void *arg, int code, const char *a, const char *b, const char *schema,
          const char *trigger)
{
    const struct sq_conn *c = arg;
    if (c->own) {
        return SQLITE_OK;
    }
    switch (code) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return function_is_banned(b) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA: // full-text search looks at it
        if (a != NULL && b == NULL && sqlite3_stricmp(a, "data_version") == 0) {
            return SQLITE_OK;
        }
        break;
    default:
        break;
    }
    return c->role == SQ_PATCHER ? authorize_patch(code, a, b) : SQLITE_DENY;
}

// ---- connections -----------------------------------------------------------------------

static void
harden(sqlite3 *h)
{
    sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, NULL);
    sqlite3_db_config(h, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(h, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_limit(h, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(h, SQLITE_LIMIT_LENGTH, 64 * 1024 * 1024);
    sqlite3_limit(h, SQLITE_LIMIT_SQL_LENGTH, 1024 * 1024);
    sqlite3_limit(h, SQLITE_LIMIT_TRIGGER_DEPTH, 16);
}

static int
pragma_row(void *arg, int n, char **values, char **names)
{
    char *out = arg;
    sqlite3_snprintf(32, out, "%s", n > 0 && values[0] != NULL ? values[0] : "");
    return 0;
}

// Runs a pragma and keeps the first answer, at most 31 bytes.
static bool
pragma(struct sq_conn *c, const char *sql, char answer[32])
{
    answer[0] = '\0';
    return sqlite3_exec(c->h, sql, pragma_row, answer, NULL) == SQLITE_OK;
}

// A file that is not ours is left alone, even when it is an SQLite database.
static bool
is_ours(struct sq_conn *c, const char **why)
{
    char id[32];
    char pages[32];
    if (!pragma(c, "PRAGMA application_id", id) || !pragma(c, "PRAGMA page_count", pages)) {
        *why = sqlite3_errmsg(c->h);
        return false;
    }
    if (atoi(id) == APPLICATION_ID || strcmp(pages, "0") == 0) {
        return true;
    }
    *why = "the file is a database of another program";
    return false;
}

static bool
set_up_file(struct sq_conn *c, const char **why)
{
    char answer[32];
    if (!is_ours(c, why)) {
        return false;
    }
    if (!pragma(c, "PRAGMA journal_mode = WAL", answer) || strcmp(answer, "wal") != 0) {
        *why = sqlite3_errcode(c->h) == SQLITE_OK ? "the file system cannot hold a shared log"
                                                  : sqlite3_errmsg(c->h);
        return false;
    }
    if (!pragma(c, "PRAGMA application_id", answer) ||
        (atoi(answer) != APPLICATION_ID &&
         !pragma(c, "PRAGMA application_id = 1213293666", answer))) {
        *why = sqlite3_errmsg(c->h);
        return false;
    }
    return true;
}
_Static_assert(APPLICATION_ID == 1213293666, "the pragma takes no expression");

static const char *
settings(enum sq_role role)
{
    switch (role) {
    case SQ_READER:
        return "PRAGMA query_only = ON; PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY;"
               "PRAGMA cell_size_check = ON";
    case SQ_WRITER:
        return "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = "
               "-65536;"
               "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;"
               "PRAGMA journal_size_limit = 67108864";
    case SQ_PATCHER:
        // Rebuilding a table needs references off; they are checked before the commit.
        return "PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;"
               "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY";
    }
    return "";
}

static bool
prepare_controls(struct sq_conn *c)
{
    static const char *const SQL[SQ_CONTROLS] = {
        [SQ_BEGIN] = "BEGIN IMMEDIATE",
        [SQ_COMMIT] = "COMMIT",
        [SQ_ROLLBACK] = "ROLLBACK",
        [SQ_MARK] = "SAVEPOINT job",
        [SQ_MARK_KEEP] = "RELEASE job",
        [SQ_MARK_UNDO] = "ROLLBACK TO job",
        [SQ_DATA_VERSION] = "PRAGMA data_version",
    };
    for (unsigned i = 0; i < SQ_CONTROLS; i++) {
        const char *sql = i == SQ_BEGIN && c->role == SQ_READER ? "BEGIN" : SQL[i];
        if (sqlite3_prepare_v3(c->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &c->control[i],
                               NULL) != SQLITE_OK) {
            return false;
        }
    }
    return true;
}

static int
on_commit(void *arg, sqlite3 *h, const char *schema, int frames)
{
    struct sq_conn *c = arg;
    c->frames = frames;
    c->logged = true;
    return SQLITE_OK;
}

int
sq_control(struct sq_conn *c, enum sq_control which)
{
    sqlite3_stmt *h = c->control[which];
    c->own = true; // a changed schema makes SQLite compile it again
    int rc = sqlite3_step(h);
    sqlite3_reset(h);
    c->own = false;
    return rc;
}

// Writes of another connection (a patch, or the command line beside the server) count too.
void
sq_look_for_others(struct sq_conn *c)
{
    sqlite3_stmt *h = c->control[SQ_DATA_VERSION];
    c->own = true;
    if (sqlite3_step(h) == SQLITE_ROW) {
        int64_t version = sqlite3_column_int64(h, 0);
        if (c->seen != 0 && version != c->seen) {
            atomic_fetch_add(&c->tx.db->generation, 1);
        }
        c->seen = version;
    }
    sqlite3_reset(h);
    c->own = false;
}

int64_t
sq_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// SQLite's own handler sleeps up to 100 ms at a time and so never meets the moment between two
// transactions of a process that writes and writes.
static int
wait_busy(void *arg, int count)
{
    struct sq_conn *c = arg;
    const struct timespec little = {.tv_nsec = 1000000};
    int64_t now = sq_now_ms();
    c->asked = count == 0 ? now : c->asked;
    if (now - c->asked >= c->busy_ms) {
        return 0;
    }
    nanosleep(&little, NULL);
    return 1;
}

static bool
set_up(struct sq_conn *c, const struct db_options *o, const char **why)
{
    c->busy_ms = SQ_BUSY_MS;
    sqlite3_busy_handler(c->h, wait_busy, c);
    harden(c->h);
    if (c->role != SQ_READER && !set_up_file(c, why)) {
        return false;
    }
    const char *sync = o->sync_off ? "PRAGMA synchronous = OFF" : "";
    const char *bulk = o->bulk && c->role == SQ_WRITER ? "PRAGMA cache_size = -524288" : "";
    if (sqlite3_exec(c->h, settings(c->role), NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(c->h, sync, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(c->h, bulk, NULL, NULL, NULL) != SQLITE_OK) {
        *why = sqlite3_errmsg(c->h);
        return false;
    }
    // Checkpoints are ours to run: after the answers, not before.
    sqlite3_wal_hook(c->h, on_commit, c);
    c->own = true;
    bool ready = sqlite3_set_authorizer(c->h, authorize, c) == SQLITE_OK && prepare_controls(c);
    c->own = false;
    if (!ready) {
        *why = sqlite3_errmsg(c->h);
    } else if (c->role == SQ_WRITER) {
        sq_look_for_others(c);
    }
    return ready;
}

void
sq_conn_close(struct sq_conn *c)
{
    db_slots_free(&c->slots, sq_rows_drop);
    for (unsigned i = 0; i < SQ_CONTROLS; i++) {
        sqlite3_finalize(c->control[i]);
    }
    sqlite3_close_v2(c->h);
    free(c);
}

struct sq_conn *
sq_conn_open(struct sq_db *db, enum sq_role role, struct arena *a, const char **why)
{
    const char *reason = "out of memory";
    struct sq_conn *c = calloc(1, sizeof *c);
    if (c != NULL) {
        c->tx.db = &db->db;
        c->role = role;
        int flags = role == SQ_READER ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
        flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
        int rc = sqlite3_open_v2(db->path, &c->h, flags, NULL);
        reason = sqlite3_errstr(rc);
        if (rc == SQLITE_OK && set_up(c, &db->db.options, &reason)) {
            return c;
        }
    }
    if (a != NULL) {
        *why = arena_strdup(a, reason);
    } else {
        log_error("cannot open another reader: %s", reason);
    }
    if (c != NULL) {
        sq_conn_close(c);
    }
    return NULL;
}

// 0 or errno.
static int
write_again(const char *path)
{
    char piece[65536];
    ssize_t n;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? 0 : errno;
    }
    int error = 0;
    for (off_t at = 0; error == 0 && (n = pread(fd, piece, sizeof piece, at)) != 0; at += n) {
        errno = EIO; // of a write that is short
        error = n < 0 || pwrite(fd, piece, (size_t)n, at) != n ? errno : 0;
    }
    if (error == 0 && fsync(fd) != 0) {
        error = errno;
    }
    close(fd); // SQLite's locks are on the other two files
    return error;
}

void
sq_log_again(struct sq_conn *c)
{
    struct sq_db *db = (struct sq_db *)(void *)c->tx.db;
    char *path = sqlite3_mprintf("%s-wal", db->path);
    // Nobody else writes meanwhile. When somebody does, a process is at work that began well.
    if (path != NULL && sq_control(c, SQ_BEGIN) == SQLITE_DONE) {
        int error = write_again(path);
        if (error != 0 && error != ENOSPC) { // room is not needed where files are not copied
            log_error("%s: %s: no more writes until a restart", path, strerror(error));
            atomic_store(&db->db.read_only, true);
        }
        sq_control(c, SQ_ROLLBACK);
    }
    sqlite3_free(path);
}

int
sq_make_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno;
    }
    close(fd);
    char *dir = strdup(path);
    if (dir == NULL) {
        return ENOMEM;
    }
    char *slash = strrchr(dir, '/');
    slash[slash == dir ? 1 : 0] = '\0';
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(dir);
    int rc = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}
