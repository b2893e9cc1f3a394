// SPDX-License-Identifier: Apache-2.0
// Sheets of enterprises as an office would bring them, of any length, as CSV and as a workbook:
// for the bench and the tests of the import. Invented names, codes that check.
import { deflateRawSync, crc32 as zlibCrc } from 'node:zlib';

const CODE = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORG = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const ORG_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

// A unified social credit code that checks, both digits.
export function uscc(n) {
  const org = `M${String(n).padStart(7, '0')}`;
  const rest = 11 - ([...org].reduce((s, c, i) => s + ORG.indexOf(c) * ORG_WEIGHTS[i], 0) % 11);
  const body = `91320902${org}${rest === 10 ? 'X' : rest === 11 ? '0' : rest}`;
  const sum = [...body].reduce((s, c, i) => s + CODE.indexOf(c) * WEIGHTS[i], 0);
  return body + CODE[(31 - (sum % 31)) % 31];
}

const PLACES = ['临江', '青石', '南桥', '北塘', '东浦', '西渡', '云岭', '沙河'];
const WORDS = '江南北海东方华新永恒金银瑞祥丰宏达盛昌隆顺安康宁远景明德仁义信诚和美佳优创科智慧联合众力天地山川林泉'.match(/./gu);
const TRADES = ['机械制造', '电子科技', '新材料', '纺织', '食品', '商贸', '建筑工程', '物流', '信息技术', '环保设备'];
const TOWNS = ['青石镇', '南桥镇', '北塘街道', '东浦镇', '西渡街道', '云岭镇'];
const INDUSTRIES = ['35', '39', '30', '17', '14', '51', '47', '54', '65', '77'];
const NAMES = '王李张刘陈杨黄赵吴周'.match(/./gu);

export const HEAD = ['序号', '企业名称', '统一社会信用代码', '所属行业', '所属镇街', '注册地址', '所属商会', '法定代表人', '联系人', '联系电话', '成立日期', '入会日期'];

// n rows; first is the number of the first enterprise.
export function* rows(n, chambers, first = 0) {
  for (let i = first; i < first + n; i++) {
    const at = (list, k) => list[Math.floor(i / k) % list.length];
    const person = at(NAMES, 3) + at(WORDS, 7) + at(WORDS, 11);
    yield [String(i + 1), `${at(PLACES, 1)}${at(WORDS, 5)}${at(WORDS, 131)}${at(WORDS, 17)}${i}${at(TRADES, 1)}有限公司`, uscc(i), at(INDUSTRIES, 1),
      at(TOWNS, 1), `${at(TOWNS, 1)}工业路 ${i % 900 + 1} 号`, at(chambers, 1), person, person, `1${3 + (i % 7)}${String(100000000 + (i * 7919) % 900000000)}`,
      `${1990 + (i % 30)}-0${1 + (i % 9)}-1${i % 10}`, `20${10 + (i % 14)}年${1 + (i % 12)}月${1 + (i % 28)}日`];
  }
}

export const csv = (table) => Buffer.from(table.map((r) => r.map((c) => (/[",\n]/.test(c) ? `"${c.replaceAll('"', '""')}"` : c)).join(',')).join('\r\n') + '\r\n');

// ---- a workbook: a small archive of a few parts --------------------------------------------

const crcTable = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});
const crc32 = zlibCrc ?? ((b) => {
  let c = 0xffffffff;
  for (const x of b) c = crcTable[(c ^ x) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
});

export function zip(parts) {
  const local = [], central = [];
  let at = 0;
  for (const [name, text] of parts) {
    const data = Buffer.from(text);
    const packed = deflateRawSync(data, { level: 6 });
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(0x800, 2);
    head.writeUInt16LE(8, 4);
    head.writeUInt32LE(crc32(data), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(data.length, 18);
    head.writeUInt16LE(Buffer.byteLength(name), 22);
    const first = Buffer.concat([Buffer.from('PK\x03\x04'), head, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), head, tail, Buffer.from(name)]));
    local.push(first);
    at += first.length;
  }
  const size = central.reduce((s, b) => s + b.length, 0);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...local, ...central, end]);
}

const escape = (s) => s.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const letter = (c) => (c < 26 ? '' : String.fromCharCode(64 + Math.floor(c / 26))) + String.fromCharCode(65 + (c % 26));

// Cells are texts (shared strings) or numbers; `merges` like "A1:C1"; `extra` goes behind <sheets>.
export function xlsx(table, { merges = [], date1904 = false } = {}) {
  const strings = new Map();
  const index = (s) => strings.get(s) ?? (strings.set(s, strings.size), strings.size - 1);
  const body = [];
  table.forEach((cells, r) => {
    const row = cells.map((v, c) => (v === '' || v === null ? ''
      : typeof v === 'number' ? `<c r="${letter(c)}${r + 1}"><v>${v}</v></c>`
        : `<c r="${letter(c)}${r + 1}" t="s"><v>${index(v)}</v></c>`));
    body.push(`<row r="${r + 1}">${row.join('')}</row>`);
  });
  const ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
  const rel = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  return zip([
    ['[Content_Types].xml', `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>${[
      ['workbook', 'sheet.main'], ['worksheets/sheet1', 'worksheet'], ['sharedStrings', 'sharedStrings']].map(([part, type]) =>
      `<Override PartName="/xl/${part}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.${type}+xml"/>`).join('')}</Types>`],
    ['_rels/.rels', `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="${rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>`],
    ['xl/workbook.xml', `<?xml version="1.0"?><workbook ${ns} xmlns:r="${rel}"><workbookPr${date1904 ? ' date1904="1"' : ''}/><sheets><sheet name="1" sheetId="1" r:id="r1"/></sheets></workbook>`],
    ['xl/_rels/workbook.xml.rels', `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="${rel}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="${rel}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`],
    ['xl/worksheets/sheet1.xml', `<?xml version="1.0"?><worksheet ${ns}><sheetData>${body.join('')}</sheetData>${merges.length ? `<mergeCells count="${merges.length}">${merges.map((m) => `<mergeCell ref="${m}"/>`).join('')}</mergeCells>` : ''}</worksheet>`],
    ['xl/sharedStrings.xml', `<?xml version="1.0"?><sst ${ns}>${[...strings.keys()].map((s) => `<si><t xml:space="preserve">${escape(s)}</t></si>`).join('')}</sst>`],
  ]);
}
