// SPDX-License-Identifier: Apache-2.0
// A queue and its threads.
#include "kit/workers.h"

#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>

enum { THREADS_MOST = 32 };

struct tasks {
    struct task *first;
    struct task **last;
};

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t threads[THREADS_MOST];
    unsigned count;
    struct tasks first, then;
    unsigned waiting; // in `then`
    unsigned most;
    const char *name;
    bool stop;
};

static void
put(struct tasks *q, struct task *t)
{
    t->next = NULL;
    *q->last = t;
    q->last = &t->next;
}

static struct task *
get(struct tasks *q)
{
    struct task *t = q->first;
    if (t != NULL) {
        q->first = t->next;
        q->last = q->first == NULL ? &q->first : q->last;
    }
    return t;
}

static void *
worker_main(void *arg)
{
    struct workers *w = arg;
    pthread_setname_np(pthread_self(), w->name);
    pthread_mutex_lock(&w->lock);
    for (;;) {
        struct task *t = get(&w->first);
        if (t == NULL && (t = get(&w->then)) != NULL) {
            w->waiting--;
        }
        if (t == NULL && w->stop) {
            break;
        }
        if (t == NULL) {
            pthread_cond_wait(&w->wake, &w->lock);
            continue;
        }
        pthread_mutex_unlock(&w->lock);
        t->fn(t->arg);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct workers *
workers_start(struct arena *a, const char *name, unsigned threads, unsigned most)
{
    struct workers *w = ARENA_NEW(a, struct workers);
    w->name = name;
    w->most = most;
    w->count = threads < THREADS_MOST ? threads : THREADS_MOST;
    w->first.last = &w->first.first;
    w->then.last = &w->then.first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    for (unsigned i = 0; i < w->count; i++) {
        if (pthread_create(&w->threads[i], NULL, worker_main, w) != 0) {
            log_error("cannot start a worker");
            abort();
        }
    }
    return w;
}

void
workers_stop(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->count; i++) {
        pthread_join(w->threads[i], NULL);
    }
}

bool
workers_add(struct workers *w, struct task *t)
{
    pthread_mutex_lock(&w->lock);
    bool room = w->waiting < w->most && !w->stop;
    if (room) {
        put(&w->then, t);
        w->waiting++;
        pthread_cond_signal(&w->wake);
    }
    pthread_mutex_unlock(&w->lock);
    return room;
}

void
workers_add_first(struct workers *w, struct task *t)
{
    pthread_mutex_lock(&w->lock);
    put(&w->first, t);
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}
