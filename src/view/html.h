// SPDX-License-Identifier: Apache-2.0
// One sink per output context. Everything that reaches a page goes through one of these.
#ifndef VIEW_HTML_H
#define VIEW_HTML_H

#include "base/buf.h"

void html_text(struct buf *b, const char *s, size_t n); // element text and quoted attribute
void html_url(struct buf *b, const char *s, size_t n);  // a whole URL in an attribute, checked
void url_component(struct buf *b, const char *s);       // percent-encoded query or path part

#endif
