// SPDX-License-Identifier: Apache-2.0
// Invented data for the generic pages, every key of their contract set. It is what the C code
// has to provide, so it also documents the contract.

const nav = [
  ['工作', [['/', '工作台', 'home', null], ['/demands', '诉求办理', 'inbox', 38],
    ['/events', '活动会议', 'clock', 3]]],
  ['资料', [['/organizations', '组织商会', 'sitemap', null], ['/enterprises', '企业会员', 'building', null],
    ['/policies', '惠企政策', 'building', null]]],
  ['管理', [['/settings', '系统设置', 'settings', null], ['/audit', '审计日志', 'history', null]]],
].map(([label, items]) => ({
  label,
  items: items.map(([url, l, icon, count]) => ({ url, label: l, icon, count, current: url === '/demands' })),
}));

// What kit/page.c gives every page.
export const common = (assets, lang) => ({
  lang, theme: 'auto', size: 'normal', size_is_large: false, stale: false, base: '', assets,
  district: '临江区', federation: '临江区工商联（总商会）', csrf: 'c5rf', version: '0.1.0', dense: false, year: 2026,
  me: { id: 7, name: '周敏', role_label: '工作人员', unit: '区工商联经济服务科' },
  nav, notices: 7, has_notices: true, flash: null, path: '/demands',
  tabs: [['/', '工作台', 'home'], ['/demands', '诉求', 'inbox'], ['/events', '活动', 'clock'],
    ['/me', '我的', 'user-circle']].map(([url, label, icon], i) => ({ url, label, icon, current: i === 1 })),
});

const cell = (over) => ({ class: '', is_title: false, caption: null, text: null, sub: null, url: null, badge: null, sla: null, ...over });
const badge = (cls, icon, text) => ({ class: cls, icon, text });
const sla = (cls, icon, text, value) => ({ class: cls, icon, text,
  meter: value === null ? null : { value, label: `时限已用 ${value}%` } });

const demands = [
  ['园区道路夜间限行，冷链车辆无法按时配送', 'SQ2026-000412　临江市恒鲜冷链物流有限公司', '交通物流', ['is-info', null, '办理中'], '区交通运输局', ['is-bad', 'alert-triangle', '超期 1 个工作日', 100], '11-19', '李倩'],
  ['设备更新贷款贴息材料反复补正，申请一次性告知', 'SQ2026-000418　江南精密制造股份有限公司', '融资财税', ['is-info', null, '办理中'], '区财政局', ['is-warn', 'clock', '剩 6 小时', 88], '11-20', '周敏'],
  ['外籍工程师工作许可续签窗口办理时间过长', 'SQ2026-000421　澄川半导体（临江）有限公司', '人才用工', ['is-info', null, '办理中'], '区人社局', ['is-ok', 'clock', '剩 1 个工作日 3 小时', 55], '11-20', '周敏'],
  ['厂区周边电压不稳，近一月停机 4 次', 'SQ2026-000425　金禾新材料有限公司', '水电气', ['is-mute', null, '待分办'], '—', ['is-ok', 'clock', '剩 3 个工作日', 20], '11-21', '—'],
  ['政府采购合同款逾期 90 天未支付', 'SQ2026-000407　博远智能科技有限公司', '清欠维权', ['is-accent', null, '待评价'], '区住建局', ['is-mute', 'check', '按时办结', null], '11-18', '李倩'],
  ['招聘会摊位费减免政策未落实', 'SQ2026-000391　青禾人力资源服务有限公司', '人才用工', ['is-bad', null, '已退回'], '区人社局', ['is-mute', 'player-pause', '暂停计时', null], '11-13', '李倩'],
];

const list = {
  title: '诉求办理', subtitle: '共 38 件在办，2 件超期',
  actions: [{ url: '/demands/new', label: '代企业登记', icon: 'plus', primary: true }],
  views: [['我的待办', 12], ['即将到期', 5], ['已超期', 2], ['待分办', 9], ['全部', null]]
    .map(([label, count], i) => ({ url: `?view=${i}`, label, count, current: i === 0 })),
  has_filters: true, more_filters: true, hidden: [{ name: 'view', value: '0' }],
  filters: [
    { name: 'q', label: '关键词', placeholder: '编号、企业名称、内容', value: '', is_search: true, is_text: false, is_date: false, is_choice: false, options: [] },
    { name: 'category', label: '类别', placeholder: null, value: '', is_search: false, is_text: false, is_date: false, is_choice: true,
      options: [{ value: 'finance', label: '融资财税', selected: false }, { value: 'labour', label: '人才用工', selected: false }] },
    { name: 'created_at_from', label: '提交日期从', placeholder: null, value: '2026-11-01', is_search: false, is_text: false, is_date: true, is_choice: false, options: [] },
  ],
  chips: [{ label: '提交日期 ≥ 2026-11-01', url: '?view=0' }], clear_url: '?',
  columns: [['事项', null, null, ''], ['类别', '?sort=category', null, 'hide-s'], ['状态', null, null, ''], ['承办部门', null, null, 'hide-s'],
    ['时限', '?sort=-due_at', 'ascending', ''], ['提交', '?sort=created_at', null, 'hide-s'], ['经办人', null, null, 'hide-s']]
    .map(([label, sort_url, sort, cls]) => ({ label, sort_url, sort, class: cls })),
  rows: demands.map(([text, sub, cat, state, unit, s, day, who], i) => ({
    url: `/demands/${i + 1}`, id: i + 1, select_label: `选择 ${sub.split('　')[0]}`,
    cells: [cell({ class: 'wide', is_title: true, text, sub, url: `/demands/${i + 1}` }), cell({ class: 'hide-s', text: cat }),
      cell({ badge: badge(...state) }), cell({ class: 'hide-s', text: unit }), cell({ sla: sla(...s) }),
      cell({ class: 'num hide-s', text: day }), cell({ class: 'hide-s', text: who })],
  })),
  dense: true, empty: null, pager: { previous: null, next: '?after=6', range_text: '第 1–6 条，共 38 条' },
  bulk: { action: '/demands/bulk', get: false, buttons: [{ name: 'action', value: 'urge', label: '催办', class: '' }] },
  exports: { csv: '/demands.csv', xlsx: '/demands.xlsx' },
};

const empty = { ...list, views: [], has_filters: false, clear_url: null, chips: [], rows: [], bulk: null, exports: null, subtitle: null,
  empty: { title: '还没有诉求', text: '企业提交的诉求会出现在这里，也可以代企业登记。', action: { url: '/demands/new', label: '代企业登记' } } };

const NO = { is_text: false, is_long: false, is_choice: false, is_choices: false, is_date: false, is_number: false, is_flag: false, is_files: false,
  is_ref: false, is_tel: false, is_password: false };
const field = (over) => ({ ...NO, hint: null, error: null, fixed: null, required: false, optional: false, value: '', options: [], maxlength: null,
  autocomplete: null, inputmode: null, source: null, accept: null, max_bytes: null, max_text: null, checked: false, ...over });

const fields = [
  field({ id: 'title', name: 'title', label: '一句话说清什么事', is_text: true, maxlength: 100, value: '贴息难办', error: '再多说一点：至少 6 个字，现在是 4 个字。' }),
  field({ id: 'body', name: 'body', label: '发生了什么', is_long: true, maxlength: 10000, hint: '什么事、从哪天开始、影响多大。', value: '5 月申报设备更新贷款贴息，先后三次被要求补材料。' }),
  field({ id: 'parent', name: 'parent_id', label: '所属企业', fixed: '江南精密制造股份有限公司', value: '12' }),
  field({ id: 'category', name: 'category', label: '属于哪一类', is_choice: true, optional: true, options: [{ value: 'finance', label: '融资财税', selected: true }] }),
  field({ id: 'enterprise', name: 'enterprise_id', label: '企业', is_ref: true, source: '/enterprises/options', hint: '名称、信用代码或拼音首字母。', value: '江南精密' }),
  field({ id: 'from', name: 'from', label: '从哪天开始', is_date: true, optional: true, value: '2026-05-08' }),
  field({ id: 'loss', name: 'loss', label: '损失（万元）', is_number: true, optional: true, inputmode: 'decimal' }),
  field({ id: 'tel', name: 'contact_mobile', label: '手机号', is_tel: true, autocomplete: 'tel', inputmode: 'tel', hint: '只有工商联和承办部门看得到。' }),
  field({ id: 'files', name: 'files', label: '附件', is_files: true, optional: true, hint: '照片、PDF、Word、Excel，每个不超过 20 MB，最多 9 个。', max_bytes: 20971520, max_text: '有文件超过 20 MB，请压缩后再选。' }),
  field({ id: 'topics', name: 'topics', label: '承办类别', is_choices: true, optional: true, hint: '可以选几个。', options: [{ value: 'finance', label: '融资', selected: true }, { value: 'land', label: '用地', selected: false }] }),
  field({ id: 'public', name: 'public', label: '同意隐去名称后公开', is_flag: true, checked: true }),
];

const form = {
  title: '代企业登记诉求', crumbs: [{ label: '诉求办理', url: '/demands' }, { label: '登记', url: null }],
  action: '/demands', method: 'post', token: 't0ken', record_version: null, multipart: true, draft: 'demand',
  errors_title: '还有 1 处要改，改好就能提交', errors_summary: [{ id: 'title', label: '一句话说清什么事', message: '写得太短' }],
  fields, submit_label: '登记', cancel_url: '/demands',
};

const row = (label, text, url = null, b = null) => ({ label, text, url, badge: b });
const action = (url, label, cls, icon, dialog_id) => ({ url, label, class: cls, icon, dialog_id });

const detail = {
  title: '设备更新贷款贴息材料反复补正，申请一次性告知',
  badges: [badge('is-info', null, '办理中'), badge('is-warn', 'clock', '答复剩 6 小时')],
  crumbs: [{ label: '诉求办理', url: '/demands' }, { label: 'SQ2026-000418', url: null }],
  actions: [action('/demands/418/object', '退单', '', null, 'act'), action('/demands/418/extend', '申请延期', '', null, 'act'),
    action('/demands/418/print', '打印', '', 'printer', null), action('/demands/418/answer', '答复企业', 'btn-primary', 'send', null)],
  sections: [{ title: '企业诉求', rows: [row('内容', '我公司 8 月申报“设备更新贷款贴息”，先后三次被要求补充材料。\n请协调主管部门一次性告知全部所需材料。'), row('希望', '请一次说清要交哪些材料，并告诉我们多久能审完。')] }],
  blocks: [
    { id: 'enterprise-figures', title: '年度数据', empty: null, add: { url: '/enterprise-figures/new?enterprise_id=12', label: '登记' },
      all_url: '/enterprise-figures?enterprise_id=12', bulk: null, has_rows: true,
      columns: [['年度', ''], ['营业收入（元）', 'num hide-s'], ['数据来源', '']].map(([label, cls]) => ({ label, sort_url: null, sort: null, class: cls })),
      rows: [['2025', '300,000,000.00', '企业填报'], ['2024', '260,000,000.00', '统计部门']].map(([year, revenue, source], i) => ({
        url: `/enterprise-figures/${i + 1}`, id: i + 1, select_label: null,
        cells: [cell({ class: 'wide', is_title: true, text: year, url: `/enterprise-figures/${i + 1}` }), cell({ class: 'num right', caption: '营业收入（元）', text: revenue }), cell({ text: source })] })) },
    { id: 'enterprise-tags', title: '资质标签', empty: '还没有登记。', add: null, all_url: null, bulk: null, columns: [], has_rows: false, rows: [] },
  ],
  has_timeline: true,
  timeline: [
    { class: 'now', who: '王志强', unit: '区财政局金融科', at_text: '11月23日 10:40', at_iso: '2026-11-23T10:40:00+08:00', label: '答复进展', body: '已与企业电话沟通，正在整理完整材料清单，预计今日 16:00 前书面告知。', internal: false, files: [{ url: '/attachments/1', name: '材料清单.pdf', size_text: '412 KB' }] },
    { class: 'warn', who: '系统提醒', unit: null, at_text: '11月23日 09:00', at_iso: '2026-11-23T09:00:00+08:00', label: '距时限不足 1 个工作日', body: null, internal: false, files: [] },
    { class: '', who: '周敏', unit: '区工商联', at_text: '11月21日 14:20', at_iso: '2026-11-21T14:20:00+08:00', label: '批注', body: '同类诉求本季度已有 3 件，建议列入月度协调会议题。', internal: true, files: [] },
    { class: 'ok', who: '陈立', unit: '江南精密制造股份有限公司', at_text: '11月20日 09:12', at_iso: '2026-11-20T09:12:00+08:00', label: '提交诉求', body: null, internal: false, files: [] },
  ],
  aside: [{ title: '时限', rows: [row('首次响应', null, null, badge('is-ok', 'check', '53 分钟')), row('部门办理', null, null, badge('is-warn', 'clock', '剩 6 小时'))] },
    { title: '企业', rows: [row('名称', '江南精密制造股份有限公司', '/enterprises/12'), row('联系人', '陈立（副总经理）'), row('电话', '138****6620')] }],
};

const step = {
  ...form, title: '设备更新贷款贴息材料反复补正', label: '退单', crumbs: [...detail.crumbs, { label: '退单', url: null }],
  consequence: '退单后由区工商联重新分办，本部门计时停止；退单理由企业看不到。', action: '/demands/418/object', multipart: false, draft: null,
  errors_title: null, errors_summary: [], submit_label: '确认退单', submit_class: 'btn-danger', danger: true, cancel_url: '/demands/418',
  fields: [field({ id: 'reason', name: 'reason', label: '退单理由', is_long: true, hint: '写明为什么不属于本部门职责。' })],
};

const td = (text, cls = '') => ({ text, class: cls });
const paper = {
  title: '理事会会议纪要', back_url: '/assemblies/3', print_hint: 'A4，双面；请在打印设置中关闭页眉页脚',
  papers: [{ class: '', head: '临江区工商业联合会', number: '临工商纪〔2026〕14号', title: '第六届理事会第四次会议纪要',
    parts: [
      { heading: null, text: '2026年11月23日上午，商会第六届理事会第四次会议在区工商联三楼会议室召开。会议应到理事45人，实到38人，符合章程规定。', table: null },
      { heading: '一、审议会费标准调整办法', text: '经无记名表决，同意35票，反对2票，弃权1票，表决通过。', table: { caption: '表决结果', columns: ['议题', '同意', '反对', '弃权', '结果'],
        rows: [{ cells: [td('会费标准调整办法', 'left'), td('35'), td('2'), td('1'), td('通过')] }] } },
    ], signature: '临江区商会秘书处', date_text: '2026年11月23日' }],
};

const links = [{ url: '/', label: '回首页', primary: true }, { url: '/help', label: '看帮助', primary: false }];

// name → [page, status, data]
export const samples = {
  list: ['list', 200, list],
  empty: ['list', 200, empty],
  form: ['form', 422, form],
  detail: ['detail', 200, detail],
  action: ['action', 200, step],
  paper: ['paper', 200, paper],
  error: ['error', 404, { title: '没有这一页', icon: 'map-off', detail: '网址可能少了几个字，或者这条内容已经撤下。', status: 404, request_id: null, resend: null, links, me: null }],
  resend: ['error', 503, { title: '系统正忙，请稍后再试', icon: 'alert-triangle', detail: '这次没有办成，系统正在恢复。', status: 503, request_id: null, links: links.map((l) => ({ ...l, primary: false })), stale: true,
    resend: { action: '/demands', once: true, multipart: true, fields: [{ name: 'title', value: '贴息难办' }], files: [{ name: 'files', id: 'resend-0', label: '材料' }] } }],
  message: ['message', 200, { title: '收到了，我们来办', icon: 'check', class: 'is-ok', detail: '编号 SQ2026-000426　11月23日 10:24', links, flash: '已保存' }],
};
