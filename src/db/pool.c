// SPDX-License-Identifier: Apache-2.0
// The readers of either engine that no request uses at the moment.
#include "db/engine.h"

#include "base/log.h"

#include <time.h>

void
db_pool_init(struct db_pool *p, unsigned most)
{
    *p = (struct db_pool){.most = most};
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&p->freed, &attr);
    pthread_condattr_destroy(&attr);
}

void
db_pool_destroy(struct db_pool *p)
{
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->freed);
}

struct db_tx *
db_pool_take(struct db_pool *p, bool *make)
{
    struct timespec until = {0};
    pthread_mutex_lock(&p->lock);
    int rc = 0;
    while (p->free == NULL && p->opened >= p->most && !p->closed && rc == 0) {
        if (until.tv_sec == 0) {
            clock_gettime(CLOCK_MONOTONIC, &until);
            until.tv_sec++;
        }
        p->waiters++;
        rc = pthread_cond_timedwait(&p->freed, &p->lock, &until);
        p->waiters--;
    }
    struct db_tx *tx = p->free;
    if (tx != NULL) {
        p->free = tx->next;
    }
    *make = tx == NULL && !p->closed && p->opened < p->most;
    if (*make) {
        p->opened++;
    }
    pthread_mutex_unlock(&p->lock);
    return tx;
}

void
db_pool_give(struct db_pool *p, struct db_tx *tx, void (*before)(struct db_tx *tx))
{
    pthread_mutex_lock(&p->lock);
    if (tx == NULL) {
        p->opened--;
    } else {
        if (before != NULL) {
            before(tx);
        }
        tx->next = p->free;
        p->free = tx;
    }
    if (p->waiters > 0) {
        pthread_cond_signal(&p->freed);
    }
    pthread_mutex_unlock(&p->lock);
}

void
db_pool_close(struct db_pool *p, void (*drop)(struct db_tx *tx))
{
    pthread_mutex_lock(&p->lock);
    p->closed = true;
    struct db_tx *tx = p->free;
    p->free = NULL;
    pthread_mutex_unlock(&p->lock);
    while (tx != NULL) {
        struct db_tx *next = tx->next;
        drop(tx);
        p->opened--;
        tx = next;
    }
    if (p->opened > 0) {
        log_error("%u read snapshots are still open at close", p->opened);
    }
}
