// SPDX-License-Identifier: Apache-2.0
// The two upper levels of GB/T 4754-2017, in its own words, and what is loaded below them.
#include "mod/enterprise/industry.h"

#include "mod/enterprise/enterprise.h"
#include "view/table.h"

#include <stdlib.h>
#include <string.h>

const struct industry INDUSTRIES[INDUSTRY_SECTIONS + INDUSTRY_DIVISIONS] = {
    {"A", "农、林、牧、渔业"},
    {"01", "农业"},
    {"02", "林业"},
    {"03", "畜牧业"},
    {"04", "渔业"},
    {"05", "农林牧渔专业及辅助性活动"},
    {"B", "采矿业"},
    {"06", "煤炭开采和洗选业"},
    {"07", "石油和天然气开采业"},
    {"08", "黑色金属矿采选业"},
    {"09", "有色金属矿采选业"},
    {"10", "非金属矿采选业"},
    {"11", "开采专业及辅助性活动"},
    {"12", "其他采矿业"},
    {"C", "制造业"},
    {"13", "农副食品加工业"},
    {"14", "食品制造业"},
    {"15", "酒、饮料和精制茶制造业"},
    {"16", "烟草制品业"},
    {"17", "纺织业"},
    {"18", "纺织服装、服饰业"},
    {"19", "皮革、毛皮、羽毛及其制品和制鞋业"},
    {"20", "木材加工和木、竹、藤、棕、草制品业"},
    {"21", "家具制造业"},
    {"22", "造纸和纸制品业"},
    {"23", "印刷和记录媒介复制业"},
    {"24", "文教、工美、体育和娱乐用品制造业"},
    {"25", "石油、煤炭及其他燃料加工业"},
    {"26", "化学原料和化学制品制造业"},
    {"27", "医药制造业"},
    {"28", "化学纤维制造业"},
    {"29", "橡胶和塑料制品业"},
    {"30", "非金属矿物制品业"},
    {"31", "黑色金属冶炼和压延加工业"},
    {"32", "有色金属冶炼和压延加工业"},
    {"33", "金属制品业"},
    {"34", "通用设备制造业"},
    {"35", "专用设备制造业"},
    {"36", "汽车制造业"},
    {"37", "铁路、船舶、航空航天和其他运输设备制造业"},
    {"38", "电气机械和器材制造业"},
    {"39", "计算机、通信和其他电子设备制造业"},
    {"40", "仪器仪表制造业"},
    {"41", "其他制造业"},
    {"42", "废弃资源综合利用业"},
    {"43", "金属制品、机械和设备修理业"},
    {"D", "电力、热力、燃气及水生产和供应业"},
    {"44", "电力、热力生产和供应业"},
    {"45", "燃气生产和供应业"},
    {"46", "水的生产和供应业"},
    {"E", "建筑业"},
    {"47", "房屋建筑业"},
    {"48", "土木工程建筑业"},
    {"49", "建筑安装业"},
    {"50", "建筑装饰、装修和其他建筑业"},
    {"F", "批发和零售业"},
    {"51", "批发业"},
    {"52", "零售业"},
    {"G", "交通运输、仓储和邮政业"},
    {"53", "铁路运输业"},
    {"54", "道路运输业"},
    {"55", "水上运输业"},
    {"56", "航空运输业"},
    {"57", "管道运输业"},
    {"58", "多式联运和运输代理业"},
    {"59", "装卸搬运和仓储业"},
    {"60", "邮政业"},
    {"H", "住宿和餐饮业"},
    {"61", "住宿业"},
    {"62", "餐饮业"},
    {"I", "信息传输、软件和信息技术服务业"},
    {"63", "电信、广播电视和卫星传输服务"},
    {"64", "互联网和相关服务"},
    {"65", "软件和信息技术服务业"},
    {"J", "金融业"},
    {"66", "货币金融服务"},
    {"67", "资本市场服务"},
    {"68", "保险业"},
    {"69", "其他金融业"},
    {"K", "房地产业"},
    {"70", "房地产业"},
    {"L", "租赁和商务服务业"},
    {"71", "租赁业"},
    {"72", "商务服务业"},
    {"M", "科学研究和技术服务业"},
    {"73", "研究和试验发展"},
    {"74", "专业技术服务业"},
    {"75", "科技推广和应用服务业"},
    {"N", "水利、环境和公共设施管理业"},
    {"76", "水利管理业"},
    {"77", "生态保护和环境治理业"},
    {"78", "公共设施管理业"},
    {"79", "土地管理业"},
    {"O", "居民服务、修理和其他服务业"},
    {"80", "居民服务业"},
    {"81", "机动车、电子产品和日用产品修理业"},
    {"82", "其他服务业"},
    {"P", "教育"},
    {"83", "教育"},
    {"Q", "卫生和社会工作"},
    {"84", "卫生"},
    {"85", "社会工作"},
    {"R", "文化、体育和娱乐业"},
    {"86", "新闻和出版业"},
    {"87", "广播、电视、电影和录音制作业"},
    {"88", "文化艺术业"},
    {"89", "体育"},
    {"90", "娱乐业"},
    {"S", "公共管理、社会保障和社会组织"},
    {"91", "中国共产党机关"},
    {"92", "国家机构"},
    {"93", "人民政协、民主党派"},
    {"94", "社会保障"},
    {"95", "群众团体、社会团体和其他成员组织"},
    {"96", "基层群众自治组织及其他组织"},
    {"T", "国际组织"},
    {"97", "国际组织"}};

const char *
enterprise_industry_at(size_t i, const char **name)
{
    bool there = i < sizeof INDUSTRIES / sizeof *INDUSTRIES;
    *name = there ? INDUSTRIES[i].name : NULL;
    return there ? INDUSTRIES[i].code : NULL;
}

const char *
enterprise_industry_name(const char *code)
{
    const struct industry *found = industry_find(code);
    return found == NULL ? NULL : found->name;
}

const struct industry *
industry_find(const char *code)
{
    for (size_t i = 0; i < sizeof INDUSTRIES / sizeof *INDUSTRIES; i++) {
        if (strcmp(INDUSTRIES[i].code, code) == 0) {
            return &INDUSTRIES[i];
        }
    }
    return NULL;
}

// The section that a division stands under, '\0' when there is no such division.
static char
section_of_division(const char *digits)
{
    char section = '\0';
    for (size_t i = 0; i < sizeof INDUSTRIES / sizeof *INDUSTRIES; i++) {
        const char *code = INDUSTRIES[i].code;
        if (code[1] == '\0') {
            section = code[0];
        } else if (strncmp(code, digits, 2) == 0) {
            return section;
        }
    }
    return '\0';
}

char
industry_section(const char *code, const char **digits)
{
    enum { DEEPEST = 4 };
    char letter = *code >= 'A' && *code <= 'T' ? *code : '\0';
    *digits = code + (letter != '\0');
    size_t n = strspn(*digits, "0123456789");
    if ((*digits)[n] != '\0' || n == 1 || n > DEEPEST || (n == 0 && letter == '\0')) {
        return '\0';
    }
    char section = n == 0 ? letter : section_of_division(*digits);
    return letter == '\0' || letter == section ? section : '\0';
}

// ---- groups and classes ----------------------------------------------------------------

enum { LOADED_MOST = 4096 };
static struct industry *loaded; // sorted by code
static size_t loaded_count;

struct loading {
    struct arena *arena;
    struct industry *rows;
    size_t count;
    unsigned left_out;
};

static bool
take_row(void *arg, size_t line, const char **cells, size_t n)
{
    struct loading *l = arg;
    const char *digits;
    (void)line;
    if (n < 2 || l->count == LOADED_MOST || industry_section(cells[0], &digits) == '\0' ||
        strlen(digits) < 3 || *cells[1] == '\0') {
        l->left_out++;
        return true;
    }
    l->rows[l->count++] =
        (struct industry){arena_strdup(l->arena, digits), arena_strdup(l->arena, cells[1])};
    return true;
}

static int
compare(const void *a, const void *b)
{
    return strcmp(((const struct industry *)a)->code, ((const struct industry *)b)->code);
}

const char *
industry_load(struct arena *a, const char *text, size_t size, unsigned *left_out)
{
    struct loading l = {.arena = a, .rows = ARENA_ARRAY(a, struct industry, LOADED_MOST)};
    const char *wrong = csv_read(a, LANG_ZH, text, size, take_row, &l);
    *left_out = l.left_out;
    if (wrong != NULL) {
        return wrong;
    }
    qsort(l.rows, l.count, sizeof *l.rows, compare);
    loaded = l.rows;
    loaded_count = l.count;
    return NULL;
}

// ---- as a list of codes ----------------------------------------------------------------

static const char *
name(struct arena *a, enum language l, const char *code)
{
    (void)a;
    const char *digits;
    const struct industry *i = industry_find(code);
    if (i != NULL) {
        return tr(l, i->name);
    }
    if (industry_section(code, &digits) == '\0' || loaded_count == 0) {
        return NULL;
    }
    const struct industry key = {.code = digits};
    i = bsearch(&key, loaded, loaded_count, sizeof *loaded, compare);
    return i == NULL ? NULL : i->name;
}

// "C" finds the section and its divisions, "C35" and "35" the division and what is below it.
static bool
matches(enum language l, const struct industry *i, char section, const char *text)
{
    bool letter = text[0] >= 'A' && text[0] <= 'T';
    const char *digits = text + letter;
    if (digits[strspn(digits, "0123456789")] != '\0') {
        return strstr(i->name, text) != NULL || strstr(tr(l, i->name), text) != NULL;
    }
    return (!letter || section == text[0]) &&
           (*digits == '\0' ? strlen(i->code) <= 2
                            : strncmp(i->code, digits, strlen(digits)) == 0);
}

static void
search(struct arena *a, enum language l, const char *text,
       bool (*found)(void *arg, const char *code), void *arg)
{
    (void)a;
    const char *digits;
    bool more = true;
    for (size_t i = 0; i < sizeof INDUSTRIES / sizeof *INDUSTRIES && more; i++) {
        char section = industry_section(INDUSTRIES[i].code, &digits);
        more = !matches(l, &INDUSTRIES[i], section, text) || found(arg, INDUSTRIES[i].code);
    }
    for (size_t i = 0; i < loaded_count && more; i++) {
        char section = industry_section(loaded[i].code, &digits);
        more = !matches(l, &loaded[i], section, text) || found(arg, loaded[i].code);
    }
}

const struct code_list INDUSTRY_CODES = {
    .source = "/industries/options", .format = "gb-t-4754", .name = name, .search = search};
