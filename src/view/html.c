// SPDX-License-Identifier: Apache-2.0
// The sinks. Clean runs are copied whole; only the bytes that mean something in the target
// language are looked at twice.
#include "view/html.h"

#include "base/block.h"

#include <stdbool.h>
#include <string.h>

// 0: copy as it is; otherwise the index into ENTITY.
static const unsigned char SPECIAL[256] = {
    ['&'] = 1, ['<'] = 2, ['>'] = 3, ['"'] = 4, ['\''] = 5,
};
static const struct {
    const char *text;
    size_t n;
} ENTITY[] = {{"", 0}, {"&amp;", 5}, {"&lt;", 4}, {"&gt;", 4}, {"&quot;", 6}, {"&#39;", 5}};

static inline block
means_something(block b)
{
    return (block)((b == '&') | (b == '<') | (b == '>') | (b == '"') | (b == '\''));
}

void
html_text(struct buf *b, const char *s, size_t n)
{
    if (!block_finds(s, n, means_something)) {
        buf_put(b, s, n);
        return;
    }
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char special = SPECIAL[(unsigned char)s[i]];
        if (special != 0) {
            buf_put(b, s + from, i - from);
            buf_put(b, ENTITY[special].text, ENTITY[special].n);
            from = i + 1;
        }
    }
    buf_put(b, s + from, n - from);
}

static bool
starts(const char *s, size_t n, const char *prefix)
{
    size_t len = strlen(prefix);
    return n >= len && strncasecmp(s, prefix, len) == 0;
}

static inline block
is_control(block b)
{
    return (block)((b < 0x20) | (b == 0x7f));
}

// Same-site references and three schemes. "//host" and "/\host" name another site to a
// browser, and a browser drops TAB and line ends before it looks, so both are refused.
static bool
url_is_safe(const char *s, size_t n)
{
    if (n == 0 || block_finds(s, n, is_control)) {
        return false;
    }
    if (s[0] == '/') {
        return n == 1 || (s[1] != '/' && s[1] != '\\');
    }
    return s[0] == '#' || s[0] == '?' || starts(s, n, "https:") || starts(s, n, "mailto:") ||
           starts(s, n, "tel:");
}

void
html_url(struct buf *b, const char *s, size_t n)
{
    if (url_is_safe(s, n)) {
        html_text(b, s, n);
    } else {
        buf_putc(b, '#');
    }
}

// RFC 3986 unreserved characters and two that are harmless in path, query and HTML alike. Not
// '/', ':' or '\\': after a literal prefix they could still change the site or the scheme.
static const unsigned char PLAIN[256] = {
    ['-'] = 1, ['.'] = 1, ['_'] = 1, ['~'] = 1, [','] = 1, ['@'] = 1, ['0'] = 1, ['1'] = 1,
    ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1,
    ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1,
    ['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1,
    ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1,
    ['Y'] = 1, ['Z'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1,
    ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1,
    ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1,
    ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
};

void
url_component(struct buf *b, const char *s)
{
    const char *from = s;
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (PLAIN[c] == 0) {
            char escaped[3] = {'%', "0123456789ABCDEF"[c >> 4], "0123456789ABCDEF"[c & 15]};
            buf_put(b, from, (size_t)(s - from));
            buf_put(b, escaped, sizeof escaped);
            from = s + 1;
        }
    }
    buf_put(b, from, (size_t)(s - from));
}
