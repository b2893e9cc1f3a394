// SPDX-License-Identifier: Apache-2.0
// The hostile set: malformed requests, what must answer them, and whether the handler may see
// them at all. `direct` is our server alone, `edge` is nginx with the shipped rules before it.
//
// An expectation is a list of permitted first status codes; 0 means closed without an answer.
// A refusal (>= 400 or 0) must not reach the handler and, where a second request is hidden
// behind it or nothing stands before the server, must close the connection.
// Where `second` names a side, what follows the first request is a request of its own there.

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
const chunkedSmuggle = `0\r\n\r\n${SMUGGLED}`;

// head() builds an ordinary request around what is wrong with it.
function head(lines, { line = 'GET /hello HTTP/1.1', host = 'Host: a', body = '' } = {}) {
    return [line, ...(host ? [host] : []), ...lines].join('\r\n') + '\r\n\r\n' + body;
}
const post = (lines, body) => head(lines, { line: 'POST /echo HTTP/1.1', body });
const get = (target) => head([], { line: `GET ${target} HTTP/1.1` });
const latin = (s) => Buffer.from(s, 'latin1');

const REFUSED = [400, 0];
const HANDLED = [200];

// prettier-ignore: one line a case
export const cases = [
    // -- framing: where a request ends --------------------------------------------------------
    { name: 'content-length with transfer-encoding', raw: post(['Content-Length: 6', 'Transfer-Encoding: chunked'], chunkedSmuggle), direct: [400], edge: [400] },
    { name: 'transfer-encoding with content-length', raw: post(['Transfer-Encoding: chunked', `Content-Length: ${chunkedSmuggle.length}`], chunkedSmuggle), direct: [400], edge: [400] },
    { name: 'two content-lengths, different', raw: post(['Content-Length: 3', `Content-Length: ${3 + SMUGGLED.length}`], 'abc' + SMUGGLED), direct: [400], edge: [400] },
    { name: 'two content-lengths, equal', raw: post(['Content-Length: 3', 'Content-Length: 3'], 'abc' + SMUGGLED), direct: [400], edge: [400] },
    { name: 'content-length list', raw: post(['Content-Length: 3, 3'], 'abc' + SMUGGLED), direct: [400], edge: [400] },
    { name: 'content-length with plus', raw: post(['Content-Length: +3'], 'abc' + SMUGGLED), direct: [400], edge: [400] },
    { name: 'content-length negative', raw: post(['Content-Length: -1'], SMUGGLED), direct: [400], edge: [400] },
    { name: 'content-length hexadecimal', raw: post(['Content-Length: 0x3'], 'abc' + SMUGGLED), direct: [400], edge: [400] },
    { name: 'content-length overflowing', raw: post(['Content-Length: 18446744073709551617'], 'a' + SMUGGLED), direct: [400, 413], edge: [400, 413] },
    { name: 'content-length empty', raw: post(['Content-Length:'], SMUGGLED), direct: [400], edge: [400] },
    { name: 'transfer-encoding identity', raw: post(['Transfer-Encoding: identity'], SMUGGLED), direct: [400, 501], edge: [400, 501] },
    { name: 'transfer-encoding gzip, chunked', raw: post(['Transfer-Encoding: gzip, chunked'], chunkedSmuggle), direct: [400, 501], edge: [400, 501] },
    { name: 'transfer-encoding xchunked', raw: post(['Transfer-Encoding: xchunked'], chunkedSmuggle), direct: [400, 501], edge: [400, 501] },
    { name: 'transfer-encoding twice', raw: post(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], chunkedSmuggle), direct: [400, 501], edge: [400, 501] },
    { name: 'transfer-encoding on HTTP/1.0', raw: head(['Transfer-Encoding: chunked'], { line: 'POST /echo HTTP/1.0', body: chunkedSmuggle }), direct: [400], edge: [400] },
    { name: 'space before the colon', raw: post(['Content-Length : 3'], 'abc' + SMUGGLED), direct: REFUSED, edge: [400] },
    { name: 'space before the colon of transfer-encoding', raw: post(['Transfer-Encoding : chunked', 'Content-Length: 3'], 'abc' + SMUGGLED), direct: REFUSED, edge: [400] },
    { name: 'chunk size not a number', raw: post(['Transfer-Encoding: chunked'], `xyz\r\nabc\r\n${chunkedSmuggle}`), direct: REFUSED, edge: [400] },
    { name: 'chunk size negative', raw: post(['Transfer-Encoding: chunked'], `-1\r\nabc\r\n${chunkedSmuggle}`), direct: REFUSED, edge: [400] },
    { name: 'chunk size overflowing', raw: post(['Transfer-Encoding: chunked'], `10000000000000003\r\nabc\r\n${chunkedSmuggle}`), direct: [400, 413, 0], edge: [400, 413] },
    { name: 'chunk size with a plus', raw: post(['Transfer-Encoding: chunked'], `+3\r\nabc\r\n${chunkedSmuggle}`), direct: REFUSED, edge: [400] },
    { name: 'chunk size with 0x', raw: post(['Transfer-Encoding: chunked'], `0x3\r\nabc\r\n${chunkedSmuggle}`), direct: REFUSED, edge: [400] },
    { name: 'empty chunk size', raw: post(['Transfer-Encoding: chunked'], `\r\nabc\r\n${chunkedSmuggle}`), direct: REFUSED, edge: [400] },
    { name: 'chunk longer than its size', raw: post(['Transfer-Encoding: chunked'], `2\r\nabcd\r\n${chunkedSmuggle}`), direct: REFUSED, edge: [400] },

    // -- host and line --------------------------------------------------------------------
    { name: 'no host', raw: head([], { host: '' }), direct: [400], edge: [400] },
    { name: 'two hosts', raw: head(['Host: b']), direct: [400], edge: [400] },
    { name: 'host with a path', raw: head([], { host: 'Host: a/../b' }), direct: [400], edge: [400] },
    { name: 'host with an at sign', raw: head([], { host: 'Host: a@evil' }), direct: [400], edge: REFUSED },
    { name: 'empty host', raw: head([], { host: 'Host:' }), direct: [400], edge: [400] },
    { name: 'unknown method', raw: head([], { line: 'FOO /hello HTTP/1.1' }), direct: [405, 501], edge: [405, 501] },
    { name: 'method in lower case', raw: head([], { line: 'get /hello HTTP/1.1' }), direct: [405, 501], edge: [400, 405, 501] },
    { name: 'TRACE', raw: head([], { line: 'TRACE /hello HTTP/1.1' }), direct: [405, 501], edge: [405, 501] },
    { name: 'CONNECT', raw: head([], { line: 'CONNECT a:443 HTTP/1.1' }), direct: [400, 405, 501], edge: [400, 405, 501] },
    { name: 'asterisk target', raw: head([], { line: 'OPTIONS * HTTP/1.1' }), direct: [400], edge: [400, 405] },
    { name: 'absolute target', raw: get('http://a/hello'), direct: [400], edge: [200] },
    { name: 'absolute target of another host', raw: get('http://evil/smuggled'), direct: [400], edge: [400, 403, 404, 421, 0] },
    { name: 'no version', raw: 'GET /hello\r\nHost: a\r\n\r\n', direct: [400, 505, 0], edge: REFUSED },
    { name: 'version 2.0 in text', raw: head([], { line: 'GET /hello HTTP/2.0' }), direct: [400, 505], edge: [400, 505] },
    { name: 'version 1.9', raw: head([], { line: 'GET /hello HTTP/1.9' }), direct: [400, 505], edge: [400, 505, 200] },
    { name: 'version in words', raw: head([], { line: 'GET /hello JUNK/1.1' }), direct: [400, 505], edge: [400] },
    { name: 'space in the target', raw: get('/hello world'), direct: REFUSED, edge: [400] },
    { name: 'TLS hello to the plain port', raw: latin('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'), direct: REFUSED, edge: [400] },

    // -- targets --------------------------------------------------------------------------
    { name: '%00 in the path', raw: get('/hello%00.txt'), direct: [400], edge: [400] },
    { name: 'half an escape', raw: get('/hello%4'), direct: [400], edge: [400] },
    { name: 'escape of no number', raw: get('/hello%zz'), direct: [400], edge: [400] },
    { name: 'invalid UTF-8 in the path', raw: get('/%ff%fe'), direct: [400], edge: [400] },
    { name: 'overlong UTF-8 in the path', raw: get('/%c0%afetc'), direct: [400], edge: [400] },
    { name: 'line end in the path', raw: get('/a%0d%0aSet-Cookie:x=1'), direct: [400], edge: [400] },
    { name: 'dot segments', raw: get('/hello/../smuggled'), direct: [400], edge: [400] },
    { name: 'encoded dot segments', raw: get('/hello/%2e%2e/smuggled'), direct: [400], edge: [400] },
    { name: 'above the root', raw: get('/../../etc/passwd'), direct: [400], edge: [400] },
    { name: 'encoded slash', raw: get('/hello%2f..%2fsmuggled'), direct: [400], edge: [400] },
    { name: 'fragment', raw: get('/hello#frag'), direct: [400], edge: [400, 200] },
    { name: '%00 in the query', raw: get('/hello?a=%00'), direct: [400], edge: [400] },
    { name: 'target of 9,000 bytes', raw: get('/' + 'a'.repeat(9000)), direct: [413, 414, 431], edge: [414, 400, 431] },

    // -- headers --------------------------------------------------------------------------
    { name: 'header of 9,000 bytes', raw: head(['X-Long: ' + 'a'.repeat(9000)]), direct: [413, 431], edge: [400, 431] },
    { name: '101 headers', raw: head(Array.from({ length: 101 }, (_, i) => `X-${i}: 1`)), direct: [413, 431], edge: [400, 431] },
    { name: 'headers of 64 KiB', raw: head(Array.from({ length: 64 }, (_, i) => `X-${i}: ${'b'.repeat(1000)}`)), direct: [413, 431], edge: [400, 431] },
    { name: 'header without colon', raw: head(['no colon here']), direct: REFUSED, edge: [400] },
    { name: 'control character in a name', raw: head(['X\x01Y: 1']), direct: REFUSED, edge: [400] },
    { name: 'control character in a value', raw: head(['X-Y: a\x01b']), direct: REFUSED, edge: [400] },
    { name: 'two content-types', raw: post(['Content-Type: text/plain', 'Content-Type: application/x-www-form-urlencoded', 'Content-Length: 3'], 'a=1'), direct: [400], edge: [400] },
    { name: 'unknown expectation', raw: post(['Expect: miracles', 'Content-Length: 3'], 'a=1'), direct: [417, 400], edge: [417, 200] },

    // -- what the library folds, cuts or drops before we see it ---------------------------
    { name: 'folded header', raw: head(['X-Fold: a', ' b', 'X-Y: 1']), direct: REFUSED, edge: [400] },
    { name: 'folded last header', raw: head(['X-Fold: a', ' b']), direct: REFUSED, edge: [400] },
    { name: 'folded transfer-encoding', raw: post(['Transfer-Encoding:', ' chunked', 'Content-Length: 3'], 'abc' + SMUGGLED), direct: REFUSED, edge: [400] },
    { name: 'folded last transfer-encoding', raw: post(['Content-Length: 3', 'Transfer-Encoding:', '\tchunked'], 'abc' + SMUGGLED), direct: REFUSED, edge: [400] },
    { name: 'transfer-encoding in a fold', raw: post(['X-A: 1', ' Transfer-Encoding: chunked', 'Content-Length: 3'], 'abc' + SMUGGLED), direct: REFUSED, edge: [400] },
    { name: 'fold before the first header', raw: head([], { host: ' Host: a' }), direct: REFUSED, edge: [400] },
    { name: 'bare CR in a header', raw: head(['X-Y: a\rZ: b']), direct: REFUSED, edge: [400] },
    { name: 'bare CR hides content-length', raw: post(['X-Y: a\rContent-Length: 3'], 'abc' + SMUGGLED), direct: REFUSED, edge: [400] },
    { name: 'NUL in a header', raw: latin(head(['X-Y: a\0b', 'X-Z: 1'])), direct: REFUSED, edge: [400] },
    { name: 'NUL in the last header', raw: latin(head(['X-Y: a\0b'])), direct: REFUSED, edge: [400] },
    { name: 'NUL hides transfer-encoding', raw: latin(post(['Content-Length: 3\0Transfer-Encoding: chunked'], 'abc' + SMUGGLED)), direct: REFUSED, edge: [400] },
    { name: 'NUL in a name', raw: latin(head(['X\0Y: 1'])), direct: REFUSED, edge: [400] },
    { name: 'NUL in the target', raw: latin(get('/hello\0/../x')), direct: [400, 505, 0], edge: [400] },
    { name: 'header without name', raw: head([': value', 'X-Y: 1']), direct: REFUSED, edge: [400] },
    { name: 'last header without name', raw: head([': value']), direct: REFUSED, edge: [400] },
    { name: 'bare LF line ends', raw: 'GET /hello HTTP/1.1\nHost: a\n\n' + SMUGGLED, direct: REFUSED, edge: [200], edgeNote: 'normalised', second: 'edge' },
    { name: 'bare LF before a header', raw: head(['X-Y: a\nX-Z: b']), direct: REFUSED, edge: [200], edgeNote: 'normalised' },
    { name: 'bare LF before the body', raw: 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\n\r\nabc', direct: REFUSED, edge: [200], edgeNote: 'normalised' },

    // -- what must still work -------------------------------------------------------------
    { name: 'plain GET', raw: head([]), direct: HANDLED, edge: HANDLED },
    { name: 'plain POST', raw: post(['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 7'], 'a=1&b=2'), direct: HANDLED, edge: HANDLED },
    { name: 'chunked POST', raw: post(['Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n'), direct: HANDLED, edge: HANDLED },
    { name: 'chunked POST in capitals', raw: post(['Transfer-Encoding: Chunked'], '3\r\nabc\r\n0\r\n\r\n'), direct: HANDLED, edge: HANDLED },
    { name: 'Chinese path and query', raw: get('/%E9%9C%80%E6%B1%82?q=%E4%BC%9A%E6%A1%A5&x=1+2'), direct: HANDLED, edge: HANDLED },
    { name: 'HTTP/1.0 without host', raw: 'GET /hello HTTP/1.0\r\n\r\n', direct: HANDLED, edge: [200, 400, 421, 0] },
    { name: '2 KiB of cookies in 30 headers', raw: head([...Array.from({ length: 28 }, (_, i) => `X-${i}: value`), 'Cookie: ' + Array.from({ length: 8 }, (_, i) => `c${i}=${'v'.repeat(250)}`).join('; ')]), direct: HANDLED, edge: HANDLED },
];

// Two requests on one connection: both must be answered, in order.
export const pipelined = head([]) + post(['Content-Length: 3'], 'abc') + head([]);
