// SPDX-License-Identifier: Apache-2.0
#include "cmd/strongbox.h"

#include <endian.h>
#include <errno.h>
#include <libdeflate.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STREAM(name) crypto_secretstream_xchacha20poly1305_##name

// The file: MAGIC, a head of HEAD_SIZE bytes, the stream's own head, pieces. The head: how the
// key is kept (1 sealed, 2 passphrase), then what that needs, zeros behind it. A piece: its
// length, then its cipher; inside, how it is packed (0 not, 1 deflate) and the bytes.
enum {
    MAGIC_SIZE = 16,
    HEAD_SIZE = 160,
    PIECE = 256 * 1024,
    PACKED_MOST = PIECE + 1,
    CIPHER_MOST = PACKED_MOST + STREAM(ABYTES),
    KEPT_SEALED = 1,
    KEPT_PASSPHRASE = 2,
    LEVEL = 1, // packs as fast as a disk writes
    OPS = 3,
    MEMORY_MIB = 256,
    OPS_MOST = 16,
    MEMORY_MOST = 1024,
};
static const char MAGIC[MAGIC_SIZE + 1] = "huiqiao-backup-1";

struct box {
    struct arena *arena;
    int fd;
    bool reads, failed, last; // the last piece was read or written
    const char *why;
    STREAM(state) state;
    unsigned char bound[32]; // to every piece: a hash of all that stands before the first
    struct libdeflate_compressor *packer;
    struct libdeflate_decompressor *unpacker;
    unsigned char *plain, *packed, *cipher;
    size_t n, at; // in plain
};

static bool
fails(struct box *b, const char *why)
{
    b->why = b->failed ? b->why : why;
    b->failed = true;
    return false;
}

const char *
box_why(const struct box *b)
{
    return b->failed ? b->why : NULL;
}

static bool
write_all(struct box *b, const void *p, size_t n)
{
    const char *at = p;
    while (n > 0) {
        ssize_t done = write(b->fd, at, n);
        if (done < 0 && errno != EINTR) {
            return fails(b, strerror(errno));
        }
        at += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return true;
}

// How many bytes there were; fewer at the end of the file.
static size_t
read_all(struct box *b, void *p, size_t n)
{
    size_t got = 0;
    while (got < n) {
        ssize_t more = read(b->fd, (char *)p + got, n - got);
        if (more == 0) {
            break;
        }
        if (more < 0 && errno != EINTR) {
            fails(b, strerror(errno));
            break;
        }
        got += more > 0 ? (size_t)more : 0;
    }
    return got;
}

// ---- keys ------------------------------------------------------------------------------

void
box_key_id(const unsigned char *public_key, unsigned char out[BOX_ID_SIZE])
{
    unsigned char hash[32];
    crypto_generichash(hash, sizeof hash, public_key, crypto_box_PUBLICKEYBYTES, NULL, 0);
    memcpy(out, hash, BOX_ID_SIZE);
}

// After the first byte of the head.
struct sealed_head {
    unsigned char id[BOX_ID_SIZE];
    unsigned char key[STREAM(KEYBYTES) + crypto_box_SEALBYTES];
};
struct passphrase_head {
    unsigned char ops[4], mib[4];
    unsigned char salt[crypto_pwhash_SALTBYTES];
    unsigned char nonce[crypto_secretbox_NONCEBYTES];
    unsigned char key[STREAM(KEYBYTES) + crypto_secretbox_MACBYTES];
};
_Static_assert(sizeof(struct sealed_head) < HEAD_SIZE, "fits");
_Static_assert(sizeof(struct passphrase_head) < HEAD_SIZE, "fits");

static bool
derive(struct box *b, const struct passphrase_head *h, const char *passphrase,
       unsigned char out[crypto_secretbox_KEYBYTES])
{
    uint32_t ops;
    uint32_t mib;
    memcpy(&ops, h->ops, sizeof ops);
    memcpy(&mib, h->mib, sizeof mib);
    ops = le32toh(ops);
    mib = le32toh(mib);
    if (ops == 0 || ops > OPS_MOST || mib == 0 || mib > MEMORY_MOST) {
        return fails(b, "the file's head is damaged");
    }
    return crypto_pwhash(out, crypto_secretbox_KEYBYTES, passphrase, strlen(passphrase),
                         h->salt, ops, (size_t)mib << 20, crypto_pwhash_ALG_ARGON2ID13) == 0 ||
           fails(b, "not enough memory for the passphrase");
}

static bool
keep_key(struct box *b, const struct box_key *k, const unsigned char *key, unsigned char *head)
{
    struct sealed_head s;
    struct passphrase_head p;
    unsigned char own[crypto_secretbox_KEYBYTES];
    if (k->public_key != NULL) {
        head[0] = KEPT_SEALED;
        box_key_id(k->public_key, s.id);
        if (crypto_box_seal(s.key, key, STREAM(KEYBYTES), k->public_key) != 0) {
            return fails(b, "the public key is none");
        }
        memcpy(head + 1, &s, sizeof s);
        return true;
    }
    const uint32_t ops = htole32(OPS);
    const uint32_t mib = htole32(MEMORY_MIB);
    head[0] = KEPT_PASSPHRASE;
    memcpy(p.ops, &ops, sizeof ops);
    memcpy(p.mib, &mib, sizeof mib);
    randombytes_buf(p.salt, sizeof p.salt);
    randombytes_buf(p.nonce, sizeof p.nonce);
    bool ok = derive(b, &p, k->passphrase, own);
    if (ok) {
        crypto_secretbox_easy(p.key, key, STREAM(KEYBYTES), p.nonce, own);
        memcpy(head + 1, &p, sizeof p);
    }
    sodium_memzero(own, sizeof own);
    return ok;
}

static bool
find_sealed(struct box *b, const struct box_key *k, unsigned char *key,
            const unsigned char *head)
{
    struct sealed_head s;
    unsigned char public_key[crypto_box_PUBLICKEYBYTES];
    unsigned char id[BOX_ID_SIZE];
    if (k->secret_key == NULL) {
        return fails(b, "it was made for a key, not with a passphrase");
    }
    memcpy(&s, head + 1, sizeof s);
    crypto_scalarmult_base(public_key, k->secret_key);
    box_key_id(public_key, id);
    if (memcmp(id, s.id, sizeof id) != 0) {
        return fails(b, "it was made for another key");
    }
    return crypto_box_seal_open(key, s.key, sizeof s.key, public_key, k->secret_key) == 0 ||
           fails(b, "the file's head is damaged");
}

static bool
find_key(struct box *b, const struct box_key *k, unsigned char *key, const unsigned char *head)
{
    struct passphrase_head p;
    unsigned char own[crypto_secretbox_KEYBYTES];
    if (head[0] == KEPT_SEALED) {
        return find_sealed(b, k, key, head);
    }
    if (head[0] != KEPT_PASSPHRASE) {
        return fails(b, "the file's head is damaged");
    }
    if (k->passphrase == NULL) {
        return fails(b, "it was made with a passphrase, not for a key");
    }
    memcpy(&p, head + 1, sizeof p);
    bool ok = derive(b, &p, k->passphrase, own) &&
              (crypto_secretbox_open_easy(key, p.key, sizeof p.key, p.nonce, own) == 0 ||
               fails(b, "this is not its passphrase"));
    sodium_memzero(own, sizeof own);
    return ok;
}

// ---- writing ---------------------------------------------------------------------------

static void
drop(void *arg)
{
    box_close(arg);
}

static struct box *
box_new(struct arena *a, int fd, bool reads)
{
    struct box *b = ARENA_NEW(a, struct box);
    *b = (struct box){.arena = a, .fd = fd, .reads = reads};
    b->plain = arena_raw(a, PIECE);
    b->packed = arena_raw(a, PACKED_MOST);
    b->cipher = arena_raw(a, CIPHER_MOST);
    b->packer = reads ? NULL : libdeflate_alloc_compressor(LEVEL);
    b->unpacker = reads ? libdeflate_alloc_decompressor() : NULL;
    if (b->packer == NULL && b->unpacker == NULL) {
        fails(b, "out of memory");
    }
    arena_defer(a, drop, b);
    return b;
}

void
box_close(struct box *b)
{
    libdeflate_free_compressor(b->packer);
    libdeflate_free_decompressor(b->unpacker);
    b->packer = NULL;
    b->unpacker = NULL;
    sodium_memzero(&b->state, sizeof b->state);
    sodium_memzero(b->plain, PIECE);
}

static void
bind_head(struct box *b, const unsigned char *head, const unsigned char *stream_head)
{
    crypto_generichash_state s;
    crypto_generichash_init(&s, NULL, 0, sizeof b->bound);
    crypto_generichash_update(&s, (const unsigned char *)MAGIC, MAGIC_SIZE);
    crypto_generichash_update(&s, head, HEAD_SIZE);
    crypto_generichash_update(&s, stream_head, STREAM(HEADERBYTES));
    crypto_generichash_final(&s, b->bound, sizeof b->bound);
}

struct box *
box_create(struct arena *a, int fd, const struct box_key *k, const char **why)
{
    struct box *b = box_new(a, fd, false);
    unsigned char head[HEAD_SIZE] = {0};
    unsigned char stream_head[STREAM(HEADERBYTES)];
    unsigned char key[STREAM(KEYBYTES)];
    STREAM(keygen)(key);
    if (!b->failed && keep_key(b, k, key, head)) {
        STREAM(init_push)(&b->state, stream_head, key);
        bind_head(b, head, stream_head);
        if (write_all(b, MAGIC, MAGIC_SIZE) && write_all(b, head, sizeof head)) {
            write_all(b, stream_head, sizeof stream_head);
        }
    }
    sodium_memzero(key, sizeof key);
    *why = b->failed ? b->why : *why;
    return b->failed ? NULL : b;
}

static bool
write_piece(struct box *b, unsigned char tag)
{
    size_t n = libdeflate_deflate_compress(b->packer, b->plain, b->n, b->packed + 1, b->n);
    b->packed[0] = n > 0;
    if (n == 0) { // nothing to gain
        memcpy(b->packed + 1, b->plain, b->n);
        n = b->n;
    }
    unsigned long long size = 0;
    STREAM(push)
    (&b->state, b->cipher, &size, b->packed, n + 1, b->bound, sizeof b->bound, tag);
    uint32_t length = htole32((uint32_t)size);
    b->n = 0;
    return write_all(b, &length, sizeof length) && write_all(b, b->cipher, size);
}

bool
box_put(struct box *b, const void *p, size_t n)
{
    const unsigned char *at = p;
    while (!b->failed && n > 0) {
        size_t some = PIECE - b->n < n ? PIECE - b->n : n;
        memcpy(b->plain + b->n, at, some);
        b->n += some;
        at += some;
        n -= some;
        if (b->n == PIECE) {
            write_piece(b, 0);
        }
    }
    return !b->failed;
}

bool
box_finish(struct box *b)
{
    b->last = true;
    return !b->failed && write_piece(b, STREAM(TAG_FINAL));
}

// ---- reading ---------------------------------------------------------------------------

struct box *
box_open(struct arena *a, int fd, const struct box_key *k, const char **why)
{
    struct box *b = box_new(a, fd, true);
    unsigned char magic[MAGIC_SIZE];
    unsigned char head[HEAD_SIZE];
    unsigned char stream_head[STREAM(HEADERBYTES)];
    unsigned char key[STREAM(KEYBYTES)];
    if (read_all(b, magic, sizeof magic) != sizeof magic ||
        memcmp(magic, MAGIC, MAGIC_SIZE) != 0) {
        fails(b, "it is no backup of this program");
    } else if (read_all(b, head, sizeof head) != sizeof head ||
               read_all(b, stream_head, sizeof stream_head) != sizeof stream_head) {
        fails(b, "the file is cut off");
    } else if (find_key(b, k, key, head)) {
        if (STREAM(init_pull)(&b->state, stream_head, key) != 0) {
            fails(b, "the file's head is damaged");
        }
        bind_head(b, head, stream_head);
        sodium_memzero(key, sizeof key);
    }
    *why = b->failed ? b->why : *why;
    return b->failed ? NULL : b;
}

static bool
unpack(struct box *b, size_t n)
{
    size_t size = 0;
    b->at = b->n = 0;
    if (n == 0 || b->packed[0] > 1 || (b->packed[0] == 0 && n - 1 > PIECE)) {
        return fails(b, "the file is damaged");
    }
    if (b->packed[0] == 0) {
        memcpy(b->plain, b->packed + 1, n - 1);
        b->n = n - 1;
        return true;
    }
    if (libdeflate_deflate_decompress(b->unpacker, b->packed + 1, n - 1, b->plain, PIECE,
                                      &size) != LIBDEFLATE_SUCCESS) {
        return fails(b, "the file is damaged");
    }
    b->n = size;
    return true;
}

static bool
read_piece(struct box *b)
{
    uint32_t length = 0;
    unsigned long long n = 0;
    unsigned char tag = 0;
    if (b->last) {
        return fails(b, "the file holds less than it says");
    }
    if (read_all(b, &length, sizeof length) != sizeof length) {
        return fails(b, "the file is cut off");
    }
    length = le32toh(length);
    if (length < STREAM(ABYTES) || length > CIPHER_MOST) {
        return fails(b, "the file is damaged");
    }
    if (read_all(b, b->cipher, length) != length) {
        return fails(b, "the file is cut off");
    }
    if (STREAM(pull)(&b->state, b->packed, &n, &tag, b->cipher, length, b->bound,
                     sizeof b->bound) != 0) {
        return fails(b, "the file was changed or damaged");
    }
    b->last = tag == STREAM(TAG_FINAL);
    return unpack(b, (size_t)n);
}

bool
box_get(struct box *b, void *p, size_t n)
{
    unsigned char *to = p;
    while (!b->failed && n > 0) {
        if (b->at == b->n && !read_piece(b)) {
            return false;
        }
        size_t some = b->n - b->at < n ? b->n - b->at : n;
        memcpy(to, b->plain + b->at, some);
        b->at += some;
        to += some;
        n -= some;
    }
    return !b->failed;
}

bool
box_end(struct box *b)
{
    char more;
    while (!b->failed && !b->last) {
        if (b->at != b->n) {
            break;
        }
        read_piece(b);
    }
    if (b->failed) {
        return false;
    }
    if (b->at != b->n) {
        return fails(b, "the file holds more than it says");
    }
    return read_all(b, &more, 1) == 0 ? !b->failed
                                      : fails(b, "something was added to the file");
}
