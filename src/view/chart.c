// SPDX-License-Identifier: Apache-2.0
// Coordinates are integers in tenths of a unit: the same numbers give the same bytes on every
// machine. Text goes through the sinks, numbers through digits of our own.
#include "view/chart.h"

#include "base/text.h"
#include "view/html.h"

#include <limits.h>

// Of lines, in units: the plot and the places of labels (see app.css: 13px text).
enum {
    LINES_WIDTH = 720,
    LINES_HEIGHT = 250,
    PLOT_LEFT = 40,
    PLOT_RIGHT = 708,
    PLOT_TOP = 12,
    PLOT_BOTTOM = 224,
    AXIS_BASE = 244,
    DIGIT_WIDTH = 8,
    LABELS_MAX = 12,
    STEPS_MAX = 4
};
// Of bars.
enum {
    BARS_WIDTH = 460,
    BAR_PITCH = 30,
    LABEL_ROOM = 100,       // of labels in Chinese
    LABEL_ROOM_LATIN = 150, // and of longer ones
    LABEL_GAP = 8,          // between label and bar
    BAR_NOTE = 96,          // behind the longest bar
};

static void
put(struct buf *b, const char *s)
{
    buf_puts(b, s);
}

static void
put_escaped(struct buf *b, const char *s)
{
    html_text(b, s, strlen(s));
}

static void
put_tenths(struct buf *b, int64_t t)
{
    buf_int(b, t / 10);
    if (t % 10 != 0) {
        buf_putc(b, '.');
        buf_int(b, t % 10);
    }
}

// ` name="12.5"`
static void
put_attribute(struct buf *b, const char *name, int64_t tenths)
{
    buf_putc(b, ' ');
    put(b, name);
    put(b, "=\"");
    put_tenths(b, tenths);
    buf_putc(b, '"');
}

static void
open_svg(struct buf *b, int64_t width, int64_t height, const char *title_id)
{
    put(b, "<svg viewBox=\"0 0 ");
    buf_int(b, width);
    buf_putc(b, ' ');
    buf_int(b, height);
    put(b, "\" class=\"cs\" role=\"img\" aria-labelledby=\"");
    put_escaped(b, title_id);
    put(b, "\">");
}

static void
put_label(struct buf *b, const char *class, int64_t x, int64_t y, const char *text)
{
    put(b, "<text class=\"");
    put(b, class);
    buf_putc(b, '"');
    put_attribute(b, "x", x);
    put_attribute(b, "y", y);
    buf_putc(b, '>');
    put_escaped(b, text);
    put(b, "</text>");
}

// --- lines ---

struct scale {
    int64_t low, high, step; // of the axis; low and high are multiples of step
    int64_t left;            // tenths
};

// 1, 2 or 5 times a power of ten, so that at most STEPS_MAX steps cover the values.
static int64_t
axis_step(int64_t low, int64_t high)
{
    static const int64_t nice[] = {1, 2, 5};
    for (int64_t power = 1; power < INT64_MAX / 100; power *= 10) {
        for (size_t i = 0; i < 3; i++) {
            int64_t step = nice[i] * power;
            int64_t up = high / step + (high % step != 0);
            int64_t down = -low / step + (low % step != 0);
            if (up + down <= STEPS_MAX) {
                return step;
            }
        }
    }
    return INT64_MAX / 8;
}

static int64_t
clamp(int64_t v)
{
    int64_t most = INT64_MAX / 100000;
    return v > most ? most : v < -most ? -most : v;
}

static struct scale
make_scale(const struct chart_series *series, size_t series_count, size_t n)
{
    struct scale s = {0};
    for (size_t k = 0; k < series_count; k++) {
        for (size_t i = 0; i < n; i++) {
            int64_t v = clamp(series[k].values[i]);
            s.low = v < s.low ? v : s.low;
            s.high = v > s.high ? v : s.high;
        }
    }
    if (s.low == s.high) {
        s.high = 1;
    }
    s.step = axis_step(s.low, s.high);
    s.high = (s.high + s.step - 1) / s.step * s.step;
    s.low = -((-s.low + s.step - 1) / s.step * s.step);
    int64_t digits = s.low < 0;
    int64_t widest = s.high > -s.low ? s.high : -s.low;
    for (; widest > 0; widest /= 10) {
        digits++;
    }
    int64_t left = digits * DIGIT_WIDTH + 8;
    s.left = 10 * (left > PLOT_LEFT ? left : PLOT_LEFT);
    return s;
}

static int64_t
x_of(const struct scale *s, size_t i, size_t n)
{
    int64_t right = PLOT_RIGHT * 10;
    if (n < 2) {
        return (s->left + right) / 2;
    }
    return s->left + (right - s->left) * (int64_t)i / (int64_t)(n - 1);
}

static int64_t
y_of(const struct scale *s, int64_t v)
{
    int64_t height = (PLOT_BOTTOM - PLOT_TOP) * 10;
    return PLOT_BOTTOM * 10 - (clamp(v) - s->low) * height / (s->high - s->low);
}

static void
put_grid(struct buf *b, const struct scale *s)
{
    for (int64_t v = s->low; v <= s->high; v += s->step) {
        int64_t y = y_of(s, v);
        put(b, "<path class=\"g\" d=\"M");
        put_tenths(b, s->left);
        buf_putc(b, ' ');
        put_tenths(b, y);
        buf_putc(b, 'H');
        buf_int(b, PLOT_RIGHT);
        put(b, "\"/><text class=\"ax e\"");
        put_attribute(b, "x", s->left - 60);
        put_attribute(b, "y", y + 40);
        buf_putc(b, '>');
        buf_int(b, v);
        put(b, "</text>");
    }
}

static void
put_point(struct buf *b, const char *class, int64_t x, int64_t y)
{
    put(b, "<circle class=\"");
    put(b, class);
    buf_putc(b, '"');
    put_attribute(b, "cx", x);
    put_attribute(b, "cy", y);
    put(b, " r=\"4\"><title>");
}

static void
put_series(struct buf *b, const struct scale *s, const char *const *labels, size_t n,
           const struct chart_series *series, bool second, const char *unit)
{
    put(b, second ? "<polyline class=\"l2\" points=\"" : "<polyline class=\"l1\" points=\"");
    for (size_t i = 0; i < n; i++) {
        put(b, i > 0 ? " " : "");
        put_tenths(b, x_of(s, i, n));
        buf_putc(b, ',');
        put_tenths(b, y_of(s, series->values[i]));
    }
    put(b, "\"/>");
    for (size_t i = 0; i < n; i++) {
        put_point(b, second ? "p2" : "p1", x_of(s, i, n), y_of(s, series->values[i]));
        put_escaped(b, labels[i]);
        buf_putc(b, ' ');
        put_escaped(b, series->label);
        buf_putc(b, ' ');
        buf_int(b, series->values[i]);
        buf_putc(b, ' ');
        put_escaped(b, unit);
        put(b, "</title></circle>");
    }
}

void
chart_lines(struct buf *b, const char *title_id, const char *const *labels, size_t n,
            const struct chart_series *series, size_t series_count, const char *unit)
{
    struct scale s = make_scale(series, series_count, n);
    open_svg(b, LINES_WIDTH, LINES_HEIGHT, title_id);
    put_grid(b, &s);
    // Not every label finds room; the last one always stands.
    size_t every = (n + LABELS_MAX - 1) / LABELS_MAX;
    for (size_t i = 0; i < n; i++) {
        if ((n - 1 - i) % every == 0) {
            put_label(b, "ax m", x_of(&s, i, n), AXIS_BASE * 10, labels[i]);
        }
    }
    for (size_t k = 0; n > 0 && k < series_count; k++) {
        put_series(b, &s, labels, n, &series[k], k > 0, unit);
    }
    put(b, "</svg>");
}

// --- bars ---

// Words in Latin letters need more room than the same in Chinese.
static int
label_room(const char *const *labels, size_t n)
{
    size_t latin = 0;
    for (size_t i = 0; i < n; i++) {
        latin += (unsigned char)*labels[i] < 0x80;
    }
    return latin * 2 > n ? LABEL_ROOM_LATIN : LABEL_ROOM;
}

// As much of the label as fits in front of the bars: Han characters take twice the width.
static const char *
fitted(struct arena *a, const char *label, int room)
{
    size_t chars = 0;
    int width = 0;
    for (const char *p = label; *p != '\0'; p++) {
        if (((unsigned char)*p & 0xC0) == 0x80) {
            continue;
        }
        width += (unsigned char)*p < 0x80 ? 7 : 13;
        if (width > room) {
            return text_ellipsis(a, label, chars);
        }
        chars++;
    }
    return label;
}

static void
put_bar(struct buf *b, int64_t left, int64_t top, int64_t width, bool flag)
{
    put(b, flag ? "<rect class=\"b2\"" : "<rect class=\"b1\"");
    put_attribute(b, "x", left * 10);
    put_attribute(b, "y", (top + 7) * 10);
    put_attribute(b, "width", width);
    put(b, " height=\"16\" rx=\"2\"/>");
}

void
chart_bars(struct buf *b, const char *title_id, const char *const *labels,
           const int64_t *values, const char *const *notes, const bool *flag, size_t n)
{
    int64_t most = 1;
    for (size_t i = 0; i < n; i++) {
        int64_t v = clamp(values[i]);
        most = v > most ? v : most;
    }
    int room = label_room(labels, n);
    int64_t left = room + LABEL_GAP + 4;
    int64_t longest = BARS_WIDTH - left - BAR_NOTE;
    open_svg(b, BARS_WIDTH, BAR_PITCH * (int64_t)n, title_id);
    for (size_t i = 0; i < n; i++) {
        int64_t top = BAR_PITCH * (int64_t)i;
        int64_t v = clamp(values[i]);
        int64_t width = v > 0 ? v * longest * 10 / most : 0;
        const char *label = fitted(b->arena, labels[i], room);
        put(b, "<g><title>");
        put_escaped(b, labels[i]);
        put(b, "</title>");
        put_label(b, "ax e", (left - LABEL_GAP) * 10, (top + 20) * 10, label);
        put_bar(b, left, top, width, flag != NULL && flag[i]);
        const char *note = notes == NULL ? NULL : notes[i];
        put(b, "<text class=\"vl\"");
        put_attribute(b, "x", left * 10 + width + 60);
        put_attribute(b, "y", (top + 20) * 10);
        buf_putc(b, '>');
        if (note != NULL) {
            put_escaped(b, note);
        } else {
            buf_int(b, values[i]);
        }
        put(b, "</text></g>");
    }
    put(b, "</svg>");
}
